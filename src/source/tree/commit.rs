//! The files of a commit, read from git's own store: nothing is checked out.
//!
//! A submodule is read at the commit that its parent names, from the repository that is checked out in its
//! place, or from where git keeps it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use git2::{ErrorCode, ObjectType, Oid, Repository};

use super::{EntryKind, FileTree, Unreadable, pointer};
use crate::diagnostic::error::Error;
use crate::source::git::{self, Conversion};

/// How many links may lead to one file: as many as Linux allows.
const LINKS: usize = 40;
/// The mode of a symbolic link in a tree.
const LINK_MODE: i32 = 0o120_000;

/// The files of a commit.
pub(in crate::source) struct CommitTree<'a> {
    repository: &'a Repository,
    commit: git2::Commit<'a>,
    /// The directory as it is typed, and its path in the repository.
    root: PathBuf,
    inside: PathBuf,
    /// The repositories of submodules by their paths, as far as they were looked for; nothing for one that is
    /// not at hand.
    modules: RefCell<HashMap<PathBuf, Option<Rc<Module>>>>,
    /// The directories that were looked into: git would read and hash the whole of one again for every file in it.
    listings: RefCell<HashMap<Oid, Rc<Listing>>>,
}

/// What is in a directory, by its names.
type Listing = BTreeMap<Vec<u8>, DirectoryEntry>;

/// An entry of a directory, as git holds it.
#[derive(Clone, Copy)]
struct DirectoryEntry {
    id: Oid,
    kind: Option<ObjectType>,
    is_link: bool,
}

/// A submodule that is at hand.
struct Module {
    repository: Repository,
    /// Its path in the repository of the whole.
    path: PathBuf,
}

impl<'a> CommitTree<'a> {
    /// The tree of `commit`, asked with paths that begin with `root`, which is `inside` in the repository.
    pub(in crate::source) fn new(
        repository: &'a Repository,
        commit: git2::Commit<'a>,
        root: &Path,
        inside: &Path,
    ) -> Self {
        Self {
            repository,
            commit,
            root: root.to_owned(),
            inside: inside.to_owned(),
            modules: RefCell::default(),
            listings: RefCell::default(),
        }
    }

    /// The path that the directory really has in the commit, and what names all that is in it: two commits in which
    /// that is the same hold the same there. Nothing where the commit has no such directory.
    pub(in crate::source) fn top(&self) -> Option<(PathBuf, Oid)> {
        let (real, found) = self.resolve(&self.inside).ok()?;
        Some((real, found.id))
    }

    /// The path in the repository of a path that begins as it is typed; links are not resolved.
    fn within(&self, path: &Path) -> Result<PathBuf, Unreadable> {
        match path.strip_prefix(&self.root) {
            Ok(rest) if rest.as_os_str().is_empty() => Ok(self.inside.clone()),
            Ok(rest) => Ok(self.inside.join(rest)),
            Err(_) => Err(Unreadable::not_found()),
        }
    }

    /// Resolves every link of a path in the repository. A link that leads out of the repository leads
    /// nowhere.
    fn resolve(&self, path: &Path) -> Result<(PathBuf, ResolvedEntry), Unreadable> {
        let mut rest: Vec<OsString> = steps(path)?;
        rest.reverse();
        let mut real = PathBuf::new();
        let mut found = ResolvedEntry {
            id: self.commit.tree_id(),
            kind: EntryKind::Directory,
            module: None,
        };
        // The directories on the way, the top one first.
        let mut above: Vec<ResolvedEntry> = Vec::new();
        let mut links = 0;
        while let Some(step) = rest.pop() {
            if step == ".." {
                found = above.pop().ok_or_else(Unreadable::not_found)?;
                real.pop();
                continue;
            }
            let next = self.child(&found, &real, &step)?;
            if next.kind != EntryKind::Link {
                above.push(found);
                real.push(step);
                found = next;
                continue;
            }
            links += 1;
            if links > LINKS {
                return Err(io::Error::other("the links lead in a circle").into());
            }
            let target = self.blob(&next)?;
            let target = String::from_utf8(target).map_err(io::Error::other)?;
            rest.extend(steps(Path::new(&target))?.into_iter().rev());
        }
        Ok((real, found))
    }

    fn child(&self, parent: &ResolvedEntry, real: &Path, name: &OsStr) -> Result<ResolvedEntry, Unreadable> {
        let name = name.to_str().ok_or_else(Unreadable::not_found)?;
        if parent.kind != EntryKind::Directory {
            return Err(Unreadable::not_found());
        }
        let entry = *self
            .listing(parent)?
            .get(name.as_bytes())
            .ok_or_else(Unreadable::not_found)?;
        Ok(self.entry(parent, &real.join(name), entry))
    }

    /// What an entry of a directory is, whose own path in the repository is `real`.
    fn entry(&self, parent: &ResolvedEntry, real: &Path, entry: DirectoryEntry) -> ResolvedEntry {
        let kind = match entry.kind {
            Some(ObjectType::Tree) => EntryKind::Directory,
            Some(ObjectType::Blob) if entry.is_link => EntryKind::Link,
            Some(ObjectType::Blob) => EntryKind::File,
            Some(ObjectType::Commit) => return self.submodule(parent, real, entry.id),
            _ => EntryKind::Other,
        };
        ResolvedEntry {
            id: entry.id,
            kind,
            module: parent.module.clone(),
        }
    }

    /// The directory that a submodule is at this commit of it.
    fn submodule(&self, parent: &ResolvedEntry, real: &Path, commit: Oid) -> ResolvedEntry {
        let mut modules = self.modules.borrow_mut();
        let module = modules.entry(real.to_owned()).or_insert_with(|| {
            let (above, within) = match &parent.module {
                Some(module) => (&module.repository, real.strip_prefix(&module.path).unwrap_or(real)),
                None => (self.repository, real),
            };
            let repository = git::submodule(above, within)?;
            let path = real.to_owned();
            Some(Rc::new(Module { repository, path }))
        });
        let tree = module.as_ref().and_then(|module| {
            let commit = module.repository.find_commit(commit).ok()?;
            Some((commit.tree_id(), module.clone()))
        });
        match tree {
            Some((id, module)) => ResolvedEntry {
                id,
                kind: EntryKind::Directory,
                module: Some(module),
            },
            None => ResolvedEntry {
                id: commit,
                kind: EntryKind::Submodule,
                module: None,
            },
        }
    }

    /// The repository that something is found in.
    fn store<'b>(&'b self, found: &'b ResolvedEntry) -> &'b Repository {
        match &found.module {
            Some(module) => &module.repository,
            None => self.repository,
        }
    }

    fn listing(&self, found: &ResolvedEntry) -> Result<Rc<Listing>, Unreadable> {
        if let Some(known) = self.listings.borrow().get(&found.id) {
            return Ok(Rc::clone(known));
        }
        let tree = self.store(found).find_tree(found.id);
        let tree = tree.map_err(|error| self.absent(found, error))?;
        let entries = tree.iter().map(|entry| {
            let is_link = entry.filemode() == LINK_MODE;
            let (id, kind) = (entry.id(), entry.kind());
            (entry.name_bytes().to_owned(), DirectoryEntry { id, kind, is_link })
        });
        let listing = Rc::new(entries.collect::<Listing>());
        self.listings.borrow_mut().insert(found.id, Rc::clone(&listing));
        Ok(listing)
    }

    fn blob(&self, found: &ResolvedEntry) -> Result<Vec<u8>, Unreadable> {
        let blob = self.store(found).find_blob(found.id);
        let blob = blob.map_err(|error| self.absent(found, error))?;
        Ok(blob.content().to_vec())
    }

    fn absent(&self, found: &ResolvedEntry, error: git2::Error) -> Unreadable {
        let is_partial = git::is_partial(self.store(found));
        if error.code() == ErrorCode::NotFound && is_partial {
            Unreadable::Partial(found.id)
        } else {
            io::Error::other(error).into()
        }
    }

    /// The file that `found` at `real` is when it is checked out.
    fn content(&self, real: &Path, found: &ResolvedEntry) -> Result<Vec<u8>, Unreadable> {
        let bytes = self.blob(found)?;
        let store = self.store(found);
        if let Some(id) = pointer::target(&bytes) {
            return pointer::content(store.commondir(), &id).ok_or(Unreadable::Pointer);
        }
        let within = match &found.module {
            Some(module) => real.strip_prefix(&module.path).unwrap_or(real),
            None => real,
        };
        match git::conversion(store, within) {
            Some(Conversion::Filter(filter)) if filter != "lfs" => Err(Unreadable::Filter(filter)),
            Some(Conversion::Encoding(encoding)) => Err(Unreadable::Encoding(encoding)),
            Some(Conversion::Filter(_)) | None => Ok(bytes),
        }
    }

    fn resolved(&self, path: &Path) -> Result<(PathBuf, ResolvedEntry), Unreadable> {
        self.resolve(&self.within(path)?)
    }
}

impl FileTree for CommitTree<'_> {
    fn entries(&self, directory: &Path) -> Result<Vec<(OsString, EntryKind)>, Unreadable> {
        let (real, found) = self.resolved(directory)?;
        let listing = self.listing(&found)?;
        let entries = listing.iter().map(|(name, entry)| {
            let name = String::from_utf8_lossy(name).into_owned();
            let kind = self.entry(&found, &real.join(&name), *entry).kind;
            (OsString::from(name), kind)
        });
        Ok(entries.collect())
    }

    fn real(&self, path: &Path) -> Result<PathBuf, Unreadable> {
        Ok(self.resolved(path)?.0)
    }

    fn kind(&self, path: &Path) -> Result<EntryKind, Unreadable> {
        Ok(self.resolved(path)?.1.kind)
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>, Unreadable> {
        let (real, found) = self.resolved(path)?;
        match found.kind {
            EntryKind::File => self.content(&real, &found),
            _ => Err(io::Error::other("it is no file").into()),
        }
    }

    fn size(&self, path: &Path) -> Result<u64, Unreadable> {
        let (_, found) = self.resolved(path)?;
        let store = self.store(&found);
        let header = store.odb().and_then(|objects| objects.read_header(found.id));
        let (bytes, _) = header.map_err(|error| self.absent(&found, error))?;
        Ok(bytes as u64)
    }

    fn ignored(&self, _: &Path) -> BTreeSet<PathBuf> {
        BTreeSet::new()
    }

    fn left_out(&self, _: &Path) -> Vec<Error> {
        Vec::new()
    }

    fn of(&self) -> String {
        let short = self.commit.as_object().short_id();
        let short = short.map(|short| String::from_utf8_lossy(&short).into_owned());
        format!(" in {}", short.unwrap_or_else(|_| self.commit.id().to_string()))
    }
}

/// Something in the tree of a commit.
struct ResolvedEntry {
    id: Oid,
    kind: EntryKind,
    /// The submodule that it is in.
    module: Option<Rc<Module>>,
}

/// The names along a relative path, and `..`.
fn steps(path: &Path) -> Result<Vec<OsString>, Unreadable> {
    let mut steps = Vec::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::Normal(name) => steps.push(name.to_owned()),
            Component::ParentDir => steps.push("..".into()),
            Component::RootDir | Component::Prefix(_) => {
                return Err(io::Error::other("the link is an absolute path, and leads out of the commit").into());
            }
        }
    }
    Ok(steps)
}
