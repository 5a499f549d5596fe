//! The `stackanetes` command. Everything is in the library.

use std::process::ExitCode;

/// Objects are trees of many small values: an allocator made for these takes less time than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    stackanetes::cli::run()
}
