//! Pull requests on the shipped `desired/`: what a reviewer is shown stands in `golden/pull-requests/`.

use std::fs;
use std::path::{Path, PathBuf};

/// A change to `desired/`, as a commit.
pub struct PullRequest {
    /// What its files are called.
    pub name: String,
    /// What `diff` and `sync` are called with besides.
    pub args: Vec<String>,
    /// The subject of its commit.
    pub subject: String,
    /// What `git diff` writes of it.
    patch: String,
}

/// Where the patches are.
pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/golden/pull-requests")
}

impl PullRequest {
    /// That of `NAME.patch`: the first line is the command line, the second the subject, and the rest is what
    /// `git diff` writes.
    pub fn read(name: &str) -> Self {
        let path = directory().join(format!("{name}.patch"));
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let (command, rest) = text.split_once('\n').expect("the command line");
        let (subject, patch) = rest.split_once('\n').expect("a subject");
        let mut words = command.split_whitespace();
        assert_eq!(words.next(), Some("diff"), "{name} begins with the command line");
        Self {
            name: name.to_owned(),
            args: words.map(str::to_owned).collect(),
            subject: subject.to_owned(),
            patch: patch.to_owned(),
        }
    }

    /// Writes the change into the files of a repository whose newest commit has the shipped `desired/`.
    pub fn apply(&self, repository: &git2::Repository) {
        let diff = git2::Diff::from_buffer(self.patch.as_bytes()).expect("a patch as git diff writes it");
        if let Err(error) = repository.apply(&diff, git2::ApplyLocation::WorkDir, None) {
            let file = format!("tests/suite/golden/pull-requests/{}.patch", self.name);
            panic!(
                "{file} does not apply to desired/ any more: {}\nto renew it, keep its first two lines, and write below \
                 them what `git diff -M` prints after\n  git apply --3way {file}  # and, where it must be, by hand\nthen \
                 undo the change, and run GOLDEN=rewrite cargo test --test suite golden",
                error.message()
            );
        }
    }
}
