//! Says which commit stands behind each change that git made.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::walk::{ALL_COMMITS, CommitAnswer, HistorySearch, InputFiles, Since};
use super::{History, SecretComparison};
use crate::applyset::key::Keyring;
use crate::cluster::Discovery;
use crate::diagnostic::place::{Origin, Role};
use crate::kinds::rollout;
use crate::object::field::FieldPath;
use crate::object::{COMPONENT, DesiredObject, ObjectRef};
use crate::plan::compare::{Blame, Cause, FieldChange, written};
use crate::plan::{Plan, Reason};
use crate::source::{CommitId, Revision};

/// How many objects may be rendered, over all commits, to find out who changed what.
const OBJECTS: usize = 50_000;
/// How many commits may be rendered for it.
const RENDERS: usize = 100;

/// What is asked: since when git says what it says.
struct FieldQuery {
    object: ObjectRef,
    path: FieldPath,
    reordered: bool,
    now: Option<Value>,
    files: InputFiles,
}

/// The answers of every commit that was rendered, to every question.
struct Answers<'a> {
    history: &'a History,
    discovery: &'a Discovery,
    key: &'a Keyring,
    questions: Vec<FieldQuery>,
    of: HashMap<CommitId, Option<Vec<CommitAnswer>>>,
    /// How many objects were rendered.
    rendered: usize,
}

impl History {
    /// Which commit stands behind what git changed and dropped.
    pub fn explain(&self, plan: &Plan, discovery: &Discovery) -> Blame {
        let Some(revision) = &self.directory.revision else {
            return Blame::default();
        };
        let mut questions = Vec::new();
        for step in &plan.steps {
            if step.reason == Reason::Dropped {
                questions.extend(self.field_query(revision, &step.reference, None));
            }
            let asked = step.changes.iter().filter(|change| is_gits(change));
            questions.extend(asked.filter_map(|change| self.field_query(revision, &step.reference, Some(change))));
        }
        self.ask(revision, questions, &plan.facts.key, discovery)
    }

    fn ask(&self, revision: &Revision, questions: Vec<FieldQuery>, key: &Keyring, discovery: &Discovery) -> Blame {
        let mut answers = Answers {
            history: self,
            discovery,
            key,
            questions,
            of: HashMap::new(),
            rendered: 0,
        };
        let mut since = Since::default();
        let mut left = ALL_COMMITS;
        let mut found = Blame::default();
        for index in 0..answers.questions.len() {
            let question = &answers.questions[index];
            let (object, path) = (question.object.clone(), question.path.clone());
            let files = question.files.clone();
            let known = &self.known[&question.object];
            let search = HistorySearch {
                commits: &self.commits,
                directory: &self.directory,
                base: known.commit,
                same_parameters: known.same_parameters,
                is_absent: known.now.is_none(),
                since: since.of(&self.commits, known.commit, revision.id()),
            };
            if let Some(change) = search.run(files, &mut left, |commit| answers.said(commit, index)) {
                found.note(object, path, change);
            }
        }
        found
    }

    /// What is asked about a field, or about the object as a whole; nothing if its base is not known.
    fn field_query(&self, revision: &Revision, object: &ObjectRef, change: Option<&FieldChange>) -> Option<FieldQuery> {
        let known = self.known.get(object)?;
        let path = change.map_or_else(FieldPath::root, |change| change.path.clone());
        let now = known.now.as_ref().and_then(|now| written(&now.value, &path)).cloned();
        let sides = std::iter::once(&*known.then).chain(&known.now);
        let origins = sides.flat_map(|side| side.origins.of(&path));
        let origins: Vec<Origin> = origins
            .chain(change.into_iter().flat_map(|change| change.origins.clone()))
            .collect();
        let component = known
            .now
            .as_ref()
            .or(Some(&known.then))
            .and_then(|side| side.component());
        Some(FieldQuery {
            object: object.clone(),
            files: self.files(revision.id(), &path, &origins, component),
            reordered: change.is_some_and(|change| change.reordered),
            path,
            now,
        })
    }

    /// The files that a value with these origins is made of: all of them where another program made it. What sets
    /// parameters is always among them.
    fn files(&self, commit: CommitId, path: &FieldPath, origins: &[Origin], component: Option<&str>) -> InputFiles {
        if rollout::is_digest(path) || origins.iter().any(|origin| origin.role == Role::Built) {
            return None;
        }
        let is_manifest = |origin: &&Origin| !origin.role.is_parameter();
        let mut files: Vec<String> = Vec::new();
        for origin in origins.iter().filter(is_manifest) {
            let file = origin.place.file.path();
            // What cannot be found by its name stands behind a link.
            self.commits.content(commit, Some(file))?;
            files.push(file.to_owned());
        }
        files.extend(
            self.commits
                .settings_files(self.directory.inputs.environment.as_deref(), component),
        );
        files.sort_unstable();
        files.dedup();
        Some(files.into())
    }
}

/// Whether git changed it, and it is known what git said before.
fn is_gits(change: &FieldChange) -> bool {
    let is_gits = matches!(
        change.cause,
        Cause::Git | Cause::Diverged { .. } | Cause::Removed | Cause::LeftBehind { .. }
    );
    is_gits && !change.guessed
}

impl Answers<'_> {
    fn said(&mut self, commit: CommitId, index: usize) -> CommitAnswer {
        if !self.of.contains_key(&commit) {
            if self.of.len() >= RENDERS || self.rendered >= OBJECTS {
                return CommitAnswer::TooMany;
            }
            let said = self.render(commit);
            self.of.insert(commit, said);
        }
        let said = self.of.get(&commit).and_then(Option::as_ref);
        said.map_or(CommitAnswer::Nothing, |said| said[index].clone())
    }

    /// What a commit says to every question; nothing if it cannot be rendered.
    fn render(&mut self, commit: CommitId) -> Option<Vec<CommitAnswer>> {
        let History { commits, directory, .. } = self.history;
        let revision = commits.revision(commit)?;
        let secrets = SecretComparison {
            key: self.key,
            live: std::collections::BTreeMap::new(),
        };
        let objects = directory.at(commits, &revision, &directory.inputs, self.discovery, &secrets);
        let objects = objects.ok()?;
        self.rendered += objects.len();
        let said = self.questions.iter().map(|question| {
            let object = objects.get(&question.object);
            let then = object.and_then(|object| written(&object.value, &question.path));
            if !is_same(then, question.now.as_ref(), question.reordered) {
                return CommitAnswer::Other;
            }
            CommitAnswer::Same(match object {
                Some(object) => self.files(commit, question, object),
                None => question.files.clone(),
            })
        });
        Some(said.collect())
    }

    fn files(&self, commit: CommitId, question: &FieldQuery, object: &DesiredObject) -> InputFiles {
        let origins = object.origins.of(&question.path);
        let files = self
            .history
            .files(commit, &question.path, &origins, object.label(COMPONENT))?;
        // The same files most often: one list for all.
        match &question.files {
            Some(before) if **before == *files => Some(Arc::clone(before)),
            _ => Some(files),
        }
    }
}

/// Whether two values are the same; of a list of which only the order is asked, whether that is.
fn is_same(then: Option<&Value>, now: Option<&Value>, reordered: bool) -> bool {
    let names = |value: Option<&Value>| -> Option<Vec<Value>> {
        value?
            .as_array()?
            .iter()
            .map(|item| item.get("name").cloned())
            .collect()
    };
    match (names(then), names(now)) {
        (Some(then), Some(now)) if reordered => then == now,
        _ => then == now,
    }
}
