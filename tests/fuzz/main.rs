//! The fuzzer: libFuzzer, which looks for inputs that reach what none reached before.
//!
//! `$TARGET` names one of the targets. `tests/fuzz/run` builds this and starts it.

#![no_main]

mod targets;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use targets::{TARGETS, Target};

/// The target that `$TARGET` names.
static CHOSEN: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("TARGET").unwrap_or_default();
    let found = TARGETS.into_iter().find(|target| target.name == name);
    found.unwrap_or_else(|| {
        let names = TARGETS.map(|target| target.name).join(", ");
        panic!("$TARGET is {name:?}, and there are {names}")
    })
});

fuzz_target!(|input: &[u8]| (CHOSEN.run)(input));
