//! The files on disk.

use std::ffi::OsString;
use std::fs::{self, FileType};
use std::io;
use std::path::{Path, PathBuf};

use super::{Kind, Tree};

/// The files on disk.
#[derive(Debug)]
pub(in crate::source) struct Disk;

impl Tree for Disk {
    fn entries(&self, directory: &Path) -> io::Result<Vec<(OsString, Kind)>> {
        let entries = fs::read_dir(directory)?;
        entries
            .map(|entry| {
                let entry = entry?;
                Ok((entry.file_name(), kind(entry.file_type()?)))
            })
            .collect()
    }

    fn real(&self, path: &Path) -> io::Result<PathBuf> {
        fs::canonicalize(path)
    }

    fn kind(&self, path: &Path) -> io::Result<Kind> {
        Ok(kind(fs::metadata(path)?.file_type()))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(path)
    }

    fn of(&self) -> String {
        String::new()
    }
}

fn kind(found: FileType) -> Kind {
    if found.is_dir() {
        Kind::Directory
    } else if found.is_symlink() {
        Kind::Link
    } else if found.is_file() {
        Kind::File
    } else {
        Kind::Other
    }
}
