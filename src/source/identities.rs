//! Where age identities are looked for: where `sops` does (its `age/keysource.go`), but for
//! SSH keys and the command in `SOPS_AGE_KEY_CMD`; and in files that are named.

use std::env;
use std::path::{Path, PathBuf};

use super::small::small_text;
use crate::diagnostic::error::{Error, Result};
use crate::sops::Identities;

/// The user's own identities, below the folder of configuration.
const OWN: &str = "sops/age/keys.txt";

/// The identities of `files`, of the environment variables `SOPS_AGE_KEY` and `SOPS_AGE_KEY_FILE`, and of the
/// user's own file. One that is named and cannot be read is an error; that the user has none is not.
pub fn identities(files: &[PathBuf]) -> Result<Identities> {
    let mut identities = Identities::default();
    for path in files {
        add_file(&mut identities, path)?;
    }
    if let Some(path) = variable("SOPS_AGE_KEY_FILE") {
        add_file(&mut identities, Path::new(&path))?;
    }
    if let Some(keys) = variable("SOPS_AGE_KEY") {
        let failed = |error| Error::new("failed to read SOPS_AGE_KEY").because(error).hint(FORM);
        identities.add(&keys).map_err(failed)?;
        identities.require_decryption();
    }
    if let Some(path) = own() {
        // What is not there, or is for other files or other programs, is in nobody's way.
        let _ = small_text(&path).map(|text| identities.add(&text));
    }
    Ok(identities)
}

/// What an identity looks like.
const FORM: &str = "write X25519 identities, `AGE-SECRET-KEY-1…`, as `age-keygen` makes them; SSH keys, plugins and \
                    post-quantum identities are not supported";

fn add_file(identities: &mut Identities, path: &Path) -> Result<()> {
    let text = small_text(path).map_err(|error| unreadable(path).because(error))?;
    identities
        .add(&text)
        .map_err(|error| unreadable(path).because(error).hint(FORM))?;
    identities.require_decryption();
    Ok(())
}

fn unreadable(path: &Path) -> Error {
    Error::new(format!("failed to read the age identities in {}", path.display()))
}

/// The user's own file, if there is a folder for it.
fn own() -> Option<PathBuf> {
    let home = || variable("HOME").map(PathBuf::from);
    let folder = if cfg!(windows) {
        variable("APPDATA").map(PathBuf::from)
    } else {
        let named = variable("XDG_CONFIG_HOME").map(PathBuf::from);
        let default = if cfg!(target_os = "macos") {
            "Library/Application Support"
        } else {
            ".config"
        };
        named.or_else(|| Some(home()?.join(default)))
    };
    Some(folder?.join(OWN))
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
