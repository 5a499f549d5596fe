//! The objects of a sandbox, how they are read and written, and by whom at once.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLockReadGuard, RwLockWriteGuard};

use serde_json::Value;

use super::initial;
use super::kinds::Kinds;
use super::marker::Marker;
use super::path::CLUSTER;
use crate::cluster::ClusterError;

/// Where the definitions of kinds lie.
const DEFINITIONS: &str = "customresourcedefinitions.apiextensions.k8s.io";

/// Where the objects of a sandbox are kept, each by the path of its file: `DIRECTORY/FOLDER/FILE`.
pub(super) trait Files: fmt::Debug + Send + Sync {
    /// What a person calls it.
    fn address(&self) -> String;

    /// Waits for a turn, which lasts as long as what is given is kept.
    fn hold(&self, turn: Turn) -> Result<Hold<'_>, ClusterError>;

    /// What makes it a sandbox; none where nothing was written yet.
    fn marker(&self) -> Result<Option<Marker>, ClusterError>;

    /// Makes it a sandbox.
    fn mark(&self, marker: &Marker) -> Result<(), ClusterError>;

    /// Makes it ready to become a sandbox.
    fn prepare(&self, marker: &Marker) -> Result<(), ClusterError>;

    /// The object of a file; none where there is no file.
    fn object(&self, path: &Path) -> Result<Option<Arc<Value>>, ClusterError>;

    /// What lies in a directory, sorted; hidden files do not count.
    fn names(&self, directory: &Path) -> Result<Vec<String>, ClusterError>;

    /// Writes an object as it is.
    fn write(&self, path: &Path, object: &Arc<Value>) -> Result<(), ClusterError>;

    /// Removes an object, and the folders that are empty without it.
    fn remove(&self, path: &Path) -> Result<(), ClusterError>;
}

/// What a turn is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Nobody writes meanwhile.
    Read,
    /// Nobody else reads or writes meanwhile.
    Write,
}

/// A turn, which ends when this is dropped.
#[derive(Debug)]
#[expect(dead_code, reason = "they are kept, and not looked at")]
pub(super) enum Hold<'a> {
    /// There is nothing to wait for.
    Nothing,
    /// The lock of a file.
    File(File),
    /// A lock of this process, to read.
    Reading(RwLockReadGuard<'a, ()>),
    /// A lock of this process, to write.
    Writing(RwLockWriteGuard<'a, ()>),
}

/// An object and its file, from the sandbox's top on.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) path: PathBuf,
    pub(super) value: Arc<Value>,
}

/// The objects of a sandbox.
#[derive(Debug)]
pub(super) struct Store {
    files: Box<dyn Files>,
    kinds: Mutex<Option<Defined>>,
}

/// The kinds that there are with these definitions.
#[derive(Debug)]
struct Defined {
    definitions: Vec<Arc<Value>>,
    kinds: Arc<Kinds>,
}

impl Store {
    pub(super) fn new(files: impl Files + 'static) -> Self {
        Self {
            files: Box::new(files),
            kinds: Mutex::default(),
        }
    }

    /// What a person calls it.
    pub(super) fn address(&self) -> String {
        self.files.address()
    }

    /// Looks at the objects while nobody writes.
    pub(super) fn reading(&self) -> Result<Session<'_>, ClusterError> {
        self.session(self.files.hold(Turn::Read)?)
    }

    /// Changes objects while nobody else does. Makes a sandbox of what is none.
    pub(super) fn writing(&self) -> Result<Session<'_>, ClusterError> {
        let mut session = self.session(self.files.hold(Turn::Write)?)?;
        if session.marker.is_none() {
            session.begin(Marker::default(), &initial::objects())?;
        }
        Ok(session)
    }

    /// Makes a new sandbox that holds just what is written in the session.
    pub(super) fn recording(&self, marker: Marker) -> Result<Session<'_>, ClusterError> {
        let mut session = self.session(Hold::Nothing)?;
        session.begin(marker, &[])?;
        Ok(session)
    }

    fn session<'a>(&'a self, hold: Hold<'a>) -> Result<Session<'a>, ClusterError> {
        Ok(Session {
            files: &*self.files,
            kinds: &self.kinds,
            marker: self.files.marker()?,
            _hold: hold,
        })
    }
}

/// A look at a sandbox, or a change of it, during which no other process writes.
#[derive(Debug)]
pub(super) struct Session<'a> {
    files: &'a dyn Files,
    kinds: &'a Mutex<Option<Defined>>,
    /// None where nothing was written yet.
    marker: Option<Marker>,
    _hold: Hold<'a>,
}

impl Session<'_> {
    /// The object of a file.
    pub(super) fn read(&self, path: &Path) -> Result<Option<Arc<Value>>, ClusterError> {
        if self.marker.is_none() {
            let mut initial = initial::objects().into_iter();
            return Ok(initial.find(|object| object.path == path).map(|object| object.value));
        }
        self.files.object(path)
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
    pub(super) fn all_objects(&self) -> Result<Vec<Stored>, ClusterError> {
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
                && let Some(value) = self.files.object(&path)?
            {
                objects.push(Stored { path, value });
            }
        }
        Ok(())
    }

    fn names(&self, directory: &Path) -> Result<Vec<String>, ClusterError> {
        if self.marker.is_none() {
            let first = |path: PathBuf| path.iter().next().map(|name| name.to_string_lossy().into_owned());
            let initial = initial::objects().into_iter();
            let below = initial.filter_map(|object| first(object.path.strip_prefix(directory).ok()?.to_owned()));
            return Ok(below.collect::<BTreeSet<_>>().into_iter().collect());
        }
        self.files.names(directory)
    }

    /// The kinds that there are now.
    pub(super) fn kinds(&self) -> Result<Arc<Kinds>, ClusterError> {
        let mut definitions = Vec::new();
        self.list_folder(&Path::new(CLUSTER).join(DEFINITIONS), &mut definitions)?;
        let definitions: Vec<Arc<Value>> = definitions.into_iter().map(|stored| stored.value).collect();
        let mut known = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
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
    pub(super) fn put(&mut self, path: &Path, mut object: Value) -> Result<Arc<Value>, ClusterError> {
        let mut marker = self.marker.clone().unwrap_or_default();
        marker.resource_version += 1;
        object["metadata"]["resourceVersion"] = marker.resource_version.to_string().into();
        // First of all: a version that was lost is better than one that is given twice.
        self.mark(marker)?;
        let object = Arc::new(object);
        self.write(path, &object)?;
        Ok(object)
    }

    /// Writes an object as it is.
    pub(super) fn write(&self, path: &Path, object: &Arc<Value>) -> Result<(), ClusterError> {
        self.files.write(path, object)
    }

    /// Removes an object.
    pub(super) fn remove(&self, path: &Path) -> Result<(), ClusterError> {
        self.files.remove(path)
    }

    /// Makes it a sandbox: the last that is written says that it is one.
    fn begin(&mut self, marker: Marker, objects: &[Stored]) -> Result<(), ClusterError> {
        self.files.prepare(&marker)?;
        for object in objects {
            self.write(&object.path, &object.value)?;
        }
        self.mark(marker)
    }

    fn mark(&mut self, marker: Marker) -> Result<(), ClusterError> {
        self.files.mark(&marker)?;
        self.marker = Some(marker);
        Ok(())
    }
}
