//! What a commit has and the directory on disk has not, since git was told to leave it out.
//!
//! To take such files for files that somebody removed would be to prune what they hold.

use std::path::{Path, PathBuf};

use git2::{IndexEntry, Repository};

use super::exclude::Exclude;
use super::{file_text, files, git, paths};
use crate::diagnostic::error::Error;
use crate::diagnostic::names::first_of;

/// The mode of a submodule in the index.
pub(super) const SUBMODULE: u32 = 0o160_000;
/// The bit of an entry's extended flags that keeps it out of the working tree (gitformat-index).
pub(super) const SKIP_WORKTREE: u16 = 1 << 14;
/// How many files are named.
const NAMED: usize = 3;

/// Finds the submodules and the manifests that are left out of the directory, or file, at `path`.
///
/// Nothing is found outside of a repository, and in one that cannot be read, which the revision of the
/// directory says. What the directory itself leaves out is not missed.
pub(super) fn left_out(path: &Path, exclude: &Exclude) -> Vec<Error> {
    let mut errors = Vec::new();
    let Ok(real) = path.canonicalize() else { return errors };
    let Ok(Some(repository)) = git::open(&real) else {
        return errors;
    };
    let directory = CheckoutDirectory {
        path,
        exclude,
        missed: Missed::Manifests,
    };
    look(&repository, &real, path, &directory, &mut errors);
    errors
}

/// Finds the files of any kind that a sparse checkout leaves out of the directory at `path`, where a program is to get all.
/// [`left_out`] has told of its submodules.
pub(super) fn sparse_files(path: &Path) -> Vec<Error> {
    let mut errors = Vec::new();
    if let Ok(real) = path.canonicalize()
        && let Ok(Some(repository)) = git::open(&real)
    {
        let directory = CheckoutDirectory {
            path,
            exclude: &Exclude::default(),
            missed: Missed::Files,
        };
        look(&repository, &real, path, &directory, &mut errors);
    }
    errors
}

/// What is missed where it is left out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Missed {
    /// Manifests, and submodules, which may have some.
    Manifests,
    /// Every file.
    Files,
}

/// The directory as a whole.
struct CheckoutDirectory<'a> {
    missed: Missed,
    /// The path as it is typed.
    path: &'a Path,
    exclude: &'a Exclude,
}

impl CheckoutDirectory<'_> {
    fn misses(&self, file: &Path) -> bool {
        self.missed == Missed::Files || files::is_manifest(file)
    }

    fn leaves_out(&self, shown: &Path, is_directory: bool) -> bool {
        let inside = shown.strip_prefix(self.path).unwrap_or(shown);
        !inside.as_os_str().is_empty() && self.exclude.leaves_out_below(inside, is_directory)
    }
}

/// Looks at the part of a repository that is at `real`, which a person calls `typed`.
fn look(
    repository: &Repository,
    real: &Path,
    typed: &Path,
    directory: &CheckoutDirectory<'_>,
    errors: &mut Vec<Error>,
) {
    let workdir = repository.workdir().and_then(|workdir| workdir.canonicalize().ok());
    let Some((workdir, inside)) = workdir.and_then(|workdir| {
        let inside = real.strip_prefix(&workdir).ok()?.to_owned();
        Some((workdir, inside))
    }) else {
        return;
    };
    let index = match repository.index() {
        Ok(index) => index,
        Err(error) => return errors.extend(unreadable(repository, typed, &error)),
    };
    let mut skipped = Vec::new();
    for entry in index.iter() {
        let Some(below) = below(&entry, &inside) else { continue };
        let (shown, place) = if below.as_os_str().is_empty() {
            (typed.to_owned(), real.to_owned())
        } else {
            (typed.join(&below), real.join(&below))
        };
        if directory.leaves_out(&shown, entry.mode == SUBMODULE) {
            continue;
        }
        debug_assert!(place.starts_with(&workdir), "it is in the working tree");
        if entry.mode == SUBMODULE {
            match git::open(&place) {
                Ok(Some(module)) if place.join(".git").exists() => look(&module, &place, &shown, directory, errors),
                _ if directory.missed == Missed::Files => {}
                _ => errors.push(file_text::not_checked_out(&shown, "")),
            }
        } else if entry.flags_extended & SKIP_WORKTREE != 0 && directory.misses(&below) && !place.exists() {
            skipped.push(paths::shown(&shown));
        }
    }
    errors.extend(sparse(&skipped));
}

/// The path of an entry from the directory on; nothing for what is not in it, or hidden.
fn below(entry: &IndexEntry, inside: &Path) -> Option<PathBuf> {
    let path = PathBuf::from(String::from_utf8_lossy(&entry.path).into_owned());
    let below = path.strip_prefix(inside).ok()?;
    (!paths::is_hidden(below)).then(|| below.to_owned())
}

/// Says that these files are kept out of the working tree.
fn sparse(skipped: &[String]) -> Option<Error> {
    if skipped.is_empty() {
        return None;
    }
    let names = first_of(skipped, NAMED);
    let error = Error::new(format!("the checkout is sparse, and leaves out {names}"));
    Some(error.hint("`git sparse-checkout add` brings them; --revision HEAD reads the whole commit without them"))
}

/// Says that it is not known what a sparse checkout leaves out: its index cannot be read.
fn unreadable(repository: &Repository, typed: &Path, error: &git2::Error) -> Option<Error> {
    let is_sparse = repository
        .config()
        .and_then(|config| config.get_bool("core.sparseCheckout"));
    is_sparse.unwrap_or(false).then(|| {
        let shown = paths::shown(typed);
        let unknown = Error::new(format!(
            "the checkout is sparse, and what it leaves out of {shown} is unknown"
        ));
        unknown.because(error.message().to_owned()).hint(
            "`git sparse-checkout reapply --no-sparse-index` writes an index that can be read; --revision HEAD reads \
             the whole commit",
        )
    })
}
