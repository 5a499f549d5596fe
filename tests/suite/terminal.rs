//! A terminal for the command to run on: `script`, of util-linux.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

/// The command, for a command line.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_stackanetes");

/// A terminal on which a shell reads this command line, in a directory. Nothing else is in the environment but where
/// programs and the home are, and nothing is typed. What is printed is read.
pub fn terminal(dir: &Path, line: &str) -> Command {
    let mut command = Command::new("script");
    command
        .args(["--quiet", "--return", "--command", line, "/dev/null"])
        .current_dir(dir)
        .env_clear()
        .env("PATH", env::var_os("PATH").expect("a path"))
        .env("SHELL", "/bin/sh")
        .env("HOME", dir)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}
