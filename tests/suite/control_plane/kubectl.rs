//! Runs kubectl, of the same version as the API server.

use std::env;
use std::io::Write;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::thread;

use super::program;

/// How a program ended and what it printed.
#[derive(Debug)]
pub struct Output {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Output {
    /// What was printed on standard output; panics if the program failed.
    #[track_caller]
    pub fn expect_success(self) -> String {
        assert!(
            self.status.success(),
            "kubectl failed ({}): {}",
            self.status,
            self.stderr
        );
        self.stdout
    }
}

/// Runs kubectl with a clean environment.
pub fn run(kubeconfig: &Path, args: &[&str], stdin: &str) -> Output {
    let mut child = program::kubectl()
        .args(args)
        .env_clear()
        .envs(env::var_os("PATH").map(|path| ("PATH", path)))
        .env("HOME", kubeconfig.parent().expect("a file has a directory"))
        .env("KUBECONFIG", kubeconfig)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("failed to run kubectl: {error}"));
    let mut pipe = child.stdin.take().expect("standard input is piped");
    let output = thread::scope(|scope| {
        // In a thread, because kubectl may print before it has read all. That
        // it may end before it has read all is its own affair.
        scope.spawn(move || {
            let _ = pipe.write_all(stdin.as_bytes());
        });
        child.wait_with_output().expect("kubectl is our child")
    });
    Output {
        status: output.status,
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
