//! The directories that running control planes write to.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::program;

/// Makes an empty directory, after removing those that are left behind.
///
/// A control plane removes its directory at its end, unless it failed (the
/// logs say why) or was killed.
pub fn create() -> PathBuf {
    let parent = program::directory().join("run");
    fs::create_dir_all(&parent).unwrap_or_else(|error| panic!("failed to make {}: {error}", parent.display()));
    remove_abandoned(&parent);
    (0..1000)
        .map(|number| parent.join(format!("{}-{number}", std::process::id())))
        .find(|dir| match fs::create_dir(dir) {
            Ok(()) => true,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => false,
            Err(error) => panic!("failed to make {}: {error}", dir.display()),
        })
        .expect("hardly any is taken")
}

fn remove_abandoned(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        if is_abandoned(&entry.path()) {
            // Another process may be removing it too; the next start tries again.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// A control plane holds a lock in its directory for as long as it lives. The
/// age is for one that is being started and does not hold it yet.
fn is_abandoned(dir: &Path) -> bool {
    let is_old = fs::metadata(dir)
        .and_then(|metadata| metadata.modified())
        .is_ok_and(|modified| modified.elapsed().is_ok_and(|age| age > Duration::from_secs(60)));
    is_old && File::open(dir.join("lock")).is_ok_and(|lock| lock.try_lock().is_ok())
}
