//! The `stackanetes` command. Everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    stackanetes::cli::run()
}
