//! The inputs of `fixtures/fuzz`, which fuzzing begins with, and those that it found a fault with.

use std::collections::BTreeSet;
use std::fs;
use std::panic;
use std::path::{Path, PathBuf};

#[path = "../fuzz/targets/mod.rs"]
mod targets;

use targets::{TARGETS, Target};

/// The inputs of a target.
fn inputs(target: Target) -> Vec<PathBuf> {
    let folder = Path::new("fixtures/fuzz").join(target.name);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    paths.sort();
    paths
}

/// Gives an input to a target, and says which, if that fails.
fn give(input: &Path, target: Target) {
    let bytes = fs::read(input).expect("an input");
    if let Err(why) = panic::catch_unwind(|| (target.run)(&bytes)) {
        panic!("{} fails with {}: {}", target.name, input.display(), words(&*why));
    }
}

fn words(why: &(dyn std::any::Any + Send)) -> &str {
    let text = why.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| why.downcast_ref().copied()).unwrap_or_default()
}

#[test]
fn every_input_is_read_by_its_target() {
    for target in TARGETS {
        let inputs = inputs(target);
        assert!(!inputs.is_empty(), "{} has inputs", target.name);
        for input in inputs {
            give(&input, target);
        }
    }
}

#[test]
fn every_folder_of_inputs_has_a_target() {
    let folders = fs::read_dir("fixtures/fuzz").expect("a folder");
    let folders: BTreeSet<_> = folders.map(|folder| folder.expect("a folder").file_name()).collect();
    let names: BTreeSet<_> = TARGETS.map(|target| target.name.into()).into();
    assert_eq!(folders, names);
}
