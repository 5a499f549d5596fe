//! What a diff and a sync cost with many objects, beside kubectl, Flux' library and the bare requests.
//!
//! `cargo run --release --example benchmark-scale -- --objects 1000,10000` (needs Go)
//!
//! Starts a control plane on loopback, puts objects there, and runs the tools on them in turn. All reach
//! the API server by a relay that counts what passes, and may delay it. What each run takes, and asks,
//! stands in tables. It fails if a diff does not see what there is to see.

#![expect(clippy::expect_used, clippy::panic, reason = "a benchmark fails by panicking")]

#[path = "../../suite/control_plane/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the test suite uses the rest of it")]
mod control_plane;

mod arguments;
mod bench;
mod floor;
mod git;
mod incomplete;
mod measure;
mod objects;
mod picture;
mod relay;
mod report;
mod repository;
mod requests;
mod scene;
mod steady;
mod table;
mod write;

use std::fs;
use std::path::Path;

use clap::Parser as _;

use arguments::{Arguments, Child};
use bench::Programs;
use scene::Scene;

fn main() {
    let arguments = Arguments::parse();
    match &arguments.child {
        None => run(&arguments),
        Some(Child::Measure { report, command }) => measure::child(report, command),
        Some(Child::List { file }) => floor::list(file),
        Some(Child::Apply { file }) => floor::apply(file),
    }
}

#[expect(clippy::print_stdout, reason = "it is a program")]
fn run(arguments: &Arguments) {
    let programs = Programs::built(arguments);
    let counts = arguments.objects.iter();
    let tables: Vec<_> = counts
        .flat_map(|count| Scene::play(arguments, &programs, *count))
        .collect();
    let report = report::markdown(arguments, &programs, &tables);
    if let Some(out) = &arguments.out {
        write_file(out, &report);
    }
    if let Some(picture) = &arguments.picture {
        write_file(picture, &picture::svg(&tables));
    }
    print!("{report}");
}

fn write_file(path: &Path, text: &str) {
    fs::write(path, text).unwrap_or_else(|error| panic!("failed to write {}: {error}", path.display()));
}
