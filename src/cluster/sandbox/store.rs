//! The directory of a sandbox: its files, how they are read and written, and by whom at once.
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
use super::kinds::Kinds;
use super::marker::{MARKER, Marker};
use super::path::CLUSTER;
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
/// Where the definitions of kinds lie.
const DEFINITIONS: &str = "customresourcedefinitions.apiextensions.k8s.io";

/// An object and its file, from the sandbox's directory on.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) path: PathBuf,
    pub(super) value: Arc<Value>,
}

/// A directory of objects.
#[derive(Debug)]
pub(super) struct Store {
    root: PathBuf,
    /// What was read, for as long as its file stays the same.
    read: Mutex<HashMap<PathBuf, (Stamp, Arc<Value>)>>,
    kinds: Mutex<Option<Defined>>,
}

/// The kinds that there are with these definitions.
#[derive(Debug)]
struct Defined {
    definitions: Vec<Arc<Value>>,
    kinds: Arc<Kinds>,
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

impl Store {
    pub(super) fn new(root: PathBuf) -> Self {
        Self {
            root,
            read: Mutex::default(),
            kinds: Mutex::default(),
        }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Looks at the objects while nobody writes.
    pub(super) fn reading(&self) -> Result<Session<'_>, ClusterError> {
        // Where nothing was ever written here, and where it cannot be, there is nothing to wait for.
        let lock = File::open(self.root.join(LOCK)).ok();
        if let Some(lock) = &lock {
            lock.lock_shared()
                .map_err(|error| self.failed("lock", Path::new(LOCK), &error))?;
        }
        self.session(lock)
    }

    /// Changes objects while nobody else does. Makes the directory a sandbox where it is none.
    pub(super) fn writing(&self) -> Result<Session<'_>, ClusterError> {
        fs::create_dir_all(&self.root).map_err(|error| self.failed("create", Path::new(""), &error))?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.root.join(LOCK))
            .map_err(|error| self.failed("write", Path::new(LOCK), &error))?;
        lock.lock()
            .map_err(|error| self.failed("lock", Path::new(LOCK), &error))?;
        let mut session = self.session(Some(lock))?;
        if session.marker.is_none() {
            session.begin(Marker::default(), &initial::objects())?;
        }
        Ok(session)
    }

    /// Makes a new directory a sandbox that holds just what is written in the session.
    pub(super) fn recording(&self, marker: Marker) -> Result<Session<'_>, ClusterError> {
        fs::create_dir_all(&self.root).map_err(|error| self.failed("create", Path::new(""), &error))?;
        let mut session = self.session(None)?;
        session.begin(marker, &[])?;
        Ok(session)
    }

    fn session(&self, lock: Option<File>) -> Result<Session<'_>, ClusterError> {
        let marker = self.text(Path::new(MARKER))?;
        let marker = marker.map(|text| Marker::read(&self.shown(Path::new(MARKER)), &text));
        Ok(Session {
            store: self,
            marker: marker.transpose().map_err(broken)?,
            _lock: lock,
        })
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

    /// The object of a file; none where there is no file.
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

/// A look at a sandbox, or a change of it, during which no other process writes.
#[derive(Debug)]
pub(super) struct Session<'a> {
    store: &'a Store,
    /// None where nothing was written yet.
    marker: Option<Marker>,
    _lock: Option<File>,
}

impl Session<'_> {
    /// The object of a file.
    pub(super) fn read(&self, path: &Path) -> Result<Option<Arc<Value>>, ClusterError> {
        if self.marker.is_none() {
            let mut initial = initial::objects().into_iter();
            return Ok(initial.find(|object| object.path == path).map(|object| object.value));
        }
        self.store.object(path)
    }

    /// The objects of a kind, in a namespace or everywhere, in the order of their files.
    pub(super) fn list(&self, folder: &str, namespace: Option<&str>) -> Result<Vec<Stored>, ClusterError> {
        let directories = match namespace {
            Some(namespace) if namespace == CLUSTER => vec![CLUSTER.to_owned()],
            Some(namespace) => vec![super::path::escaped(namespace)],
            None => self.names(Path::new(""))?,
        };
        let mut objects = Vec::new();
        for directory in directories {
            self.list_folder(&Path::new(&directory).join(folder), &mut objects)?;
        }
        Ok(objects)
    }

    /// Every object.
    pub(super) fn everything(&self) -> Result<Vec<Stored>, ClusterError> {
        let mut objects = Vec::new();
        for directory in self.names(Path::new(""))? {
            for folder in self.names(Path::new(&directory))? {
                self.list_folder(&Path::new(&directory).join(folder), &mut objects)?;
            }
        }
        Ok(objects)
    }

    fn list_folder(&self, folder: &Path, objects: &mut Vec<Stored>) -> Result<(), ClusterError> {
        if self.marker.is_none() {
            let initial = initial::objects().into_iter();
            objects.extend(initial.filter(|object| object.path.parent() == Some(folder)));
            return Ok(());
        }
        for name in self.names(folder)? {
            let path = folder.join(&name);
            if path.extension() == Some(OsStr::new("yaml"))
                && let Some(value) = self.store.object(&path)?
            {
                objects.push(Stored { path, value });
            }
        }
        Ok(())
    }

    /// What lies in a directory, sorted; hidden files do not count.
    fn names(&self, directory: &Path) -> Result<Vec<String>, ClusterError> {
        if self.marker.is_none() {
            let first = |path: PathBuf| path.iter().next().map(|name| name.to_string_lossy().into_owned());
            let initial = initial::objects().into_iter();
            let below = initial.filter_map(|object| first(object.path.strip_prefix(directory).ok()?.to_owned()));
            return Ok(below.collect::<std::collections::BTreeSet<_>>().into_iter().collect());
        }
        let failed = |error: io::Error| self.store.failed("read", directory, &error);
        let entries = match fs::read_dir(self.store.root.join(directory)) {
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

    /// The kinds that there are now.
    pub(super) fn kinds(&self) -> Result<Arc<Kinds>, ClusterError> {
        let mut definitions = Vec::new();
        self.list_folder(&Path::new(CLUSTER).join(DEFINITIONS), &mut definitions)?;
        let definitions: Vec<Arc<Value>> = definitions.into_iter().map(|stored| stored.value).collect();
        let mut known = self.store.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Defined { definitions: of, kinds }) = &*known
            && of.len() == definitions.len()
            && of
                .iter()
                .zip(&definitions)
                .all(|(left, right)| Arc::ptr_eq(left, right))
        {
            return Ok(Arc::clone(kinds));
        }
        let snapshot = self.marker.as_ref().and_then(|marker| marker.snapshot.as_ref());
        let kinds = Arc::new(Kinds::new(&definitions, snapshot));
        *known = Some(Defined {
            definitions,
            kinds: Arc::clone(&kinds),
        });
        Ok(kinds)
    }

    /// Writes an object as its next version; it as it is then.
    pub(super) fn put(&mut self, path: &Path, object: &Value) -> Result<Value, ClusterError> {
        let mut marker = self.marker.clone().unwrap_or_default();
        marker.resource_version += 1;
        let mut object = object.clone();
        object["metadata"]["resourceVersion"] = marker.resource_version.to_string().into();
        // First of all: a version that was lost is better than one that is given twice.
        self.mark(marker)?;
        self.write(path, &object)?;
        Ok(object)
    }

    /// Writes an object as it is.
    pub(super) fn write(&self, path: &Path, object: &Value) -> Result<(), ClusterError> {
        let is_secret = object::is_secret(&GroupKind::new("", object["kind"].as_str().unwrap_or_default()));
        let privacy = if is_secret { Privacy::Owner } else { Privacy::All };
        self.write_text(path, &yaml::written(object), privacy)
    }

    /// Removes an object, and the folders that are empty without it.
    pub(super) fn remove(&self, path: &Path) -> Result<(), ClusterError> {
        match fs::remove_file(self.store.root.join(path)) {
            Err(error) if !is_absent(&error) => return Err(self.store.failed("remove", path, &error)),
            _ => {}
        }
        let folders = path.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty());
        for folder in folders {
            if fs::remove_dir(self.store.root.join(folder)).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Makes the directory a sandbox: the last that is written says that it is one.
    fn begin(&mut self, marker: Marker, objects: &[Stored]) -> Result<(), ClusterError> {
        let ignored = Path::new(IGNORED);
        if self.store.text(ignored)?.is_none() {
            self.write_text(ignored, &marker.git_ignored(LOCK, NEW), Privacy::All)?;
        }
        for object in objects {
            self.write(&object.path, &object.value)?;
        }
        self.mark(marker)
    }

    fn mark(&mut self, marker: Marker) -> Result<(), ClusterError> {
        self.write_text(Path::new(MARKER), &marker.text(), Privacy::All)?;
        self.marker = Some(marker);
        Ok(())
    }

    fn write_text(&self, path: &Path, text: &str, privacy: Privacy) -> Result<(), ClusterError> {
        let failed = |error: io::Error| self.store.failed("write", path, &error);
        let (new, target) = (self.store.root.join(NEW), self.store.root.join(path));
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        files::write_by_way_of(&new, &target, text, privacy).map_err(failed)
    }
}
