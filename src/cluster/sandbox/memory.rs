//! A sandbox that is nowhere but in memory, and goes with its process: no file is written, and no Secret left behind.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use serde_json::Value;

use super::marker::Marker;
use super::store::{Files, Hold, Turn};
use crate::cluster::ClusterError;

/// Objects by directory, folder and file, as they would lie in a directory.
type Objects = BTreeMap<String, BTreeMap<String, BTreeMap<String, Arc<Value>>>>;

/// Objects in memory.
#[derive(Debug, Default)]
pub(super) struct Memory {
    turns: RwLock<()>,
    marker: Mutex<Option<Marker>>,
    objects: Mutex<Objects>,
}

impl Memory {
    fn objects(&self) -> MutexGuard<'_, Objects> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn noted(&self) -> MutexGuard<'_, Option<Marker>> {
        self.marker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Files for Memory {
    fn address(&self) -> String {
        "memory".to_owned()
    }

    fn hold(&self, turn: Turn) -> Result<Hold<'_>, ClusterError> {
        Ok(match turn {
            Turn::Read => Hold::Reading(self.turns.read().unwrap_or_else(PoisonError::into_inner)),
            Turn::Write => Hold::Writing(self.turns.write().unwrap_or_else(PoisonError::into_inner)),
        })
    }

    fn marker(&self) -> Result<Option<Marker>, ClusterError> {
        Ok(self.noted().clone())
    }

    fn mark(&self, marker: &Marker) -> Result<(), ClusterError> {
        *self.noted() = Some(marker.clone());
        Ok(())
    }

    fn prepare(&self, _marker: &Marker) -> Result<(), ClusterError> {
        Ok(())
    }

    fn object(&self, path: &Path) -> Result<Option<Arc<Value>>, ClusterError> {
        let [directory, folder, file] = parts(path);
        let objects = self.objects();
        let found = objects
            .get(directory)
            .and_then(|folders| folders.get(folder)?.get(file));
        Ok(found.map(Arc::clone))
    }

    fn names(&self, directory: &Path) -> Result<Vec<String>, ClusterError> {
        let objects = self.objects();
        let names = match parts(directory) {
            ["", ..] => Some(objects.keys().cloned().collect()),
            [directory, "", _] => objects.get(directory).map(|folders| folders.keys().cloned().collect()),
            [directory, folder, _] => {
                let files = objects.get(directory).and_then(|folders| folders.get(folder));
                files.map(|files| files.keys().cloned().collect())
            }
        };
        Ok(names.unwrap_or_default())
    }

    fn write(&self, path: &Path, object: &Arc<Value>) -> Result<(), ClusterError> {
        let [directory, folder, file] = parts(path).map(str::to_owned);
        let mut objects = self.objects();
        let folders = objects.entry(directory).or_default();
        folders.entry(folder).or_default().insert(file, Arc::clone(object));
        Ok(())
    }

    fn remove(&self, path: &Path) -> Result<(), ClusterError> {
        let [directory, folder, file] = parts(path);
        let mut objects = self.objects();
        let Some(folders) = objects.get_mut(directory) else {
            return Ok(());
        };
        if let Some(files) = folders.get_mut(folder) {
            files.remove(file);
        }
        folders.retain(|_, files| !files.is_empty());
        objects.retain(|_, folders| !folders.is_empty());
        Ok(())
    }
}

/// The parts of `DIRECTORY/FOLDER/FILE`; what is not there is empty.
fn parts(path: &Path) -> [&str; 3] {
    let mut parts = path.iter().map(|part| OsStr::to_str(part).unwrap_or_default());
    [(); 3].map(|()| parts.next().unwrap_or_default())
}
