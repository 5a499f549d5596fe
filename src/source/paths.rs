//! Paths in a directory: how they are shown, what they lead to, and where they may not lead.

use std::path::{Component, Path, PathBuf};

use super::file_text::unreadable;
use super::tree::FileTree;
use crate::diagnostic::error::{Error, Result};

/// A path as it is shown to people: as typed, without a leading `./`.
pub(super) fn shown(path: &Path) -> String {
    let short = path
        .strip_prefix(".")
        .ok()
        .filter(|short| !short.as_os_str().is_empty());
    short.unwrap_or(path).display().to_string()
}

/// The path of what a file in `folder` names by the path `named`, without `.` and `..`. Both begin at the top of the
/// directory. Nothing where it is outside, as far as that can be told without looking.
pub(super) fn inside(folder: &Path, named: &Path) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    for step in folder.join(named).components() {
        match step {
            Component::CurDir => {}
            Component::Normal(name) => path.push(name),
            Component::ParentDir if path.pop() => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(path)
}

/// What is at `path` of the directory at `root`, which may be the directory itself.
pub(super) fn below(root: &Path, path: &Path) -> PathBuf {
    if path.as_os_str().is_empty() {
        return root.to_owned();
    }
    root.join(path)
}

/// Whether something on the way to `path`, below the directory, begins with a dot.
pub(super) fn is_hidden(path: &Path) -> bool {
    path.iter().any(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// Fails where `path` is a link that leads out of the directory at `root`, or into what git keeps for itself.
pub(super) fn refuse_leading_out(tree: &dyn FileTree, root: &Path, path: &Path) -> Result<()> {
    let real = |path: &Path| tree.real(path).map_err(|error| unreadable(path, error));
    refuse_real((root, &real(root)?), (path, &real(path)?))
}

/// Fails as [`refuse_leading_out`] does, of the directory and the path as they are typed and as they really are.
pub(super) fn refuse_real(root: (&Path, &Path), path: (&Path, &Path)) -> Result<()> {
    match path.1.strip_prefix(root.1) {
        Ok(inside) if inside.iter().any(|step| step.eq_ignore_ascii_case(".git")) => Err(leads_into_git(path.0)),
        Ok(_) => Ok(()),
        Err(_) => Err(leads_out(path.0, root.0)),
    }
}

/// Says that a link leads to something that is not in the directory.
fn leads_out(link: &Path, root: &Path) -> Error {
    let (link, root) = (shown(link), shown(root));
    Error::new(format!("the symbolic link {link} leads out of {root}"))
        .hint("copy what it leads to into the directory, so that a commit holds all that is desired")
}

/// Says that a path, or the link that it is, leads to a file of git's own.
fn leads_into_git(path: &Path) -> Error {
    Error::new(format!(
        "{} leads into .git, which is no part of the directory",
        shown(path)
    ))
    .hint("name a file that a commit holds: what git keeps for itself may have credentials")
}
