//! The main job, with nothing installed: starts a Kubernetes control plane of its own, and diffs and
//! syncs the shipped `desired/` to it.
//!
//! `cargo run --example try`

#![expect(clippy::expect_used, clippy::panic, reason = "a demonstration fails by panicking")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a program")]

#[path = "suite/control_plane/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the test suite uses the rest of it")]
mod control_plane;

use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::process::ExitCode;

use control_plane::{ControlPlane, Form};
use stackanetes::cli::{self, Exit};

fn main() -> ExitCode {
    eprintln!("starting a Kubernetes control plane (the first time, it is built: some minutes)");
    let plane = ControlPlane::start(Form::Full);
    let desired = Path::new(env!("CARGO_MANIFEST_DIR")).join("desired");
    let kubeconfig = plane.admin_kubeconfig();
    let run = |args: &[&str]| {
        println!("\n$ stackanetes {}", args.join(" "));
        let command = ["stackanetes".into(), args[0].into()];
        let options = args[1..].iter().map(Into::into);
        let target = [desired.clone().into(), "--kubeconfig".into(), kubeconfig.into()];
        cli::run_args(command.into_iter().chain(options).chain(target))
    };
    let told = run(&["diff"]) == Exit::Differs
        && run(&["sync", "--yes", "--allow-default-secrets"]) == Exit::Done
        && run(&["diff"]) == Exit::Done
        && run(&["status"]) == Exit::Done;
    if told && io::stdin().is_terminal() {
        println!("\nIt is yours until you press Enter. In another terminal, change something and look:\n");
        println!("  export KUBECONFIG={}", kubeconfig.display());
        println!("  cargo run -- diff");
        let _ = io::stdin().read_line(&mut String::new());
    }
    if told { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
