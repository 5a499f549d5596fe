//! Trees of git, as nobody's `git add` makes them.

use std::fs;
use std::path::Path;

use git2::{ObjectType, Oid, Repository};
use stackanetes::source::{self, ParameterInputs};
use tempfile::TempDir;

use super::shown;

/// A tree whose entries stand one a line, `MODE NAME` or `MODE NAME=CONTENT`; a line `tree` ends it and begins
/// the next, and the last is that of the commit. The content of a folder, `40000 NAME=2`, is the number of an earlier
/// tree; that of another entry is a text, in which `\n` is a line break. `commit TEXT` says what stands in the commit
/// below the line of its tree.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let Ok(directory) = TempDir::new() else { return };
    if written(directory.path(), &text).is_none() {
        return;
    }
    let inputs = ParameterInputs::default();
    for inside in ["", "desired", "a/b.yaml"] {
        match source::at_revision(&directory.path().join(inside), "HEAD", &inputs) {
            Ok(desired) => drop(desired.manifests),
            Err(error) => shown::error(&error),
        }
    }
    if let Err(error) = source::environment_names(directory.path(), Some("HEAD")) {
        shown::error(&error);
    }
}

/// Makes a repository of it.
fn written(directory: &Path, text: &str) -> Option<()> {
    let git = directory.join(".git");
    for folder in ["objects", "refs/heads"] {
        fs::create_dir_all(git.join(folder)).ok()?;
    }
    fs::write(git.join("HEAD"), "ref: refs/heads/main\n").ok()?;
    fs::write(
        git.join("config"),
        "[core]\nrepositoryformatversion = 0\nbare = false\n",
    )
    .ok()?;
    let repository = Repository::open(directory).ok()?;
    let store = repository.odb().ok()?;
    let mut trees: Vec<Oid> = Vec::new();
    let mut tree = Vec::new();
    let mut about = "author a <a@b.c> 0 +0000\ncommitter a <a@b.c> 0 +0000\n\na\n".to_owned();
    for line in text.lines().take(60) {
        if line == "tree" {
            trees.push(store.write(ObjectType::Tree, &std::mem::take(&mut tree)).ok()?);
        } else if let Some(text) = line.strip_prefix("commit ") {
            about = text.replace("\\n", "\n");
        } else if let Some((mode, entry)) = line.split_once(' ') {
            let (name, content) = entry.split_once('=').unwrap_or((entry, ""));
            let content = content.replace("\\n", "\n");
            let earlier = content
                .parse()
                .ok()
                .and_then(|number: usize| trees.get(number).copied());
            let id = match earlier.filter(|_| mode == "40000") {
                Some(id) => id,
                None => store.write(ObjectType::Blob, content.as_bytes()).ok()?,
            };
            tree.extend_from_slice(format!("{mode} {name}\0").as_bytes());
            tree.extend_from_slice(id.as_bytes());
        }
    }
    let tree = store.write(ObjectType::Tree, &tree).ok()?;
    let commit = store
        .write(ObjectType::Commit, format!("tree {tree}\n{about}").as_bytes())
        .ok()?;
    fs::write(git.join("refs/heads/main"), format!("{commit}\n")).ok()
}
