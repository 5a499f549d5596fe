//! A repository whose commits have the same ids in every run.

use std::fs;
use std::path::{Path, PathBuf};

/// A repository of a test's own.
pub struct Repository {
    /// Where its files are.
    pub dir: PathBuf,
    /// What git knows of it.
    pub git: git2::Repository,
}

impl Repository {
    /// A new one, without a commit.
    pub fn new(name: &str) -> Self {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("golden-{name}"));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).expect("a directory of our own");
        let mut options = git2::RepositoryInitOptions::new();
        options.initial_head("main");
        let git = git2::Repository::init_opts(&dir, &options).expect("a new repository");
        Self { dir, git }
    }

    /// Commits everything, by the same author and at the same time in every run, a second after the commit before.
    pub fn commit(&self, subject: &str) {
        let mut index = self.git.index().expect("an index");
        let everything = ["*"];
        index
            .add_all(everything, git2::IndexAddOption::DEFAULT, None)
            .expect("files that can be added");
        index.update_all(everything, None).expect("files that can be removed");
        let tree = index.write_tree().expect("a tree");
        let tree = self.git.find_tree(tree).expect("the tree");
        index.write().expect("an index that can be written");
        let head = self.git.head().ok().and_then(|head| head.peel_to_commit().ok());
        let seconds = head.as_ref().map_or(1_750_000_000, |head| head.time().seconds() + 1);
        let time = git2::Time::new(seconds, 0);
        let author = git2::Signature::new("Test", "test@example.com", &time).expect("a signature");
        let parents: Vec<_> = head.iter().collect();
        self.git
            .commit(Some("HEAD"), &author, &author, subject, &tree, &parents)
            .expect("a commit");
    }

    /// A text with words in the place of the ids of two commits, the newest and the one before.
    pub fn without_ids(&self, text: &str) -> String {
        let after = self.git.head().and_then(|head| head.peel_to_commit());
        let after = after.expect("a commit");
        let before = after.parent(0).expect("the one before");
        let mut text = text.to_owned();
        for (commit, word) in [(before, "BEFORE"), (after, "AFTER")] {
            let short = commit.as_object().short_id().expect("a short id");
            text = text
                .replace(&commit.id().to_string(), word)
                .replace(short.as_str().expect("digits"), word);
        }
        text
    }
}
