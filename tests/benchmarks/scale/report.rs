//! What the tables were measured on.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;
use std::thread;

use serde_json::Value;

use crate::arguments::Arguments;
use crate::bench::Programs;
use crate::control_plane::kubectl_program;
use crate::repository;
use crate::table::Table;

/// The tables of all runs below the date, the machine and the versions.
pub fn markdown(arguments: &Arguments, programs: &Programs, tables: &[Table]) -> String {
    let mut text = heading(arguments, programs);
    for table in tables {
        let _ = write!(text, "\n{}", table.markdown());
    }
    text
}

fn heading(arguments: &Arguments, programs: &Programs) -> String {
    let date = jiff::Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC).date();
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let delay = match arguments.delay.as_millis() {
        0 => "no delay".to_owned(),
        delay => format!("a delay of {delay} ms each way"),
    };
    let rounds = match arguments.rounds {
        1 => "one round".to_owned(),
        rounds => format!("medians of {rounds} rounds"),
    };
    let commit = arguments.stackanetes.is_none().then(repository::own_commit).flatten();
    let memory = memory()
        .map(|gigabytes| format!(" and {gigabytes} GB of memory"))
        .unwrap_or_default();
    format!(
        "{date}, a machine with {cores} cores{memory}, which the API server shares; {delay}; {rounds}.\n\
         {}{}, {}, Flux' ssa {}.\n",
        first_line(Command::new(&programs.stackanetes).arg("--version")),
        commit.map(|commit| format!(" at {commit}")).unwrap_or_default(),
        kubernetes(),
        flux(),
    )
}

/// In GB, where Linux tells it.
fn memory() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024 / 1_000_000_000)
}

/// kubectl is of the same version as the API server.
fn kubernetes() -> String {
    let output = kubectl_program()
        .args(["version", "--client", "--output=json"])
        .output();
    let version: Value = serde_json::from_slice(&output.expect("kubectl can be run").stdout).expect("JSON");
    let version = version["clientVersion"]["gitVersion"].as_str().unwrap_or_default();
    format!("Kubernetes and kubectl {version}")
}

fn flux() -> String {
    let module = include_str!("../flux-ssa/go.mod");
    let line = module
        .lines()
        .find_map(|line| line.trim().strip_prefix("github.com/fluxcd/pkg/ssa "));
    line.expect("go.mod requires it").to_owned()
}

fn first_line(command: &mut Command) -> String {
    let output = command.output().expect("the program can be run");
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().next().unwrap_or_default().to_owned()
}
