//! Reads a directory in bounded time, whatever stands in its expressions.

use std::collections::HashMap;
use std::sync::LazyLock;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::render;
use crate::diagnostic::error::{Error, Result};
use crate::diagnostic::place::Place;

/// How long one expression, or one template, may take.
const LONGEST: Duration = Duration::from_secs(3);
/// How often it is looked after.
const LOOK: Duration = Duration::from_millis(100);
/// The stack for reading: as large as a main thread has on most systems.
const STACK: usize = 8 << 20;

/// What `read` reads; an error where an expression in it does not come to an end in time. It goes on in a thread
/// of its own then, which ends with the process.
pub(super) fn read<T: Send + 'static>(read: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let (done, result) = mpsc::sync_channel(1);
    let reader = thread::Builder::new().stack_size(STACK).spawn(move || {
        // Nobody waits any more for what took too long.
        let _ = done.send(read());
    });
    let reader = reader.map_err(|error| Error::new("failed to start a thread").because(error))?;
    let mut seen: HashMap<u64, Instant> = HashMap::new();
    loop {
        match result.recv_timeout(LOOK) {
            Ok(read) => return read,
            Err(RecvTimeoutError::Disconnected) => match reader.join() {
                Ok(()) => return Err(Error::new("what was read is lost")),
                Err(panic) => std::panic::resume_unwind(panic),
            },
            Err(RecvTimeoutError::Timeout) => {}
        }
        let under_way = render::under_way();
        seen.retain(|number, _| under_way.iter().any(|(other, _)| other == number));
        for (number, place) in under_way {
            if seen.entry(number).or_insert_with(Instant::now).elapsed() >= LONGEST {
                return Err(too_long(place));
            }
        }
    }
}

/// Does `work` with as many threads as there are cores, each with a stack for reading.
pub(crate) fn on_all_cores<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    static CORES: LazyLock<Option<ThreadPool>> = LazyLock::new(|| {
        let pool = ThreadPoolBuilder::new().stack_size(STACK);
        pool.build().ok()
    });
    match &*CORES {
        Some(cores) => cores.install(work),
        // Where there can be no more threads, one does all of it.
        None => work(),
    }
}

fn too_long(place: Place) -> Error {
    let message = format!("this takes longer than {} s to fill in", LONGEST.as_secs());
    Error::new(message)
        .at(place, "")
        .hint("lists that hold each other stand for very many values: write out only what is needed of them")
}
