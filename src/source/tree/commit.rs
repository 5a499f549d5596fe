//! The files of a commit, read from git's own store: nothing is checked out.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Component, Path, PathBuf};

use git2::{Oid, Repository};

use super::{Kind, Tree};

/// How many links may lead to one file: as many as Linux allows.
const LINKS: usize = 40;
/// The mode of a symbolic link in a tree.
const LINK_MODE: i32 = 0o120_000;

/// The files of a commit.
pub(in crate::source) struct CommitTree<'a> {
    repository: &'a Repository,
    tree: Oid,
    short: String,
    /// The directory as it is typed, and its path in the repository.
    root: PathBuf,
    inside: PathBuf,
}

impl<'a> CommitTree<'a> {
    /// The tree of `commit`, asked with paths that begin with `root`, which is `inside` in the repository.
    pub(in crate::source) fn new(
        repository: &'a Repository,
        commit: &git2::Commit<'_>,
        short: &str,
        root: &Path,
        inside: &Path,
    ) -> Self {
        Self {
            repository,
            tree: commit.tree_id(),
            short: short.to_owned(),
            root: root.to_owned(),
            inside: inside.to_owned(),
        }
    }

    /// The path in the repository of a path that begins as it is typed; links are not resolved.
    fn within(&self, path: &Path) -> io::Result<PathBuf> {
        match path.strip_prefix(&self.root) {
            Ok(rest) if rest.as_os_str().is_empty() => Ok(self.inside.clone()),
            Ok(rest) => Ok(self.inside.join(rest)),
            Err(_) => Err(not_found()),
        }
    }

    /// Resolves every link of a path in the repository. A link that leads out of the repository leads
    /// nowhere.
    fn resolve(&self, path: &Path) -> io::Result<(PathBuf, Found)> {
        let mut rest: Vec<OsString> = steps(path)?;
        rest.reverse();
        let mut real = PathBuf::new();
        let mut found = Found {
            id: self.tree,
            kind: Kind::Directory,
        };
        // The directories on the way, the top one first.
        let mut above: Vec<Found> = Vec::new();
        let mut links = 0;
        while let Some(step) = rest.pop() {
            if step == ".." {
                found = above.pop().ok_or_else(not_found)?;
                real.pop();
                continue;
            }
            let next = self.child(&found, &step)?;
            if next.kind != Kind::Link {
                above.push(found);
                real.push(step);
                found = next;
                continue;
            }
            links += 1;
            if links > LINKS {
                return Err(io::Error::other("the links lead in a circle"));
            }
            let target = self.blob(next.id)?;
            let target = String::from_utf8(target).map_err(io::Error::other)?;
            rest.extend(steps(Path::new(&target))?.into_iter().rev());
        }
        Ok((real, found))
    }

    fn child(&self, parent: &Found, name: &OsStr) -> io::Result<Found> {
        let name = name.to_str().ok_or_else(not_found)?;
        if parent.kind != Kind::Directory {
            return Err(not_found());
        }
        let tree = self.repository.find_tree(parent.id).map_err(io::Error::other)?;
        let entry = tree.get_name(name).ok_or_else(not_found)?;
        Ok(Found::of(&entry))
    }

    fn blob(&self, id: Oid) -> io::Result<Vec<u8>> {
        let blob = self.repository.find_blob(id).map_err(io::Error::other)?;
        Ok(blob.content().to_vec())
    }

    fn found(&self, path: &Path) -> io::Result<(PathBuf, Found)> {
        self.resolve(&self.within(path)?)
    }
}

impl Tree for CommitTree<'_> {
    fn entries(&self, directory: &Path) -> io::Result<Vec<(OsString, Kind)>> {
        let (_, found) = self.found(directory)?;
        let tree = self.repository.find_tree(found.id).map_err(io::Error::other)?;
        let entries = tree.iter().map(|entry| {
            let name = String::from_utf8_lossy(entry.name_bytes()).into_owned();
            (OsString::from(name), Found::of(&entry).kind)
        });
        Ok(entries.collect())
    }

    fn real(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(self.found(path)?.0)
    }

    fn kind(&self, path: &Path) -> io::Result<Kind> {
        Ok(self.found(path)?.1.kind)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let (_, found) = self.found(path)?;
        match found.kind {
            Kind::File => self.blob(found.id),
            _ => Err(io::Error::other("it is no file")),
        }
    }

    fn of(&self) -> String {
        format!(" in {}", self.short)
    }
}

/// An entry of a tree.
struct Found {
    id: Oid,
    kind: Kind,
}

impl Found {
    fn of(entry: &git2::TreeEntry<'_>) -> Self {
        let kind = match entry.kind() {
            Some(git2::ObjectType::Tree) => Kind::Directory,
            Some(git2::ObjectType::Blob) if entry.filemode() == LINK_MODE => Kind::Link,
            Some(git2::ObjectType::Blob) => Kind::File,
            _ => Kind::Other,
        };
        Self { id: entry.id(), kind }
    }
}

/// The names along a relative path, and `..`.
fn steps(path: &Path) -> io::Result<Vec<OsString>> {
    let mut steps = Vec::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::Normal(name) => steps.push(name.to_owned()),
            Component::ParentDir => steps.push("..".into()),
            Component::RootDir | Component::Prefix(_) => {
                return Err(io::Error::other(
                    "the link is an absolute path, and leads out of the commit",
                ));
            }
        }
    }
    Ok(steps)
}

fn not_found() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "there is no such file")
}
