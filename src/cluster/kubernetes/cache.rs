//! Keeps on disk what a server has said, under the hash or the tag by which it says so.
//!
//! What is kept is only ever a shortcut: where there is no such directory, where it cannot be written, and
//! where a file cannot be read, the server is asked.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::cluster::files;

/// The answers of one server.
#[derive(Debug, Clone)]
pub(super) struct Cache {
    directory: PathBuf,
}

impl Cache {
    /// In the user's cache directory: `$XDG_CACHE_HOME`, else `~/.cache`, as the
    /// [XDG specification](https://specifications.freedesktop.org/basedir-spec/latest/) has it.
    pub fn of_user(server: &str) -> Option<Self> {
        let named = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        // One that is not absolute does not count.
        let named = named.filter(|path| path.is_absolute());
        let home = || Some(env::home_dir()?).filter(|home| home.is_absolute());
        let caches = named.or_else(|| Some(home()?.join(".cache")))?;
        Some(Self::within(&caches, server))
    }

    /// The cache of `server` in this directory.
    pub fn within(caches: &Path, server: &str) -> Self {
        // Of one server nothing may be taken for another's.
        let name = URL_SAFE_NO_PAD.encode(&Sha256::digest(server)[..15]);
        Self {
            directory: caches.join("stackanetes").join(name),
        }
    }

    /// What is kept under this name and hash.
    pub fn find(&self, name: &str, hash: &str) -> Option<Value> {
        let text = fs::read(self.directory.join(file_name(name, hash)?)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// What is kept under this name, and its hash.
    pub fn latest(&self, name: &str) -> Option<(String, Value)> {
        let hash = self.hashes(name).next()?;
        let value = self.find(name, &hash)?;
        Some((hash, value))
    }

    /// Keeps JSON under this name and hash, in place of what was there under the same name.
    pub fn keep(&self, name: &str, hash: &str, text: &str) {
        let Some(file) = file_name(name, hash) else { return };
        let hashes: Vec<String> = self.hashes(name).collect();
        if let Err(error) = self.write(&file, text) {
            tracing::debug!(directory = %self.directory.display(), %error, "nothing is kept");
            return;
        }
        for old in hashes.iter().filter(|old| *old != hash) {
            // Whoever removed it before did what was to be done.
            let _ = file_name(name, old).map(|old| fs::remove_file(self.directory.join(old)));
        }
    }

    /// Whole, or not at all: another run may read it at any time.
    fn write(&self, file: &str, text: &str) -> io::Result<()> {
        create_private(&self.directory)?;
        files::write(&self.directory.join(file), text)
    }

    fn hashes(&self, name: &str) -> impl Iterator<Item = String> {
        let prefix = format!("{}@", name.replace('/', "_"));
        let entries = fs::read_dir(&self.directory).into_iter().flatten().flatten();
        entries.filter_map(move |entry| {
            let file = entry.file_name().into_string().ok()?;
            let hash = file.strip_prefix(&prefix)?.strip_suffix(".json")?;
            Some(hash.to_owned())
        })
    }
}

/// The server chose both: only what can be nothing but a name is taken for one.
fn file_name(name: &str, hash: &str) -> Option<String> {
    let is_plain = |text: &str, also: &[char]| {
        let is_letter = |letter: char| letter.is_ascii_alphanumeric() || also.contains(&letter);
        !text.is_empty() && text.len() <= 128 && text.chars().all(is_letter)
    };
    let is_fit = is_plain(name, &['.', '-', '/']) && is_plain(hash, &['-', '_', '=']);
    is_fit.then(|| format!("{}@{hash}.json", name.replace('/', "_")))
}

#[cfg(unix)]
fn create_private(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

#[cfg(not(unix))]
fn create_private(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn directory(name: &str) -> PathBuf {
        let directory = env::temp_dir().join(format!("stackanetes-cache-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&directory);
        directory
    }

    #[test]
    fn what_is_kept_is_found_under_its_hash_and_nothing_older_is() {
        let directory = directory("kept");
        let cache = Cache::within(&directory, "https://one");
        assert!(cache.latest("apis/example.com/v1").is_none());
        cache.keep("apis/example.com/v1", "AB", "{\"a\":1}");
        assert_eq!(cache.find("apis/example.com/v1", "AB"), Some(json!({"a": 1})));
        assert!(cache.find("apis/example.com/v1", "CD").is_none());
        assert!(
            Cache::within(&directory, "https://two")
                .latest("apis/example.com/v1")
                .is_none()
        );
        cache.keep("apis/example.com/v1", "CD", "2");
        assert_eq!(cache.latest("apis/example.com/v1"), Some(("CD".to_owned(), json!(2))));
        assert_eq!(fs::read_dir(&cache.directory).expect("it is there").count(), 1);
        fs::remove_dir_all(directory).expect("it is ours");
    }

    #[test]
    fn what_cannot_be_read_or_written_is_not_there() {
        let directory = directory("broken");
        let cache = Cache::within(&directory, "https://one");
        cache.keep("api", "AB", "{\"a\":");
        assert!(cache.latest("api").is_none());
        for (name, hash) in [("a\\b", "AB"), ("api", "../AB"), ("api", ""), ("a b", "AB")] {
            cache.keep(name, hash, "1");
            assert!(cache.find(name, hash).is_none(), "{name} {hash}");
        }
        fs::remove_dir_all(&directory).expect("it is ours");
        fs::write(&directory, "no directory").expect("a file of our own");
        cache.keep("api", "AB", "1");
        assert!(cache.latest("api").is_none());
        fs::remove_file(directory).expect("it is ours");
    }
}
