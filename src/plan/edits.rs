//! The edits in git behind a plan: what was edited, and all that it changes.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::compare::{Blame, Cause, Edit, FieldChange, GitChange};
use super::{Action, Plan, Reason, Step, Unverified, Work};
use crate::diagnostic::place::Place;
use crate::kinds::jobs::Why;
use crate::kinds::rollout;
use crate::object::ObjectRef;
use crate::object::field::{FieldPath, PathElement};
use crate::yaml;

/// What changes in fewer objects in the same way is told with each of them.
pub(super) const FEWEST: usize = 3;

/// The edits of commits that change several objects at once, and the steps of which they say all.
#[derive(Debug, Default)]
pub struct Edits<'a> {
    /// The edits, sorted by what made them, then by place.
    pub edits: Vec<WideEdit<'a>>,
    told: HashSet<&'a ObjectRef>,
}

/// An edit in git, and what it changes.
#[derive(Debug, Clone)]
pub struct WideEdit<'a> {
    /// The edit, with its place and its commit.
    pub edit: &'a Edit,
    /// The path of its key in the file, where it may be shown, and the file is YAML.
    pub path: Option<FieldPath>,
    /// What made it, where that is known.
    pub by: Option<&'a GitChange>,
    /// The steps with a field that it changes, in the order of the plan.
    pub steps: Vec<&'a Step>,
}

impl<'a> Edits<'a> {
    /// The edits behind `plan`.
    pub fn of(plan: &'a Plan, blame: &'a Blame) -> Self {
        let keys = ShownTexts::of(plan);
        let mut all: BTreeMap<EditKey<'a>, WideEdit<'a>> = BTreeMap::new();
        for step in &plan.steps {
            for change in step.changes.iter().filter(|change| is_by_git(change)) {
                for edit in &change.edits {
                    let by = blame.of(&step.reference, &change.path);
                    let edited = all.entry(keys.key(edit)).or_insert_with(|| WideEdit::new(edit, by));
                    edited.add(step, edit);
                }
            }
        }
        // In the order in which their makers come up first; places are in order already.
        let mut makers: HashMap<Option<&GitChange>, EditSource> = HashMap::new();
        for edited in all.values() {
            let next = makers.len();
            let maker = makers.entry(edited.by).or_insert(EditSource {
                position: next,
                is_wide: false,
            });
            maker.is_wide |= edited.steps.len() >= FEWEST;
        }
        all.retain(|_, edited| makers[&edited.by].is_wide);
        let is_told = |step: &&Step| says_all_of(step, &all, &keys);
        let told = plan.steps.iter().filter(is_told).map(|step| &step.reference).collect();
        let mut edits: Vec<WideEdit<'a>> = all.into_values().collect();
        find_paths(&mut edits);
        edits.sort_by_key(|edited| makers[&edited.by].position);
        Self { edits, told }
    }

    /// Whether the edits say all that there is to say of a step: each of its fields is what an edit makes it, and
    /// nothing else is to be known.
    pub fn tell(&self, step: &Step) -> bool {
        self.told.contains(&step.reference)
    }
}

impl<'a> WideEdit<'a> {
    fn new(edit: &'a Edit, by: Option<&'a GitChange>) -> Self {
        Self {
            edit,
            path: None,
            by,
            steps: Vec::new(),
        }
    }

    fn add(&mut self, step: &'a Step, edit: &'a Edit) {
        // Where its texts may be shown once, they may be shown.
        if self.edit.texts.is_none() {
            self.edit = edit;
        }
        if self.steps.last().is_none_or(|last| last.reference != step.reference) {
            self.steps.push(step);
        }
    }
}

/// Finds the paths of the keys of edits; each file is read once.
fn find_paths(edits: &mut [WideEdit<'_>]) {
    let mut files: HashMap<&str, Vec<yaml::Document>> = HashMap::new();
    for edited in edits {
        let Some(key) = &edited.edit.key else { continue };
        let Place { file, span } = &edited.edit.place;
        let documents = files
            .entry(file.path())
            .or_insert_with(|| yaml::documents(file, &mut Vec::new()));
        let mut documents = documents.iter().filter(|document| document.span.contains(&span.start));
        let path = documents.find_map(|document| document.root.path_of_key(span.start));
        edited.path =
            path.filter(|path| matches!(path.elements().last(), Some(PathElement::Field(name)) if name == key));
    }
}

/// What made edits.
struct EditSource {
    /// When it comes up first.
    position: usize,
    /// Whether one of its edits changes several objects.
    is_wide: bool,
}

/// Where an edit stands: its file, and how far in it.
type Spot<'a> = (&'a str, usize);

/// What stood and what stands there.
type Texts<'a> = (&'a str, &'a str);

/// What an edit is known by. At one place there are several, where not all objects were synced at one commit.
type EditKey<'a> = (Spot<'a>, Option<Texts<'a>>);

/// The texts of the edits of a plan that may be shown, by their places.
struct ShownTexts<'a>(HashMap<Spot<'a>, HashSet<Texts<'a>>>);

impl<'a> ShownTexts<'a> {
    fn of(plan: &'a Plan) -> Self {
        let changes = plan.steps.iter().flat_map(|step| &step.changes);
        let mut open: HashMap<Spot<'a>, HashSet<Texts<'a>>> = HashMap::new();
        for edit in changes
            .filter(|change| is_by_git(change))
            .flat_map(|change| &change.edits)
        {
            open.entry(spot(edit)).or_default().extend(texts(edit));
        }
        Self(open)
    }

    /// The key of an edit. One whose texts may not be shown is the only other one at its place, if there is one.
    fn key(&self, edit: &'a Edit) -> EditKey<'a> {
        let spot = spot(edit);
        let only = || {
            let open = self.0.get(&spot).filter(|open| open.len() == 1)?;
            open.iter().next().copied()
        };
        (spot, texts(edit).or_else(only))
    }
}

fn spot(edit: &Edit) -> Spot<'_> {
    (edit.place.file.path(), edit.place.span.start)
}

fn texts(edit: &Edit) -> Option<Texts<'_>> {
    let (then, now) = edit.texts.as_ref()?;
    Some((then, now))
}

pub(super) fn is_by_git(change: &FieldChange) -> bool {
    change.cause == Cause::Git && !change.guessed && change.taken.is_none()
}

/// Whether a step is an update of fields of which nothing else is to be known.
pub(super) fn is_plain_update(step: &Step) -> bool {
    step.action == Action::Update && step.reason == Reason::Fields && is_quiet(step)
}

/// Whether nothing is to be known of a step besides its fields.
pub(super) fn is_quiet(step: &Step) -> bool {
    let moves = matches!(&step.work, Work::Apply(work) if work.migration.is_some());
    step.warnings.is_empty()
        && step.generates.is_empty()
        && step.guess.is_none()
        && step.moved.is_none()
        // That our own merge was asked is said once, of all.
        && matches!(step.unverified, None | Some(Unverified::NotAllowed))
        && step.takes_from().is_none()
        && !moves
}

fn says_all_of<'a>(step: &'a Step, edits: &BTreeMap<EditKey<'a>, WideEdit<'a>>, keys: &ShownTexts<'a>) -> bool {
    let is_plain = match &step.reason {
        Reason::Fields => step.action == Action::Update,
        Reason::Runs(why) => matches!(why, Why::Changed(_)),
        Reason::New
        | Reason::Deleted(_)
        | Reason::Renamed(_)
        | Reason::BeingDeleted
        | Reason::Immutable(_)
        | Reason::Refused(_)
        | Reason::Joins
        | Reason::NewVersion
        | Reason::Noted
        | Reason::Ownership
        | Reason::Generates
        | Reason::Unpredicted(_)
        | Reason::NotOurs(_)
        | Reason::OtherApplySet(_)
        | Reason::Dropped
        | Reason::Everything
        | Reason::Orphan
        | Reason::Keep(_) => false,
    };
    let is_edit = |change: &'a FieldChange| {
        is_by_git(change) && change.is_by_edit && change.edits.iter().all(|edit| edits.contains_key(&keys.key(edit)))
    };
    let has_edit = step.changes.iter().any(is_edit);
    let is_told = |change: &'a FieldChange| is_edit(change) || is_by_git(change) && rollout::is_digest(&change.path);
    is_plain && is_quiet(step) && has_edit && step.changes.iter().all(is_told)
}
