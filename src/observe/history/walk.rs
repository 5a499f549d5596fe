//! Finds the commit that made git say what it says now of one field, or of one object.
//!
//! From what is wanted now the walk goes back from commit to commit, as `git log` does for a file: to a
//! parent that says the same, until there is none. A parent in which the files that the value is made
//! of are the same, says the same; any other is rendered.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::DirectoryInputs;
use crate::plan::compare::GitChange;
use crate::source::{CommitId, Commits};

/// How many commits a walk goes back at most.
const COMMITS: usize = 1_000;
/// How many commits all walks together look at.
pub(super) const ALL_COMMITS: usize = 50_000;

/// The files that a value is made of; nothing stands for the whole directory.
pub(super) type InputFiles = Option<Arc<[String]>>;

/// What a commit says of a question.
#[derive(Clone)]
pub(super) enum CommitAnswer {
    /// The commit says the same as is wanted now, made of these files.
    Same(InputFiles),
    /// Something else.
    Other,
    /// The commit cannot be rendered, so that it says nothing.
    Nothing,
    /// The commit was not looked into: there were too many already.
    TooMany,
}

/// One question, and where to look for its answer.
pub(super) struct HistorySearch<'a> {
    pub(super) commits: &'a Commits,
    pub(super) directory: &'a DirectoryInputs,
    /// The commit that the object was applied from.
    pub(super) base: CommitId,
    /// Whether the parameters were the same then.
    pub(super) same_parameters: bool,
    /// Whether the object is not there now, which is the question then.
    pub(super) is_absent: bool,
    /// The commits since then; none where it is a later one.
    pub(super) since: Option<&'a HashSet<CommitId>>,
}

/// A commit that says, or should say, the same as is wanted.
#[derive(Clone)]
struct CommitStep {
    commit: CommitId,
    files: InputFiles,
    /// Whether it was rendered, and says so.
    is_certain: bool,
}

/// Where a commit's parents lead.
enum Ancestor {
    /// A parent says the same.
    To(CommitStep),
    /// Nowhere: they say something else, or there is none.
    Nowhere,
    /// That cannot be told.
    Unknown,
}

impl HistorySearch<'_> {
    /// What changed the value that is made of `files` now. `said` renders a commit; `left` counts the
    /// commits that may still be looked at.
    pub(super) fn run(
        &self,
        files: InputFiles,
        left: &mut usize,
        mut said: impl FnMut(CommitId) -> CommitAnswer,
    ) -> Option<GitChange> {
        let revision = self.directory.revision.as_ref()?;
        let mut step = CommitStep {
            commit: revision.id(),
            files,
            is_certain: true,
        };
        if revision.dirty {
            step.files = match self.said(step.commit, &mut said) {
                CommitAnswer::Same(files) => files,
                CommitAnswer::Other => return Some(GitChange::Uncommitted),
                CommitAnswer::Nothing | CommitAnswer::TooMany => return None,
            };
        }
        let mut certain = step.clone();
        for _ in 0..COMMITS {
            *left = left.checked_sub(1)?;
            let is_since = self.since.is_none_or(|since| since.contains(&step.commit));
            let back = if is_since {
                self.back(&step, &self.commits.parents(step.commit)?, &mut said)
            } else {
                Ancestor::Nowhere
            };
            match back {
                Ancestor::To(next) => {
                    step = next;
                    if step.is_certain {
                        certain = step.clone();
                    }
                    continue;
                }
                Ancestor::Unknown => return None,
                Ancestor::Nowhere => {}
            }
            let may_be_other = !step.is_certain && step.files.is_some();
            if may_be_other && matches!(self.said(step.commit, &mut said), CommitAnswer::Other) {
                // It was made of other files once: all are looked at from where it is certain on.
                certain.files = None;
                step = certain.clone();
                continue;
            }
            if !is_since {
                // The base says the same, so no commit made the difference.
                return (!self.same_parameters).then_some(GitChange::Parameters);
            }
            if self.is_absent && self.commits.parents(step.commit)?.is_empty() {
                return Some(GitChange::NotYet);
            }
            // Nothing older can be rendered: what is known for certain is that it is so since then.
            let origin = if step.files.is_none() { &certain } else { &step };
            let found = self.commits.revision(origin.commit)?;
            return Some(GitChange::Commit {
                commit: found.commit,
                subject: found.subject,
                author: found.author,
            });
        }
        None
    }

    /// The parent of `step` that says the same.
    fn back(
        &self,
        step: &CommitStep,
        parents: &[CommitId],
        said: &mut impl FnMut(CommitId) -> CommitAnswer,
    ) -> Ancestor {
        let is_same = |parent: &&CommitId| self.has_same_files(step, **parent);
        if let Some(parent) = parents.iter().find(is_same) {
            return Ancestor::To(CommitStep {
                commit: *parent,
                files: step.files.clone(),
                is_certain: false,
            });
        }
        let mut unreadable = None;
        for parent in parents {
            match self.said(*parent, said) {
                CommitAnswer::Same(files) => {
                    return Ancestor::To(CommitStep {
                        commit: *parent,
                        files,
                        is_certain: true,
                    });
                }
                CommitAnswer::Other => {}
                // It was never applied, so what counts is what stood before it, in whatever files.
                CommitAnswer::Nothing => {
                    unreadable = Some(CommitStep {
                        commit: *parent,
                        files: None,
                        is_certain: false,
                    });
                }
                CommitAnswer::TooMany => return Ancestor::Unknown,
            }
        }
        unreadable.map_or(Ancestor::Nowhere, Ancestor::To)
    }

    fn said(&self, commit: CommitId, said: &mut impl FnMut(CommitId) -> CommitAnswer) -> CommitAnswer {
        if commit == self.base && self.same_parameters {
            return CommitAnswer::Other;
        }
        said(commit)
    }

    fn has_same_files(&self, step: &CommitStep, parent: CommitId) -> bool {
        let same = |file: Option<&str>| self.commits.content(step.commit, file) == self.commits.content(parent, file);
        match &step.files {
            None => same(None),
            Some(files) => files.iter().all(|file| same(Some(file))),
        }
    }
}

/// The commits since each base, each looked for once.
#[derive(Default)]
pub(super) struct Since(HashMap<CommitId, Option<HashSet<CommitId>>>);

impl Since {
    /// The commits from `base`, which is not among them, to `now`; nothing where `base` is not an
    /// earlier one, as when an earlier commit is synced again.
    pub(super) fn of(&mut self, commits: &Commits, base: CommitId, now: CommitId) -> Option<&HashSet<CommitId>> {
        let since = self.0.entry(base).or_insert_with(|| {
            let since = commits.since(base, now, COMMITS);
            (!since.is_empty() || base == now).then_some(since)
        });
        since.as_ref()
    }
}
