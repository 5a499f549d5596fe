//! A sandbox in a directory: a file an object.
//!
//! Every write is of a whole file that takes the old one's place, under a lock that one process holds
//! at a time. So a process that is killed leaves each file as it was or as it was to be, and several
//! processes can work in one directory.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use serde_json::Value;

use super::initial;
use super::marker::{MARKER, Marker};
use super::path::CLUSTER;
use super::store::{Files, Hold, Turn};
use crate::cluster::files::{self, Privacy};
use crate::cluster::{ClusterError, Failure};
use crate::diagnostic::error::Error;
use crate::diagnostic::place::SourceFile;
use crate::object::{self, GroupKind, LiveObject};
use crate::yaml;

/// The file whose lock is held.
const LOCK: &str = ".lock";
/// The file that is written before it takes the place of another. A process that was killed may leave it.
const NEW: &str = ".new";
/// What git is to leave aside.
const IGNORED: &str = ".gitignore";

/// A directory of objects.
#[derive(Debug)]
pub(super) struct ObjectFiles {
    root: PathBuf,
    /// What was read, for as long as its file stays the same.
    read: Mutex<HashMap<PathBuf, (Stamp, Arc<Value>)>>,
}

/// Tells a file from another that takes its place.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    inode: u64,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(metadata);
        #[cfg(not(unix))]
        let inode = 0;
        Self {
            modified: metadata.modified().ok(),
            length: metadata.len(),
            inode,
        }
    }
}

impl ObjectFiles {
    pub(super) fn new(root: PathBuf) -> Self {
        Self {
            root,
            read: Mutex::default(),
        }
    }

    fn create(&self) -> Result<(), ClusterError> {
        fs::create_dir_all(&self.root).map_err(|error| self.failed("create", Path::new(""), &error))
    }

    fn text(&self, path: &Path) -> Result<Option<String>, ClusterError> {
        match fs::read_to_string(self.root.join(path)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(self.failed("read", path, &error)),
        }
    }

    /// What a person calls a file.
    fn shown(&self, path: &Path) -> String {
        self.root.join(path).display().to_string()
    }

    fn failed(&self, what: &str, path: &Path, error: &io::Error) -> ClusterError {
        ClusterError::new(
            Failure::Other,
            format!("failed to {what} {}: {error}", self.shown(path)),
        )
    }

    /// Reads the text of a file, which a person may have written.
    fn parse(&self, path: &Path, text: String) -> Result<Value, ClusterError> {
        let shown = self.shown(path);
        // Whatever it says: no line of a Secret is shown.
        let is_secret = path.parent().and_then(Path::file_name) == Some(OsStr::new("secrets"));
        let file = if is_secret {
            SourceFile::confidential(shown.as_str(), text)
        } else {
            SourceFile::new(shown.as_str(), text)
        };
        let mut errors = Vec::new();
        let mut documents = yaml::documents(&file, &mut errors);
        if let Some(error) = errors.into_iter().next() {
            return Err(broken(error));
        }
        let wrong = |why: &str| broken(Error::new(format!("{shown}: {why}")));
        let mut value = match (documents.pop(), documents.pop()) {
            (Some(document), None) => document.root.into_value(),
            _ => return Err(wrong("a file of a sandbox holds one object")),
        };
        let live = LiveObject::new(value.clone());
        let reference = live.reference();
        let has_name = !reference.name.is_empty() && !reference.kind.kind.is_empty();
        if !has_name || !value["metadata"].is_object() {
            return Err(wrong("it is no object: apiVersion, kind or metadata.name is missing"));
        }
        if !is_place_of(path, &reference.name, reference.namespace.as_deref()) {
            return Err(wrong(&format!(
                "it holds {reference}, which belongs into another file: NAMESPACE/RESOURCE/NAME.yaml"
            )));
        }
        // What a person added has no identity.
        if live.uid().is_empty() {
            value["metadata"]["uid"] = initial::uid_of(&path.to_string_lossy()).into();
        }
        if live.resource_version().is_empty() {
            value["metadata"]["resourceVersion"] = "1".into();
        }
        Ok(value)
    }

    fn write_text(&self, path: &Path, text: &str, privacy: Privacy) -> Result<(), ClusterError> {
        let failed = |error: io::Error| self.failed("write", path, &error);
        let (new, target) = (self.root.join(NEW), self.root.join(path));
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        files::write_by_way_of(&new, &target, text, privacy).map_err(failed)
    }
}

impl Files for ObjectFiles {
    fn address(&self) -> String {
        let root = fs::canonicalize(&self.root);
        root.as_ref().unwrap_or(&self.root).display().to_string()
    }

    fn hold(&self, turn: Turn) -> Result<Hold<'_>, ClusterError> {
        let failed = |error: io::Error| self.failed("lock", Path::new(LOCK), &error);
        match turn {
            // Where nothing was ever written here, and where it cannot be, there is nothing to wait for.
            Turn::Read => match File::open(self.root.join(LOCK)) {
                Ok(lock) => {
                    lock.lock_shared().map_err(failed)?;
                    Ok(Hold::File(lock))
                }
                Err(_) => Ok(Hold::Nothing),
            },
            Turn::Write => {
                self.create()?;
                let lock = OpenOptions::new()
                    .create(true)
                    .truncate(false)
                    .write(true)
                    .open(self.root.join(LOCK))
                    .map_err(|error| self.failed("write", Path::new(LOCK), &error))?;
                lock.lock().map_err(failed)?;
                Ok(Hold::File(lock))
            }
        }
    }

    fn marker(&self) -> Result<Option<Marker>, ClusterError> {
        let marker = self.text(Path::new(MARKER))?;
        let marker = marker.map(|text| Marker::read(&self.shown(Path::new(MARKER)), &text));
        marker.transpose().map_err(broken)
    }

    fn mark(&self, marker: &Marker) -> Result<(), ClusterError> {
        self.write_text(Path::new(MARKER), &marker.text(), Privacy::All)
    }

    fn prepare(&self, marker: &Marker) -> Result<(), ClusterError> {
        self.create()?;
        let ignored = Path::new(IGNORED);
        match self.text(ignored)? {
            None => self.write_text(ignored, &marker.git_ignored(LOCK, NEW), Privacy::All),
            Some(_) => Ok(()),
        }
    }

    fn object(&self, path: &Path) -> Result<Option<Arc<Value>>, ClusterError> {
        let metadata = match fs::metadata(self.root.join(path)) {
            Ok(metadata) => metadata,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(self.failed("read", path, &error)),
        };
        let stamp = Stamp::of(&metadata);
        let known = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((read, value)) = known.get(path)
            && *read == stamp
        {
            return Ok(Some(Arc::clone(value)));
        }
        drop(known);
        let Some(text) = self.text(path)? else { return Ok(None) };
        let value = Arc::new(self.parse(path, text)?);
        let mut known = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(path.to_owned(), (stamp, Arc::clone(&value)));
        Ok(Some(value))
    }

    fn names(&self, directory: &Path) -> Result<Vec<String>, ClusterError> {
        let failed = |error: io::Error| self.failed("read", directory, &error);
        let entries = match fs::read_dir(self.root.join(directory)) {
            Ok(entries) => entries,
            Err(error) if is_absent(&error) => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let name = entry.map_err(failed)?.file_name();
            // What is not text is no name of ours.
            names.extend(name.into_string().ok().filter(|name| !name.starts_with('.')));
        }
        names.sort_unstable();
        Ok(names)
    }

    fn write(&self, path: &Path, object: &Arc<Value>) -> Result<(), ClusterError> {
        let is_secret = object::is_secret(&GroupKind::new("", object["kind"].as_str().unwrap_or_default()));
        let privacy = if is_secret { Privacy::Owner } else { Privacy::All };
        self.write_text(path, &yaml::written(object), privacy)
    }

    fn remove(&self, path: &Path) -> Result<(), ClusterError> {
        match fs::remove_file(self.root.join(path)) {
            Err(error) if !is_absent(&error) => return Err(self.failed("remove", path, &error)),
            _ => {}
        }
        let folders = path.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty());
        for folder in folders {
            if fs::remove_dir(self.root.join(folder)).is_err() {
                break;
            }
        }
        Ok(())
    }
}

/// Whether an object lies where its name says; that the folder is its kind's is seen when it is listed.
fn is_place_of(path: &Path, name: &str, namespace: Option<&str>) -> bool {
    let mut parts = path.iter();
    let directory = parts.next().map(OsStr::to_string_lossy).unwrap_or_default();
    let file = parts.nth(1).map(OsStr::to_string_lossy).unwrap_or_default();
    let expected = namespace.map_or_else(|| CLUSTER.to_owned(), super::path::escaped);
    directory == expected.as_str() && file == format!("{}.yaml", super::path::escaped(name)).as_str()
}

/// A file that cannot be read: where, and why.
fn broken(error: Error) -> ClusterError {
    let place = error.places().first().map(|(place, label)| {
        let label = if label.is_empty() {
            String::new()
        } else {
            format!(": {label}")
        };
        format!(
            "{}:{}:{}: {}{label}",
            place.file.path(),
            place.line(),
            place.column(),
            error.message()
        )
    });
    ClusterError::new(Failure::Other, place.unwrap_or_else(|| error.message().to_owned()))
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
