//! What ends a command from outside.

/// Waits for Ctrl-C, or for the signal by which CI cancels a job.
pub(super) async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminated.recv() => {}
                () = ctrl_c() => {}
            }
            return;
        }
    }
    ctrl_c().await;
}

/// Keeps Ctrl-C from ending this process from now on; it ends only another one that the terminal tells of it.
pub(super) fn outlive_interrupt() {
    #[cfg(unix)]
    {
        use tokio::runtime::{Builder, Handle};
        use tokio::signal::unix::{SignalKind, signal};
        // What catches a signal stays for as long as the process, whichever runtime asked for it. Without it, Ctrl-C
        // ends this process, and nothing is lost.
        if Handle::try_current().is_ok() {
            let _ = signal(SignalKind::interrupt());
        } else if let Ok(runtime) = Builder::new_current_thread().enable_all().build() {
            let _inside = runtime.enter();
            let _ = signal(SignalKind::interrupt());
        }
    }
}

async fn ctrl_c() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without the signal there is nothing to wait for.
        std::future::pending::<()>().await;
    }
}
