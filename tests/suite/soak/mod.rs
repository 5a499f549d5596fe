//! One ApplySet, synced again and again while others drift it: nothing that it takes grows.

mod level;
mod measured;
mod others;
mod place;

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use level::Series;
use place::{PERIOD, Place, Way};

/// How many cycles are run unless `SOAK` says another number.
const ORDINARY: usize = 30;

/// Set where this process is the one that is measured.
const INSIDE: &str = "SOAK_INSIDE";

/// How many periods are run: enough to have quarters of them.
fn periods() -> usize {
    let asked = env::var("SOAK").ok().map(|cycles| cycles.parse().expect("a number"));
    (asked.unwrap_or(ORDINARY) / PERIOD).max(4)
}

/// Runs all cycles, and finds what has grown.
#[expect(clippy::print_stdout, reason = "a long run tells its numbers")]
fn soak(name: &str, way: Way) {
    let mut place = Place::new(name, way);
    let mut series = Series::default();
    let count = periods();
    for period in 0..count {
        for step in 0..PERIOD {
            place.cycle(period * PERIOD + step);
        }
        // From now on the history is full, so that it cannot grow for a good reason.
        if period == 0 {
            place.fill_history();
        }
        series.push(place.measured());
        if period % 20 == 19 {
            println!("{name}: after {}, of {}", (period + 1) * PERIOD, count * PERIOD);
        }
    }
    println!("{name}: {} cycles\n{series}", count * PERIOD);
    let grown = series.grown();
    assert!(grown.is_empty(), "these have grown: {grown:#?}\n{series}");
}

#[test]
fn nothing_grows_while_an_applyset_is_drifted_and_synced_again_and_again() {
    soak("soak", Way::Programs);
}

/// In a process of its own, whose standard output nobody reads: the commands print to it.
#[test]
fn nothing_grows_in_one_process_that_uses_the_library_again_and_again() {
    if env::var_os(INSIDE).is_some() {
        return soak("soak-library", Way::Library);
    }
    let test = "soak::nothing_grows_in_one_process_that_uses_the_library_again_and_again";
    let name = format!("{}-soak-inside", std::process::id());
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&home).expect("a directory of our own");
    let mut command = Command::new(env::current_exe().expect("a process has a program"));
    command.args([test, "--exact", "--nocapture"]).env(INSIDE, "1");
    command.env("XDG_CACHE_HOME", home.join("cache")).env("TMPDIR", &home);
    // Memory that a thread gave back is there for the next one.
    command.env("MALLOC_ARENA_MAX", "2").stdin(Stdio::null());
    let ran = command.output().expect("it can be run");
    fs::remove_dir_all(&home).expect("a directory of our own");
    // What the commands printed comes before.
    let shown = String::from_utf8_lossy(&ran.stdout);
    let table = shown.lines().skip_while(|line| !line.ends_with(" cycles"));
    told(&table.collect::<Vec<_>>().join("\n"));
    let complaints = String::from_utf8_lossy(&ran.stderr);
    let end: Vec<&str> = complaints.lines().rev().take(60).collect();
    let end: Vec<&str> = end.into_iter().rev().collect();
    assert!(ran.status.success(), "{}", end.join("\n"));
}

#[expect(clippy::print_stdout, reason = "a long run tells its numbers")]
fn told(text: &str) {
    println!("{text}");
}
