//! The commit that a directory stands at.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use git2::{AttrCheckFlags, AttrValue, Config, ErrorCode, Oid, Repository, StatusOptions};
use jiff::Timestamp;

use super::exclude::{self, Exclude};
use super::tree::CommitTree;
use super::{CommitId, files, paths, unseen};
use crate::diagnostic::error::{Error, Result};
use crate::object::commit::Commit;

/// A commit, and whether the directory is what that commit has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// The commit, whose short form is unique in the repository.
    pub commit: Commit,
    /// What names all that the commit has in the directory, by which two commits are told to hold the same there;
    /// nothing where it has no such directory, or none is meant.
    pub tree: Option<String>,
    /// The branch, if one is checked out, or the name by which the commit was asked for.
    pub branch: Option<String>,
    /// The first line of its message.
    pub subject: String,
    /// The name of who wrote it.
    pub author: String,
    /// When it was committed.
    pub time: Timestamp,
    /// Whether the directory differs from the commit: changed, staged or untracked files in it, ignored
    /// manifests, or a submodule at another commit. That git is told to take a file for unchanged does not matter.
    pub dirty: bool,
}

impl Revision {
    /// What names the commit.
    pub fn id(&self) -> CommitId {
        Oid::from_str(self.commit.as_str()).unwrap_or(Oid::ZERO_SHA1)
    }

    /// The revision of the directory or file at `path`; none outside of a repository, and in one
    /// without commits.
    ///
    /// An error is no reason to stop: it says that there is a repository that cannot be read.
    pub(super) fn of(path: &Path, exclude: &Exclude) -> Result<Option<Self>> {
        let path = path
            .canonicalize()
            .map_err(|error| Error::new(format!("failed to find {}", path.display())).because(error))?;
        let unreadable = |error: git2::Error| unreadable(&repository_of(&path), &error);
        let Some(repository) = open(&path).map_err(unreadable)? else {
            return Ok(None);
        };
        read(&repository, &path, exclude).map_err(unreadable)
    }
}

/// Says that the repository at `root` cannot be read, and what helps.
pub(super) fn unreadable(root: &Path, error: &git2::Error) -> Error {
    let failed = Error::new(format!("failed to read the git repository {}", root.display()));
    let failed = failed.because(error.message());
    match error.code() {
        ErrorCode::Owner => failed.hint(format!(
            "to trust whoever owns it, run `git config --global --add safe.directory {}`",
            root.display()
        )),
        _ if has_sha256(root) => failed.hint("a repository whose objects are named by SHA-256 cannot be read yet"),
        _ => failed,
    }
}

/// Whether the objects of the repository at `root` are named by SHA-256 (git-init, `--object-format`).
fn has_sha256(root: &Path) -> bool {
    let config = Config::open(&root.join(".git/config"));
    let format = config.and_then(|config| config.get_string("extensions.objectformat"));
    format.is_ok_and(|format| format == "sha256")
}

/// Opens the repository that holds `path`; nothing where none does.
///
/// Only a `.git` makes a repository: plain files that look like a bare one (`HEAD`, `objects/`, `refs/`) may be
/// what somebody added to the directory, so that its history is taken for the clone's (git-config,
/// `safe.bareRepository`).
pub(super) fn open(path: &Path) -> Result<Option<Repository>, git2::Error> {
    let Some(root) = top_of_repository(path) else {
        return Ok(None);
    };
    let found = match Repository::discover_path(&root, &[] as &[&Path]) {
        Ok(found) => found,
        Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    match Repository::open(&found) {
        Err(error) if error.code() == ErrorCode::Owner && have_one_owner(path, &found) => {
            open_foreign(&found).map(Some)
        }
        opened => opened.map(Some),
    }
}

/// Whether whoever owns the manifests also owns the repository. Then to trust the one is to trust the
/// other, whoever we are; a container that checks out as another user than it works as is the
/// usual case.
#[cfg(unix)]
fn have_one_owner(path: &Path, repository: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let owner = |path: &Path| path.metadata().map(|metadata| metadata.uid()).ok();
    owner(path).is_some() && owner(path) == owner(repository)
}

#[cfg(not(unix))]
fn have_one_owner(_: &Path, _: &Path) -> bool {
    false
}

/// Opens the repository of another user, to read only: nothing that its configuration names is run.
fn open_foreign(git: &Path) -> Result<Repository, git2::Error> {
    let repository = Repository::open_bare(git)?;
    if let (Some(workdir), true) = (git.parent(), git.ends_with(".git")) {
        repository.set_workdir(workdir, false)?;
    }
    Ok(repository)
}

/// What is ignored in the directory at `path`, files and whole folders, by their paths from it on. Nothing where it is in no
/// repository, in one that cannot be read, or ignored itself.
pub(super) fn ignored(path: &Path) -> BTreeSet<PathBuf> {
    let ignored = || {
        let real = path.canonicalize().ok()?;
        let repository = open(&real).ok()??;
        let workdir = repository.workdir()?.canonicalize().ok()?;
        let inside = real.strip_prefix(&workdir).ok()?;
        let mut options = StatusOptions::new();
        // In a folder with nothing that is tracked, too.
        options
            .include_ignored(true)
            .include_untracked(true)
            .recurse_untracked_dirs(true)
            .recurse_ignored_dirs(false);
        if !inside.as_os_str().is_empty() {
            options.disable_pathspec_match(true).pathspec(inside);
        }
        let statuses = repository.statuses(Some(&mut options)).ok()?;
        let ignored = statuses.iter().filter(|entry| entry.status().is_ignored());
        let paths = ignored.filter_map(|entry| {
            let path = PathBuf::from(String::from_utf8_lossy(entry.path_bytes()).into_owned());
            let below = path.strip_prefix(inside).ok()?;
            // Without the slash at the end of a folder.
            Some(below.components().collect()).filter(|below: &PathBuf| !below.as_os_str().is_empty())
        });
        Some(paths.collect())
    };
    ignored().unwrap_or_default()
}

/// The repository of the submodule at `path` of another one; nothing if it is not at hand.
///
/// A link on the disk is not followed: a commit must not name a repository that it is no part of.
pub(super) fn submodule(above: &Repository, path: &Path) -> Option<Repository> {
    let checked_out = above.workdir().and_then(|workdir| {
        let workdir = workdir.canonicalize().ok()?;
        let place = workdir.join(path);
        let is_there = place.join(".git").exists() && place.canonicalize().ok()? == place;
        is_there.then(|| open(&place).ok()?).flatten()
    });
    checked_out.or_else(|| {
        let known = above.find_submodule(path.to_str()?).ok();
        let name = known
            .as_ref()
            .and_then(|module| module.name().ok())
            .map_or(path, Path::new);
        let is_below = name.components().all(|step| matches!(step, Component::Normal(_)));
        let kept = above.commondir().join("modules").join(name);
        let is_there = is_below && kept.join("HEAD").exists();
        is_there.then(|| Repository::open_bare(&kept).ok()).flatten()
    })
}

/// The text that an attribute of a path in the repository has; nothing where it has none: without one it is set or unset,
/// and names neither a filter nor an encoding (gitattributes).
fn attribute(repository: &Repository, path: &Path, name: &str) -> Option<String> {
    let value = repository.get_attr_bytes(path, name, AttrCheckFlags::default());
    match AttrValue::from_bytes(value.ok()?) {
        AttrValue::String(text) => Some(text.to_owned()),
        AttrValue::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        AttrValue::True | AttrValue::False | AttrValue::Unspecified => None,
    }
}

/// A conversion of a file between a commit and the disk that is not read back: by a program, or of its encoding.
pub(super) enum Conversion {
    /// By the filter of this name.
    Filter(String),
    /// From and to this encoding.
    Encoding(String),
}

/// How git converts the file at a path in the repository, but for line ends and `$Id$`.
pub(super) fn conversion(repository: &Repository, path: &Path) -> Option<Conversion> {
    let filter = attribute(repository, path, "filter").map(Conversion::Filter);
    filter.or_else(|| {
        let encoding = attribute(repository, path, "working-tree-encoding")?;
        (!encoding.eq_ignore_ascii_case("UTF-8")).then_some(Conversion::Encoding(encoding))
    })
}

/// Whether `path` looks like a repository without a working tree.
pub(super) fn is_bare(path: &Path) -> bool {
    ["HEAD", "objects", "refs"].iter().all(|name| path.join(name).exists())
}

/// Whether some objects of the repository were left where it was cloned from (git-clone, `--filter`).
pub(super) fn is_partial(repository: &Repository) -> bool {
    let Ok(config) = repository.config() else { return false };
    let Ok(mut entries) = config.entries(Some("^remote\\..*\\.(promisor|partialclonefilter)$")) else {
        return false;
    };
    entries.next().is_some_and(|entry| entry.is_ok())
}

/// The top of the repository that `path` is in, without links; nothing where it is in none.
pub fn top_of_repository(path: &Path) -> Option<PathBuf> {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let top = whole.ancestors().find(|ancestor| ancestor.join(".git").exists());
    top.map(Path::to_owned)
}

/// Where the repository of `path` is, for a person.
pub(super) fn repository_of(path: &Path) -> PathBuf {
    top_of_repository(path).unwrap_or_else(|| path.to_owned())
}

/// Where an open repository is, for a person.
pub(super) fn repository_of_open(repository: &Repository) -> PathBuf {
    repository.workdir().unwrap_or(repository.path()).to_owned()
}

fn read(repository: &Repository, path: &Path, exclude: &Exclude) -> Result<Option<Revision>, git2::Error> {
    let head = match repository.head() {
        Ok(head) => head,
        Err(error) if matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => return Ok(None),
        Err(error) => return Err(error),
    };
    let commit = head.peel_to_commit()?;
    let branch = head
        .is_branch()
        .then(|| String::from_utf8_lossy(head.shorthand_bytes()).into_owned());
    let workdir = repository.workdir().and_then(|workdir| workdir.canonicalize().ok());
    let inside = workdir.and_then(|workdir| path.strip_prefix(workdir).ok());
    let (tree, dirty) = match inside {
        Some(inside) => {
            let tree = CommitTree::new(repository, commit.clone(), path, inside).top();
            (tree, is_dirty(repository, &commit, inside, exclude)?)
        }
        // What is not in the working tree is not in the commit.
        None => (None, true),
    };
    Ok(Some(Revision {
        branch,
        dirty,
        ..revision(&commit, tree.map(|(_, id)| id))?
    }))
}

/// How long a subject is kept, in characters: whoever writes a commit may make it as long as they like, and it stands in
/// every diff and in the records of a sync.
const SUBJECT: usize = 200;
/// How long the name of an author is kept, in characters.
const AUTHOR: usize = 100;

/// A text of at most so many characters.
fn bounded(text: &[u8], most: usize) -> String {
    let text = String::from_utf8_lossy(text);
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}

/// The revision that a commit is, of a directory that `tree` names all of; clean, and of no branch.
pub(super) fn revision(commit: &git2::Commit<'_>, tree: Option<CommitId>) -> Result<Revision, git2::Error> {
    let subject = commit.summary_bytes().map(|subject| bounded(subject, SUBJECT));
    let short = commit.as_object().short_id()?;
    Ok(Revision {
        commit: Commit::new(commit.id().to_string()).with_digits(short.len()),
        tree: tree.map(|id| id.to_string()),
        branch: None,
        subject: subject.unwrap_or_default(),
        author: bounded(commit.author().name_bytes(), AUTHOR),
        time: Timestamp::from_second(commit.time().seconds()).unwrap_or_default(),
        dirty: false,
    })
}

/// Whether something at `inside`, a path from the top of the repository, differs from the commit.
fn is_dirty(
    repository: &Repository,
    commit: &git2::Commit<'_>,
    inside: &Path,
    left_out: &Exclude,
) -> Result<bool, git2::Error> {
    let mut options = StatusOptions::new();
    options
        .include_untracked(true)
        .recurse_untracked_dirs(false)
        .include_ignored(true)
        .recurse_ignored_dirs(true);
    if !inside.as_os_str().is_empty() {
        // A directory that the commit does not have is not read from it, even if it is ignored.
        match commit.tree()?.get_path(inside) {
            Ok(_) => {}
            Err(error) if error.code() == ErrorCode::NotFound => return Ok(true),
            Err(error) => return Err(error),
        }
        options.disable_pathspec_match(true).pathspec(inside);
    }
    let statuses = repository.statuses(Some(&mut options))?;
    let is_excluded = |path: &Path| {
        let below = path.strip_prefix(inside).unwrap_or(path);
        left_out.leaves_out_below(below, false)
    };
    let patterns = inside.join(exclude::FILE);
    let is_other = |entry: git2::StatusEntry<'_>| {
        let path = PathBuf::from(String::from_utf8_lossy(entry.path_bytes()).into_owned());
        !entry.status().is_ignored()
            || path == patterns
            || files::is_manifest(&path) && !paths::is_hidden(&path) && !is_excluded(&path)
    };
    Ok(statuses.iter().any(is_other) || unseen::has_changes(repository, inside)?)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use git2::Signature;

    use super::*;

    /// A repository with one commit: `desired/a.yaml`, `other/b.yaml` and a `.gitignore`.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> (Self, Repository) {
            let path = std::env::temp_dir().join(format!("stackanetes-git-{}-{name}", std::process::id()));
            let scratch = Self(path);
            for (file, text) in [
                ("desired/a.yaml", "a: 1\n"),
                ("other/b.yaml", ""),
                (".gitignore", "ignored\n"),
            ] {
                scratch.write(file, text);
            }
            let repository = Repository::init(&scratch.0).expect("a repository");
            repository.set_head("refs/heads/main").expect("a branch");
            (scratch, repository)
        }

        fn write(&self, file: &str, text: &str) {
            let file = self.0.join(file);
            fs::create_dir_all(file.parent().expect("a folder")).expect("created");
            fs::write(file, text).expect("written");
        }

        fn revision(&self, path: &str) -> Option<Revision> {
            Revision::of(&self.0.join(path), &Exclude::default()).expect("readable")
        }

        fn is_dirty(&self, path: &str) -> bool {
            self.revision(path).expect("a commit").dirty
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn commit(repository: &Repository) -> git2::Oid {
        let mut index = repository.index().expect("an index");
        index
            .add_all(["*"], git2::IndexAddOption::DEFAULT, None)
            .expect("added");
        index.write().expect("written");
        let tree = repository
            .find_tree(index.write_tree().expect("a tree"))
            .expect("a tree");
        let who = Signature::new("a", "a@example.com", &git2::Time::new(1_700_000_000, 0)).expect("a signature");
        let message = "Nova to 2026.1\n\nBecause.\n";
        repository
            .commit(Some("HEAD"), &who, &who, message, &tree, &[])
            .expect("a commit")
    }

    #[test]
    fn a_revision_is_the_commit_that_is_checked_out() {
        let (scratch, repository) = Scratch::new("revision");
        assert_eq!(scratch.revision("desired"), None, "no commit yet");
        let id = commit(&repository).to_string();
        let revision = scratch.revision("desired").expect("a commit");
        assert_eq!(revision.subject, "Nova to 2026.1");
        assert_eq!(revision.branch.as_deref(), Some("main"));
        assert!(revision.commit.as_str() == id && revision.commit.short().len() < 12);
        assert_eq!(revision.time.as_second(), 1_700_000_000);
        assert!(!revision.dirty);
        repository
            .set_head_detached(repository.head().expect("a head").target().expect("a commit"))
            .expect("detached");
        assert_eq!(scratch.revision("desired/a.yaml").expect("a commit").branch, None);
    }

    #[test]
    fn only_changes_in_the_directory_make_it_dirty() {
        let (scratch, repository) = Scratch::new("dirty");
        commit(&repository);
        scratch.write("other/b.yaml", "b: 1\n");
        scratch.write("other/c.yaml", "c: 1\n");
        scratch.write("desired/ignored", "");
        assert!(!scratch.is_dirty("desired") && !scratch.is_dirty("desired/a.yaml"));
        assert!(scratch.is_dirty("other") && scratch.is_dirty("."));
        scratch.write("desired/sub/new.yaml", "");
        assert!(scratch.is_dirty("desired") && !scratch.is_dirty("desired/a.yaml"));
        scratch.write("desired/a.yaml", "a: 2\n");
        assert!(scratch.is_dirty("desired/a.yaml"));
        fs::remove_dir_all(scratch.0.join("other")).expect("removed");
        assert!(scratch.is_dirty("."));
    }

    #[test]
    fn a_directory_that_the_commit_lacks_is_dirty() {
        let (scratch, repository) = Scratch::new("lacks");
        scratch.write("ignored/a.yaml", "");
        commit(&repository);
        assert!(scratch.is_dirty("ignored"));
    }

    #[test]
    fn a_worktree_has_its_own_revision() {
        let (scratch, repository) = Scratch::new("worktree");
        commit(&repository);
        let tree = scratch.0.with_extension("tree");
        repository.worktree("elsewhere", &tree, None).expect("a worktree");
        let tree = Scratch(tree);
        assert_eq!(
            tree.revision("desired").expect("a commit").branch.as_deref(),
            Some("elsewhere")
        );
        assert!(!tree.is_dirty("desired"));
        tree.write("desired/a.yaml", "a: 2\n");
        assert!(tree.is_dirty("desired") && !scratch.is_dirty("desired"));
    }

    #[test]
    fn outside_of_git_there_is_no_revision() {
        assert_eq!(
            Revision::of(Path::new("/"), &Exclude::default()).expect("readable"),
            None
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_repository_of_another_user_is_read_if_the_directory_is_theirs_too() {
        use std::os::unix::fs::{MetadataExt, lchown};

        fn give_away(path: &Path) -> std::io::Result<()> {
            lchown(path, Some(12_345), None)?;
            if path.is_dir() && !path.is_symlink() {
                fs::read_dir(path)?.try_for_each(|entry| give_away(&entry?.path()))?;
            }
            Ok(())
        }

        let (scratch, repository) = Scratch::new("foreign");
        commit(&repository);
        let me = scratch.0.metadata().expect("metadata").uid();
        if give_away(&scratch.0).is_err() {
            return; // only root can
        }
        assert!(!scratch.is_dirty("desired"));
        scratch.write("desired/a.yaml", "a: 2\n");
        assert!(scratch.is_dirty("desired"));
        lchown(scratch.0.join("desired"), Some(me), None).expect("taken back");
        let error = Revision::of(&scratch.0.join("desired"), &Exclude::default()).expect_err("not theirs");
        assert!(error.hints()[0].contains("safe.directory"), "{error:?}");
    }
}
