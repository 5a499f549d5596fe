//! What processes and directories take.

use std::fs;
use std::path::Path;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// What Linux says of the memory of a process, in KiB: `VmHWM` for the most so far, `VmRSS` for now.
pub fn memory(process: &str, which: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(which)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse().ok()
}

/// How many descriptors of a process are open.
pub fn descriptors(process: &str) -> u64 {
    let entries = fs::read_dir(format!("/proc/{process}/fd"));
    entries.map_or(0, |entries| entries.count() as u64)
}

/// The most memory that a process had at a time, in KiB, to be joined once it has ended.
///
/// It is asked while the process runs: what `wait4` says counts the memory of whoever started it, too.
pub fn peak(process: u32) -> JoinHandle<u64> {
    thread::spawn(move || {
        let process = process.to_string();
        let mut peak = 0;
        while let Some(most) = memory(&process, "VmHWM") {
            peak = most;
            thread::sleep(Duration::from_millis(5));
        }
        peak
    })
}

/// How many files are below a directory, but for what git keeps.
pub fn files(directory: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(directory) else {
        return 0;
    };
    let counts = entries
        .flatten()
        .filter(|entry| entry.file_name() != ".git")
        .map(|entry| {
            let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_directory { files(&entry.path()) } else { 1 }
        });
    counts.sum()
}
