//! The commits of the repository that a directory stands in.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use git2::{ErrorCode, ObjectType, Oid, Repository};

use super::git::{self, Revision};
use super::tree::CommitTree;
use super::{Desired, ParameterInputs};
use crate::applyset::source::{Checkout, Source, Unconfirmed};
use crate::diagnostic::error::{Error, Result};
use crate::diagnostic::place::normal;
use crate::object::commit::Commit;

/// What names a commit, or what is in it.
pub type CommitId = Oid;

/// The commit from which two others went different ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeBase {
    /// The commit.
    pub commit: Commit,
    /// How many others would be as good: branches that were merged into each other have several.
    pub others: usize,
    /// Whether it is the first of the two itself, which has nothing then that the second lacks.
    pub is_first: bool,
}

/// The merge base of two commits of the repository that `path` stands in. It is an error if they have none, or if
/// the clone is not deep enough to tell.
pub fn merge_base(path: &Path, names: [&str; 2]) -> Result<MergeBase> {
    Commits::of(path)?.merge_base(names)
}

/// The commit that is checked out where the program runs; nothing outside of git, and where there is none yet.
pub fn head_commit() -> Option<Commit> {
    let commits = Commits::of(Path::new(".")).ok()?;
    Some(commits.revision(commits.head()?)?.commit)
}

/// The commits of the repository that a directory, or a file, stands in.
pub struct Commits {
    repository: Repository,
    /// The directory as it is typed, and its path in the repository.
    root: PathBuf,
    inside: PathBuf,
}

impl std::fmt::Debug for Commits {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Commits")
            .field("root", &self.root)
            .finish_non_exhaustive()
    }
}

impl Commits {
    /// The commits of the directory or file at `path`, which need not be there now.
    pub fn of(path: &Path) -> Result<Self> {
        let shown = super::paths::shown(path);
        let failed = |error| Error::new(format!("failed to find {shown}")).because(error);
        let whole = normal(&std::path::absolute(path).map_err(failed)?);
        let there = whole.ancestors().find(|path| path.exists()).unwrap_or(&whole);
        let opened = git::open(there).map_err(|error| git::unreadable(&git::repository_of(there), &error))?;
        let outside = || match there.ancestors().find(|above| git::is_bare(above)) {
            Some(bare) => Error::new(format!(
                "{} is a bare repository, which has no directory to read",
                bare.display()
            ))
            .hint("name a directory in a clone of it"),
            None => Error::new(format!("{shown} is not in a git repository"))
                .hint("leave out --revision, or name a clone of it"),
        };
        let repository = opened.ok_or_else(outside)?;
        let workdir = repository.workdir().and_then(|workdir| workdir.canonicalize().ok());
        let workdir = workdir.ok_or_else(outside)?;
        // Links above the working tree are no part of a commit, those in it are.
        let top = whole
            .ancestors()
            .filter(|above| above.canonicalize().is_ok_and(|real| real == workdir))
            .last();
        let inside = top.and_then(|top| whole.strip_prefix(top).ok()).map(Path::to_owned);
        let linked = || Some(path.canonicalize().ok()?.strip_prefix(&workdir).ok()?.to_owned());
        let inside = inside.or_else(linked).ok_or_else(outside)?;
        Ok(Self {
            repository,
            root: path.to_owned(),
            inside,
        })
    }

    /// The commit that `revision` names, in any way that git knows.
    ///
    /// A name that two of them have, as a branch and a tag do, is an error: git takes the tag.
    pub fn find(&self, revision: &str) -> Result<Revision> {
        self.one_of_the_name(revision)?;
        let found = self.repository.revparse_single(revision);
        let commit = found.and_then(|object| object.peel_to_commit()).map_err(|error| {
            let unknown = Error::new(format!(
                "there is no commit {revision} in {}",
                git::repository_of_open(&self.repository).display()
            ));
            let unknown = unknown.because(error.message());
            match error.code() {
                ErrorCode::Ambiguous => unknown.hint("name it by more of its characters"),
                _ if self.repository.is_empty().unwrap_or(false) => unknown.hint("the repository has no commit yet"),
                _ => {
                    unknown.hint("`git log` lists them; a clone that is not whole lacks some (`git fetch --unshallow`)")
                }
            }
        })?;
        let mut found = self.revision_of(commit).map_err(|error| self.unreadable(&error))?;
        if !found.commit.as_str().starts_with(revision) {
            found.branch = Some(revision.to_owned());
        }
        Ok(found)
    }

    /// The best common ancestor of two commits, from which they went different ways.
    fn merge_base(&self, names: [&str; 2]) -> Result<MergeBase> {
        let [one, other] = [self.find(names[0])?, self.find(names[1])?];
        let bases = match self.repository.merge_bases(one.id(), other.id()) {
            Ok(bases) => bases.iter().copied().collect::<Vec<_>>(),
            Err(error) if error.code() == ErrorCode::NotFound => Vec::new(),
            Err(error) => return Err(self.unreadable(&error)),
        };
        match bases.first() {
            Some(base) => Ok(MergeBase {
                commit: Commit::new(base.to_string()),
                others: bases.len() - 1,
                is_first: one.id() == *base,
            }),
            None => Err(self.no_merge_base(names)),
        }
    }

    fn no_merge_base(&self, [one, other]: [&str; 2]) -> Error {
        let itself = format!("to compare with {one} itself: --from {one} --to {other}");
        if self.repository.is_shallow() {
            Error::new(format!(
                "the merge base of {one} and {other} is not in this clone, which is shallow"
            ))
            .hint("fetch the whole history: `git fetch --unshallow`, in GitHub Actions `fetch-depth: 0`, in GitLab CI `GIT_DEPTH: 0`")
            .hint(itself)
        } else {
            Error::new(format!("{one} and {other} have no commit in common")).hint(itself)
        }
    }

    /// Fails where a tag, a branch and a branch of a remote have one name and are different commits.
    fn one_of_the_name(&self, name: &str) -> Result<()> {
        let spaces = ["refs/tags/", "refs/heads/", "refs/remotes/"];
        let found: Vec<(String, Oid)> = spaces
            .iter()
            .filter_map(|space| {
                let name = format!("{space}{name}");
                let commit = self.repository.find_reference(&name).ok()?.peel_to_commit().ok()?;
                Some((name, commit.id()))
            })
            .collect();
        let [(first, id), others @ ..] = &found[..] else {
            return Ok(());
        };
        match others.iter().find(|(_, other)| other != id) {
            None => Ok(()),
            Some((other, _)) => Err(Error::new(format!("{name} names two commits: {first} and {other}"))
                .hint(format!("say which: --revision {first}, or --revision {other}"))),
        }
    }

    /// The files of this commit.
    pub(super) fn tree(&self, revision: &Revision) -> Result<CommitTree<'_>> {
        let commit = self.commit(revision.id())?;
        Ok(self.tree_of(commit))
    }

    fn tree_of<'a>(&'a self, commit: git2::Commit<'a>) -> CommitTree<'a> {
        CommitTree::new(&self.repository, commit, &self.root, &self.inside)
    }

    fn revision_of(&self, commit: git2::Commit<'_>) -> Result<Revision, git2::Error> {
        let top = self.tree_of(commit.clone()).top();
        git::revision(&commit, top.map(|(_, id)| id))
    }

    /// The directory as it is in this commit.
    pub fn desired(&self, revision: &Revision, inputs: &ParameterInputs) -> Result<Desired> {
        super::read(&self.tree(revision)?, &self.root, inputs)
    }

    /// The directory that this is at a commit, by which it is told whose set it is. `last` is where the set was
    /// synced from the last time, and a commit of that: where it is in this repository, it is the same one.
    pub fn checkout(&self, now: CommitId, last: Option<(&Source, &Commit)>) -> Checkout {
        let is_here =
            |commit: &Commit| Oid::from_str(commit.as_str()).is_ok_and(|id| self.repository.find_commit(id).is_ok());
        let (here, elsewhere) = match last {
            Some((source, commit)) if is_here(commit) => (Some(source), None),
            last => (None, last),
        };
        let first = || self.first_commit(now).map(|id| Commit::new(id.to_string()));
        let repository = here.and_then(|source| source.repository.clone()).or_else(first);
        let unknown = elsewhere.filter(|(source, _)| source.repository.is_none() || repository.is_none());
        Checkout {
            unconfirmed: unknown.map(|(_, commit)| Unconfirmed {
                commit: commit.clone(),
                is_shallow: self.repository.is_shallow(),
            }),
            source: Source {
                repository,
                directory: self.inside.display().to_string(),
                confirmed: None,
            },
        }
    }

    /// The commit that is checked out; nothing where there is none yet.
    pub fn head(&self) -> Option<CommitId> {
        Some(self.repository.head().ok()?.peel_to_commit().ok()?.id())
    }

    /// The first commit of the line of first parents that leads to a commit; nothing where it is not at hand.
    fn first_commit(&self, commit: CommitId) -> Option<CommitId> {
        if self.repository.is_shallow() {
            return None;
        }
        let mut walk = self.repository.revwalk().ok()?;
        walk.simplify_first_parent().ok()?;
        walk.push(commit).ok()?;
        walk.last()?.ok()
    }

    /// The revision that a commit is; nothing if it is not at hand.
    pub fn revision(&self, id: CommitId) -> Option<Revision> {
        self.revision_of(self.repository.find_commit(id).ok()?).ok()
    }

    /// The parents of a commit; nothing where they are not at hand, as where a clone that is not
    /// whole ends.
    pub fn parents(&self, id: CommitId) -> Option<Vec<CommitId>> {
        let commit = self.repository.find_commit(id).ok()?;
        let parents: Vec<CommitId> = commit.parent_ids().collect();
        let is_at_hand = |id: &CommitId| self.repository.find_commit(*id).is_ok();
        let is_end = parents.is_empty() && self.repository.is_shallow();
        (!is_end && parents.iter().all(is_at_hand)).then_some(parents)
    }

    /// The commits that `now` has and `base` has not, the latest `most` of them.
    pub fn since(&self, base: CommitId, now: CommitId, most: usize) -> HashSet<CommitId> {
        let walk = || {
            let mut walk = self.repository.revwalk()?;
            walk.push(now)?;
            walk.hide(base)?;
            Ok::<_, git2::Error>(walk.take(most).filter_map(Result::ok).collect())
        };
        walk().unwrap_or_default()
    }

    /// Whether `now` is `then`, or a later commit; nothing where that cannot be told, since not all commits
    /// are at hand.
    pub fn is_since(&self, now: CommitId, then: &Commit) -> Option<bool> {
        let then = self
            .repository
            .find_commit(Oid::from_str(then.as_str()).ok()?)
            .ok()?
            .id();
        let is_later = now == then || self.repository.graph_descendant_of(now, then).ok()?;
        // Where a clone that is not whole ends, the way from one to the other may be missing.
        (is_later || !self.repository.is_shallow()).then_some(is_later)
    }

    /// What a commit has in a file of the directory, or in the directory as a whole, to be compared
    /// with another commit's; nothing if it has no such file. For a file in a submodule it is the commit of
    /// that.
    pub fn content(&self, commit: CommitId, file: Option<&str>) -> Option<CommitId> {
        let commit = self.repository.find_commit(commit).ok()?;
        let tree = commit.tree().ok()?;
        let (top, all) = self.tree_of(commit).top()?;
        let Some(file) = file else { return Some(all) };
        let path = top.join(self.below_root(Path::new(file))?);
        let path: PathBuf = path.components().collect();
        let here = |path: &Path| tree.get_path(path).ok();
        let submodule = |path: &Path| here(path).filter(|entry| entry.kind() == Some(ObjectType::Commit));
        let entry = here(&path).or_else(|| path.ancestors().skip(1).find_map(submodule));
        entry.map(|entry| entry.id())
    }

    /// The files that may change any object: settings, parameters, and those of its component.
    pub fn settings_files(&self, environment: Option<&str>, component: Option<&str>) -> Vec<String> {
        let files = [
            "stackanetes.yaml",
            ".stackanetesignore",
            "parameters.yaml",
            "parameters.schema.json",
            "defaults",
        ];
        let files = files.map(str::to_owned).into_iter();
        let files = files.chain(environment.map(|name| format!("environments/{name}.yaml")));
        let files = files.chain(component.map(|name| format!("{name}/component.yaml")));
        files.map(|file| super::paths::shown(&self.root.join(file))).collect()
    }

    /// The path from the directory of a file, by the name that is shown.
    fn below_root(&self, file: &Path) -> Option<PathBuf> {
        let shown = super::paths::shown(&self.root);
        match file.strip_prefix(&shown) {
            Ok(rest) => Some(rest.to_owned()),
            Err(_) if shown == "." && file.is_relative() => Some(file.to_owned()),
            Err(_) => None,
        }
    }

    fn commit(&self, id: Oid) -> Result<git2::Commit<'_>> {
        self.repository.find_commit(id).map_err(|error| self.unreadable(&error))
    }

    fn unreadable(&self, error: &git2::Error) -> Error {
        git::unreadable(&git::repository_of_open(&self.repository), error)
    }
}
