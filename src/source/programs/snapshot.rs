//! The files of a directory, as a program gets them: a copy of the tree that is read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::diagnostic::error::{Error, Result};
use crate::source::tree::{EntryKind, FileTree};
use crate::source::{file_text, paths};

/// How many files, and how many bytes, a directory may have that is given to a program.
const MOST_FILES: usize = 20_000;
const MOST_BYTES: u64 = 128 << 20;
/// What git itself keeps in a directory.
const GIT: &str = ".git";

/// What names all the files: their paths and their contents.
pub(super) type Digest = [u8; 32];

/// The files of a directory, by their paths from its top on. Links are followed: a link to a file is the file.
///
/// What git ignores is no part of it, so that a checkout gives what every clone of its commit gives.
#[derive(Debug)]
pub(super) struct FileSnapshot {
    files: BTreeMap<PathBuf, Vec<u8>>,
    folders: BTreeSet<PathBuf>,
    digest: Digest,
}

impl FileSnapshot {
    /// The files of the directory at `root` of `tree`. It is an error if a link leads out of it, if there are too
    /// many of them, if one cannot be read, or if a sparse checkout lacks some.
    pub(super) fn take(tree: &dyn FileTree, root: &Path) -> Result<Self> {
        if let Some(error) = Error::join(tree.left_out(root)) {
            return Err(error);
        }
        let real = tree.real(root).map_err(|error| file_text::unreadable(root, error))?;
        let mut copy = Copy {
            tree,
            root,
            real: &real,
            ignored: tree.ignored(root),
            bytes: 0,
            files: BTreeMap::new(),
            folders: BTreeSet::new(),
        };
        copy.folder(Path::new(""), &mut Vec::new())?;
        let Copy { files, folders, .. } = copy;
        let mut hash = Sha256::new();
        for (path, bytes) in &files {
            for part in [path.as_os_str().as_encoded_bytes(), bytes] {
                hash.update((part.len() as u64).to_le_bytes());
                hash.update(part);
            }
        }
        Ok(Self {
            files,
            folders,
            digest: hash.finalize().into(),
        })
    }

    /// What names all of it.
    pub(super) fn digest(&self) -> Digest {
        self.digest
    }

    /// The bytes of a file; nothing where there is none.
    pub(super) fn file(&self, path: &Path) -> Option<&[u8]> {
        self.files.get(path).map(Vec::as_slice)
    }

    /// Whether there is a file, or a folder, at a path.
    pub(super) fn has(&self, path: &Path) -> bool {
        self.files.contains_key(path) || self.is_folder(path)
    }

    /// The files right in a folder.
    pub(super) fn in_folder(&self, folder: &Path) -> impl Iterator<Item = &Path> {
        self.below(folder)
            .map(|(path, _)| path)
            .filter(move |path| path.parent() == Some(folder))
    }

    /// The files in a folder and in those below it.
    pub(super) fn below(&self, folder: &Path) -> impl Iterator<Item = (&Path, &[u8])> {
        let files = self.files.iter().filter(move |(path, _)| path.starts_with(folder));
        files.map(|(path, bytes)| (path.as_path(), bytes.as_slice()))
    }

    /// Whether there is a folder at a path.
    pub(super) fn is_folder(&self, path: &Path) -> bool {
        self.folders.contains(path)
    }

    /// Writes all of it into a folder that is there and empty.
    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        for path in &self.folders {
            fs::create_dir_all(folder.join(path))?;
        }
        for (path, bytes) in &self.files {
            fs::write(folder.join(path), bytes)?;
        }
        Ok(())
    }
}

struct Copy<'a> {
    tree: &'a dyn FileTree,
    root: &'a Path,
    /// The path that the top really has.
    real: &'a Path,
    /// What git ignores, from the top on.
    ignored: BTreeSet<PathBuf>,
    bytes: u64,
    files: BTreeMap<PathBuf, Vec<u8>>,
    folders: BTreeSet<PathBuf>,
}

impl Copy<'_> {
    /// Takes a folder, by its path from the top on. `above` are the real paths of the folders that it is in.
    fn folder(&mut self, folder: &Path, above: &mut Vec<PathBuf>) -> Result<()> {
        let shown = paths::below(self.root, folder);
        let unreadable = |error| file_text::unreadable(&shown, error);
        let real = self.tree.real(&shown).map_err(unreadable)?;
        if above.contains(&real) {
            let message = format!(
                "the symbolic link {} leads to a folder that it is in",
                paths::shown(&shown)
            );
            return Err(Error::new(message).hint("remove the link: a program is given a copy of what links lead to"));
        }
        self.folders.insert(folder.to_owned());
        self.count(0)?;
        above.push(real.clone());
        let mut entries = self.tree.entries(&shown).map_err(unreadable)?;
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (name, kind) in entries {
            let path = folder.join(&name);
            // A folder that a link leads to has other paths than those that git ignores.
            if name == GIT || self.ignored.contains(&path) || self.is_ignored(&real.join(&name)) {
                continue;
            }
            match kind {
                EntryKind::Directory => self.folder(&path, above)?,
                EntryKind::File => self.file(path)?,
                EntryKind::Link => self.link(path, above)?,
                // The walk for manifests tells of a submodule that is missed.
                EntryKind::Submodule | EntryKind::Other => {}
            }
        }
        above.pop();
        Ok(())
    }

    /// Whether git ignores what really has this path.
    fn is_ignored(&self, real: &Path) -> bool {
        real.strip_prefix(self.real)
            .is_ok_and(|inside| self.ignored.contains(inside))
    }

    fn link(&mut self, path: PathBuf, above: &mut Vec<PathBuf>) -> Result<()> {
        let shown = paths::below(self.root, &path);
        let (Ok(real), Ok(kind)) = (self.tree.real(&shown), self.tree.kind(&shown)) else {
            // It leads nowhere, so there is nothing to read.
            return Ok(());
        };
        paths::refuse_real((self.root, self.real), (&shown, &real))?;
        let is_ignored = real.ancestors().any(|path| self.is_ignored(path));
        if is_ignored {
            return Ok(());
        }
        match kind {
            EntryKind::Directory => self.folder(&path, above),
            EntryKind::File => self.file(path),
            _ => Ok(()),
        }
    }

    fn file(&mut self, path: PathBuf) -> Result<()> {
        let shown = paths::below(self.root, &path);
        let unreadable = |error| file_text::unreadable(&shown, error);
        // The size is asked for first: a file that is too large is not read.
        self.count(self.tree.size(&shown).map_err(unreadable)?)?;
        let bytes = self.tree.read(&shown).map_err(unreadable)?;
        self.files.insert(path, bytes);
        Ok(())
    }

    fn count(&mut self, bytes: u64) -> Result<()> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes <= MOST_BYTES && self.files.len() + self.folders.len() < MOST_FILES {
            return Ok(());
        }
        let message = format!(
            "{} has more than {MOST_FILES} files or {} MiB, and no program is given so much",
            paths::shown(self.root),
            MOST_BYTES >> 20
        );
        Err(Error::new(message).hint("name a directory that holds little more than what is desired"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::tree::Disk;

    fn taken(root: &Path) -> Result<FileSnapshot, String> {
        FileSnapshot::take(&Disk, root).map_err(|error| error.to_string())
    }

    fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().expect("a directory");
        for (path, text) in files {
            let path = directory.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("created");
            fs::write(path, text).expect("written");
        }
        directory
    }

    #[test]
    fn the_same_files_have_one_digest_and_others_another() {
        let one = directory(&[("a/b.yaml", "1"), (".helmignore", "x")]);
        let same = directory(&[(".helmignore", "x"), ("a/b.yaml", "1")]);
        let digest = |directory: &tempfile::TempDir| taken(directory.path()).expect("read").digest();
        assert_eq!(digest(&one), digest(&same));
        for other in [
            &[("a/b.yaml", "2"), (".helmignore", "x")][..],
            &[("a/c.yaml", "1"), (".helmignore", "x")],
            &[("a/b.yaml", "1")],
        ] {
            assert_ne!(digest(&one), digest(&directory(other)), "{other:?}");
        }
    }

    #[test]
    fn a_copy_has_all_files_but_what_git_keeps_for_itself() {
        let one = directory(&[("a/b.yaml", "1"), (".helmignore", "x"), (".git", "gitdir: elsewhere")]);
        fs::create_dir(one.path().join("empty")).expect("created");
        let copy = tempfile::tempdir().expect("a directory");
        taken(one.path()).expect("read").write(copy.path()).expect("written");
        assert_eq!(fs::read_to_string(copy.path().join("a/b.yaml")).expect("there"), "1");
        assert!(copy.path().join(".helmignore").exists() && copy.path().join("empty").is_dir());
        assert!(!copy.path().join(".git").exists());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_within_the_directory_and_never_out_of_it() {
        use std::os::unix::fs::symlink;

        let one = directory(&[("a/b.yaml", "1")]);
        symlink("a", one.path().join("link")).expect("a link");
        symlink("nowhere", one.path().join("broken")).expect("a link");
        let snapshot = taken(one.path()).expect("read");
        assert_eq!(snapshot.file(Path::new("link/b.yaml")), Some(&b"1"[..]));
        symlink("..", one.path().join("a/up")).expect("a link");
        let error = taken(one.path()).expect_err("a circle");
        assert!(error.ends_with("a/up leads to a folder that it is in"), "{error}");
        fs::remove_file(one.path().join("a/up")).expect("removed");
        symlink("/etc/hostname", one.path().join("out")).expect("a link");
        assert!(taken(one.path()).is_err_and(|error| error.contains("leads out of")));
    }

    #[cfg(unix)]
    #[test]
    fn no_link_leads_to_what_git_keeps_for_itself_or_ignores() {
        use std::os::unix::fs::symlink;

        let one = directory(&[
            (".gitignore", "secret\nprivate/\n"),
            ("a/secret", "hunter2"),
            ("private/key", "hunter2"),
            ("a/b.yaml", "1"),
        ]);
        git2::Repository::init(one.path()).expect("a repository");
        let link = |target: &str, name: &str| symlink(target, one.path().join(name)).expect("a link");
        link("a/secret", "file");
        link("a", "folder");
        link("private/key", "key");
        let snapshot = taken(one.path()).expect("read");
        let names: Vec<String> = snapshot.files.keys().map(|path| path.display().to_string()).collect();
        assert_eq!(names, [".gitignore", "a/b.yaml", "folder/b.yaml"]);
        link("../.git/config", "a/x");
        let error = taken(one.path()).expect_err("git's own");
        assert!(
            error.ends_with("a/x leads into .git, which is no part of the directory"),
            "{error}"
        );
    }

    #[test]
    fn a_directory_that_is_too_large_is_not_read() {
        let one = directory(&[]);
        let file = fs::File::create(one.path().join("large")).expect("created");
        file.set_len(MOST_BYTES + 1).expect("a file with a hole");
        assert!(taken(one.path()).is_err_and(|error| error.contains("128 MiB")));
    }
}
