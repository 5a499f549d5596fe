//! Programs that a test runs and a machine may lack; `tests/programs/install` gets them.

use std::env;
use std::io::{self, Write as _};

/// Says that a test is skipped for want of these programs, where it may be: with `STACKANETES_PROGRAMS=required` it
/// fails instead.
#[track_caller]
pub fn skipped_for_want_of(missing: &str) {
    assert!(
        env::var_os("STACKANETES_PROGRAMS").is_none_or(|value| value != "required"),
        "not there: {missing}; run tests/programs/install"
    );
    // Not by eprintln, whose output the test runner withholds from a test that passes.
    let _ = writeln!(
        io::stderr(),
        "skipped, for want of {missing}: run tests/programs/install"
    );
}
