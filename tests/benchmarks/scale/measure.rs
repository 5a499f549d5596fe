//! Runs one command, and finds out what it took.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use wait4::Wait4 as _;

use crate::requests::Tally;

/// What a command took of the machine it ran on.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Cost {
    /// Its exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// From its start to its end.
    pub wall: Duration,
    /// User and system, with that of the processes it waited for.
    pub cpu: Duration,
    /// The most memory that it, or one of the processes it waited for, had at a time, in bytes.
    pub peak: u64,
}

/// What one run of a command took, of itself and of the API server.
#[derive(Clone, Debug)]
pub struct Sample {
    /// What it took itself.
    pub cost: Cost,
    /// What it asked.
    pub requests: Tally,
    /// What passed between the two, in bytes, in both directions.
    pub passed: u64,
    /// What the API server computed meanwhile, for whomever; zero where the system does not tell.
    pub server: Duration,
}

/// Runs `command` with the environment and the streams of this process, and writes its [`Cost`] to `report`.
///
/// This is a process of its own because it is small: Linux counts the memory of the process that starts
/// another as the other's own, until that runs its program.
pub fn child(report: &Path, command: &[OsString]) {
    let (program, arguments) = command.split_first().expect("a command");
    let began = Instant::now();
    let child = Command::new(program).args(arguments).spawn();
    let mut child = child.unwrap_or_else(|error| panic!("failed to run {}: {error}", program.display()));
    let used = child.wait4().expect("it is our child");
    let cost = Cost {
        wall: began.elapsed(),
        code: used.status.code(),
        cpu: used.rusage.utime + used.rusage.stime,
        peak: used.rusage.maxrss,
    };
    let text = serde_json::to_string(&cost).expect("JSON");
    fs::write(report, text).expect("the report is written");
}

/// How long the process `pid` has computed so far, where Linux tells it.
pub fn computed(pid: u64) -> Duration {
    // Counted in hundredths of a second; the name in parentheses may hold spaces.
    let status = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields = status.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok());
    Duration::from_millis(ticks.sum::<u64>() * 10)
}
