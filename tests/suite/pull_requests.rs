//! Pull requests on the shipped `desired/`: what a reviewer is shown stands in `golden/pull-requests/`, and what
//! happens when they are synced is what was said.

mod said;
mod seen;

use std::fs;
use std::path::{Path, PathBuf};

use crate::bed::Bed;
use crate::control_plane::{ControlPlane, Form};
use crate::desired;

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

/// Those that are synced, each group one after the other and then back: a patch needs the lines around it.
const SYNCED: &[&[&str]] = &[
    // Into an empty cluster.
    &["environment-added"],
    &["horizon-removed"],
    &[
        "component-added",
        "deployment-renamed",
        "file-moved",
        "image-of-nova",
        "ingress-host",
        "password-rotated",
        "three-control-replicas",
        "line-of-nova-configuration",
    ],
];

/// Commits a pull request and syncs it; in what what happened differs from what was said.
fn merge(bed: &Bed, name: &str) -> Vec<String> {
    let request = PullRequest::read(name);
    request.apply(&git2::Repository::open(&bed.dir).expect("the repository"));
    bed.commit(&request.subject);
    let args: Vec<&str> = request.args.iter().map(String::as_str).collect();
    said::wrong(bed, &args)
}

/// Goes back to the topology as it is shipped.
fn revert(bed: &Bed) -> Vec<String> {
    fs::remove_dir_all(bed.dir.join("desired")).expect("a directory of our own");
    desired::copy_shipped(&bed.dir);
    bed.commit("Back to the topology");
    said::wrong(bed, &["--switch-environment"])
}

#[test]
fn what_a_sync_of_each_does_is_what_its_diff_said() {
    // Of its own: the topology names its namespaces, so that a cluster has room for one. It ends with this process.
    let plane: &'static ControlPlane = Box::leak(Box::new(ControlPlane::start(Form::Full)));
    let bed = desired::shipped(plane);
    bed.commit("The topology");
    let mut wrong = Vec::new();
    for group in SYNCED {
        wrong.extend(group.iter().map(|name| (*name, merge(&bed, name))));
        wrong.push(("back", revert(&bed)));
    }
    wrong.retain(|(_, wrong)| !wrong.is_empty());
    assert!(wrong.is_empty(), "{wrong:#?}");
}
