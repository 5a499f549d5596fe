//! A plan as text: one line an object, one line a field, with the cause of each.

mod base;
mod change;
mod immutable;
mod kept;
mod remarks;

use std::fmt::Write as _;

use jiff::Timestamp;

use super::lines::{Lines, Sign, few};
use super::style::{self, FADED, FAILED, STRONG, WARNED, columns, paint};
use super::{age, value};
use crate::kinds::jobs::Why;
use crate::object::field::FieldPath;
use crate::plan::compare::{Blame, GitChange};
use crate::plan::{Action, Moved, Plan, Reason, Restarts, Step, Unpredicted, Unverified, Work};
use crate::source::Revision;

pub(super) use base::no_base;
pub(super) use kept::unseen;
pub use remarks::{closed, refusal};
pub(super) use remarks::{crossed, remarks, summary};

/// What stands above a plan, and how it is shown.
#[derive(Debug)]
pub struct Heading<'a> {
    /// What the desired state is compared with.
    pub against: Against<'a>,
    /// The commit that the desired state is of.
    pub revision: Option<&'a Revision>,
    /// Now.
    pub now: Timestamp,
    /// How much is shown of each object.
    pub detail: Detail,
    /// The environment, if one was chosen.
    pub environment: Option<&'a str>,
    /// How many manifests were not selected.
    pub not_selected: usize,
    /// What is pruned, and why not everything.
    pub pruning: Pruning,
    /// What of git's history stands behind the changes.
    pub blame: &'a Blame,
}

/// How much is shown of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// One line: what becomes of it.
    Objects,
    /// Its fields that change, too.
    Fields,
    /// New objects whole, too.
    Whole,
}

/// What the desired state is compared with.
#[derive(Debug, Clone, Copy)]
pub enum Against<'a> {
    /// A cluster, as a person knows it: the context.
    Cluster(&'a str),
    /// A cluster as a sync of this commit would leave it. There is none.
    Commit {
        /// The commit.
        revision: &'a Revision,
        /// The commits that it is the merge base of, where it was not named itself.
        base_of: Option<[&'a str; 2]>,
    },
}

/// What is pruned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pruning {
    /// What git dropped.
    Members,
    /// Every member.
    Everything,
    /// Nothing, since it was asked so.
    Off,
    /// Only what the selection selects.
    Selected,
}

/// The text of a plan.
pub fn plan(plan: &Plan, heading: &Heading<'_>) -> String {
    let mut text = head(plan, heading);
    let mut was_short = false;
    for step in &plan.steps {
        let lines = match heading.detail {
            Detail::Objects => first_line(step, heading),
            Detail::Fields | Detail::Whole => self::step(step, heading),
        };
        let is_short = lines.len() == 1;
        if !(was_short && is_short) {
            text.push('\n');
        }
        was_short = is_short;
        text += &lines.to_string();
    }
    for kind in &plan.facts.not_compared {
        let count = match kind.desired.len() {
            0 => String::new(),
            count => format!("{count} in git; "),
        };
        let _ = write!(
            text,
            "\n{}\n    {}{}\n",
            paint(FAILED, format!("? not compared  {}", kind.kind)),
            count,
            kind.message
        );
    }
    if !plan.steps.is_empty() || !plan.facts.not_compared.is_empty() {
        text.push('\n');
    }
    text += &summary(plan, heading.pruning);
    text += &remarks(plan, heading);
    text
}

/// What a person is asked before a plan is carried out: what it does, to which ApplySet, and where.
pub fn question(plan: &Plan, heading: &Heading<'_>) -> String {
    let counts = remarks::changes(plan);
    let cluster = match heading.against {
        Against::Cluster(cluster) => value::visible(cluster).into_owned(),
        Against::Commit { revision, .. } => revision.commit.short().to_owned(),
    };
    let environment = heading
        .environment
        .map(|name| format!(" (environment {})", value::visible(name)));
    let environment = environment.unwrap_or_default();
    match (&plan.facts.set, heading.pruning) {
        (Some(set), Pruning::Everything) => format!("Delete {} from {cluster}{environment}: {counts}?", set.name),
        (Some(set), _) => format!("Sync {} to {cluster}{environment}: {counts}?", set.name),
        (None, _) => format!("Sync to {cluster}{environment}: {counts}?"),
    }
}

/// What moved since a plan was saved.
pub fn moved(moved: &Moved<'_>, heading: &Heading<'_>) -> String {
    let mut text = String::new();
    if !moved.now.is_empty() {
        let _ = writeln!(
            text,
            "{}",
            paint(STRONG, "a sync would do this now, and the saved plan does not say so:")
        );
        for step in &moved.now {
            text += &self::step(step, heading).to_string();
        }
    }
    if !moved.gone.is_empty() {
        let _ = writeln!(
            text,
            "{}",
            paint(
                STRONG,
                "the saved plan says this, and a sync would do something else now:"
            )
        );
        for gone in &moved.gone {
            let line = format!("{} {:<9} {}", gone.action.glyph(), gone.action.word(), gone.object);
            let _ = writeln!(text, "{}", paint(style::of(gone.action), line));
        }
    }
    text
}

/// What is compared with what.
pub(super) fn head(plan: &Plan, heading: &Heading<'_>) -> String {
    let name = plan.facts.set.as_ref().map_or("no ApplySet", |set| set.name.as_str());
    let mut text = paint(STRONG, name);
    let environment = heading
        .environment
        .map(|name| format!(", environment {}", value::visible(name)));
    let environment = environment.unwrap_or_default();
    let to = match heading.revision {
        Some(revision) => commit(revision),
        None if heading.pruning == Pruning::Everything => "everything is to be deleted".to_owned(),
        None => "not in a git repository".to_owned(),
    };
    match heading.against {
        Against::Cluster(cluster) => {
            let _ = write!(text, " on {cluster}{environment}: {to}");
        }
        Against::Commit { revision, base_of } => {
            let why = base_of.map(|[one, other]| format!(", the merge base of {one} and {other},"));
            let from = value::line(&format!("{}{}", commit(revision), why.unwrap_or_default())).into_owned();
            let _ = writeln!(
                text,
                "{environment} from {from} to {to}: without a cluster, by our own merge, unverified"
            );
            return text;
        }
    }
    match plan.facts.parent.as_ref().and_then(|parent| parent.completed.as_ref()) {
        Some(completed) => {
            let commit = completed.revision.as_ref().map(|commit| format!("{} ", commit.short()));
            let _ = write!(
                text,
                ", last synced {}{}",
                commit.unwrap_or_default(),
                age(&completed.time, heading.now)
            );
        }
        None if plan.facts.set.is_some() => text += ", never synced",
        None => {}
    }
    text.push('\n');
    text
}

/// `main 3f2c1ab with local changes`
fn commit(revision: &Revision) -> String {
    let branch = revision
        .branch
        .as_ref()
        .map(|branch| format!("{branch} "))
        .unwrap_or_default();
    let dirty = if revision.dirty { " with local changes" } else { "" };
    format!("{branch}{}{dirty}", revision.commit.short())
}

/// The lines of one object, the first of which says what becomes of it.
pub(super) fn step(step: &Step, heading: &Heading<'_>) -> Lines {
    let mut lines = first_line(step, heading);
    if let Reason::Immutable(replacement) = &step.reason {
        lines.push(&immutable::lines(&step.reference, replacement));
    }
    if let Reason::Refused(error) = &step.reason {
        for line in crate::view::error(error).lines() {
            lines.push(&format!("    {line}"));
        }
    }
    for change in &step.changes {
        lines.append(change::change(change, step, heading));
    }
    lines.push(&becomes_ours(step));
    for key in &step.generates {
        let path = FieldPath::of(&["data", key]);
        lines.push(&columns(&format!("    {path}"), "generated in the cluster"));
    }
    if heading.detail == Detail::Whole
        && step.action == Action::Create
        && let Work::Apply(work) = &step.work
    {
        let desired = &work.desired;
        let shown = value::presentable(&desired.value, &desired.reference.kind, &*desired.origins);
        for line in value::yaml(&shown).lines() {
            lines.signed(Sign::Added, 4, line, "");
        }
    }
    if let (true, Some(why)) = (heading.detail == Detail::Whole, &step.guess) {
        lines.push(&format!(
            "    {}",
            paint(FADED, format!("guessed, since {}", value::visible(&no_base(why))))
        ));
    }
    for warning in &step.warnings {
        lines.push(&format!("    {} {warning}", paint(WARNED, "warning:")));
    }
    lines
}

/// What becomes of an object, and why.
fn first_line(step: &Step, heading: &Heading<'_>) -> Lines {
    let left = format!("{} {:<9} {}", step.action.glyph(), step.action.word(), step.reference);
    let left = value::line(&left).into_owned();
    let plain = columns(&left, &note(step, heading));
    Lines::from(format!(
        "{}{}",
        paint(style::of(step.action), &left),
        plain.strip_prefix(left.as_str()).unwrap_or_default()
    ))
}

/// Whose fields become ours, and from which version ours move.
fn becomes_ours(step: &Step) -> String {
    let mut text = String::new();
    let Work::Apply(work) = &step.work else { return text };
    for manager in work.migration.iter().flat_map(|migration| &migration.from) {
        let line = format!("    the fields of {} become ours", manager.name);
        let _ = writeln!(
            text,
            "{}",
            columns(&line, "takeover: their managed fields are migrated")
        );
    }
    if let Some(version) = &step.moved {
        let line = format!(
            "    our fields, recorded as {version}, move to {}",
            work.desired.gvk().api_version()
        );
        let gone = work
            .migration
            .as_ref()
            .is_some_and(|migration| migration.gone_version.is_some());
        let why = if gone {
            "migrated: the server does not know that version any more"
        } else {
            ""
        };
        let _ = writeln!(text, "{}", columns(&line, why));
    }
    text
}

fn unpredicted(why: &Unpredicted) -> String {
    match why {
        Unpredicted::NotAsked => "our own merge was not asked".to_owned(),
        Unpredicted::Refused(refusal) => refusal.to_string(),
    }
}

/// Why a step is what it is, and what it does besides; empty where the action says all.
pub(super) fn note(step: &Step, heading: &Heading<'_>) -> String {
    let reason = match &step.reason {
        // The server's words, or our own merge's, stand below.
        Reason::New | Reason::Everything | Reason::Refused(_) => String::new(),
        Reason::Deleted(deleted) => {
            let guessed = if deleted.guessed { " (guessed)" } else { "" };
            format!(
                "deleted: it was synced at {}, and is gone{guessed}",
                deleted.revision.short()
            )
        }
        Reason::Renamed(old) => format!("renamed from {old}, which is deleted"),
        Reason::BeingDeleted => "once the old one is gone: it is being deleted".to_owned(),
        Reason::Fields if step.action == Action::Conflict => String::new(),
        Reason::Fields => step.restarts.map(restarts).unwrap_or_default(),
        Reason::Immutable(replacement) => immutable::note(replacement),
        Reason::Runs(why) => format!("runs again: {}", runs(why)),
        Reason::Joins => "becomes a member; nothing else changes".to_owned(),
        Reason::NewVersion => "once its version is served".to_owned(),
        Reason::Noted => "no value changes; only our note of what git says".to_owned(),
        Reason::Ownership => "no value changes; only who owns its fields".to_owned(),
        Reason::Generates => "generates values; nothing else changes".to_owned(),
        Reason::Unpredicted(why) => format!("what changes cannot be said: {}", value::visible(&unpredicted(why))),
        Reason::NotOurs => "it exists and is not ours; take it over with --adopt".to_owned(),
        Reason::OtherApplySet(id) => format!("it is part of another ApplySet, {id}"),
        Reason::Dropped => match heading.blame.of_object(&step.reference) {
            None => "no longer in git".to_owned(),
            Some(GitChange::Commit { commit, subject }) => {
                format!("dropped from git in {} {}", commit.short(), value::visible(subject))
            }
            Some(other) => format!("no longer in git: {}", change::by(other)),
        },
        Reason::KeepNeverApplied => "labelled as a member, but never applied by us".to_owned(),
        kept => match kept::why(kept, &step.reference, heading) {
            why if heading.pruning == Pruning::Everything => why,
            why => format!("no longer in git; {why}"),
        },
    };
    let unverified = match &step.unverified {
        None => return reason,
        Some(why) => self::unverified(why),
    };
    match step.reason {
        // These say it already.
        Reason::BeingDeleted => reason,
        Reason::New => format!("unverified: {unverified}"),
        Reason::NewVersion => format!("unverified: {reason}"),
        _ if reason.is_empty() => format!("unverified: {unverified}"),
        _ => format!("{reason}; unverified: {unverified}"),
    }
}

/// Why the server could not be asked.
fn unverified(why: &Unverified) -> String {
    match why {
        Unverified::NamespaceMissing(namespace) => format!("namespace {namespace} is not there yet"),
        Unverified::KindMissing => "its CustomResourceDefinition is not there yet".to_owned(),
        Unverified::Relies(rules) => format!("the server refuses it until {} changes", few(rules)),
        Unverified::DefinitionChanges => "its CustomResourceDefinition changes first".to_owned(),
        Unverified::BeingDeleted => "what is there is being deleted".to_owned(),
        Unverified::Defaulted(fields) => {
            let fields: Vec<String> = fields.iter().map(ToString::to_string).collect();
            format!("the server accepts it once {} is taken back", fields.join(", "))
        }
        Unverified::VersionGone(version) => {
            format!("the server does not know {version} any more, in which its fields are recorded")
        }
        Unverified::Encrypted => "its encrypted values are not those of the last sync".to_owned(),
        Unverified::NotAllowed => "you may not write it".to_owned(),
    }
}

/// Why a Job runs again.
fn runs(why: &Why) -> String {
    match why {
        Why::Failed => "it failed".to_owned(),
        Why::Asked => "asked for".to_owned(),
        Why::Fixed => "it cannot be changed while it is there".to_owned(),
        Why::Changed(inputs) => {
            let names: Vec<String> = inputs.iter().map(|input| self::input(input)).collect();
            match names.split_last() {
                Some((last, [])) => format!("{last} changed"),
                Some((last, rest)) => format!("{} and {last} changed", rest.join(", ")),
                None => "its inputs changed".to_owned(),
            }
        }
    }
}

/// An input of a Job in words.
fn input(name: &str) -> String {
    match name {
        "image" | "command" => format!("its {name}"),
        "template" => "its pod template".to_owned(),
        name => name.trim_end_matches('=').to_owned(),
    }
}

fn restarts(restarts: Restarts) -> String {
    match restarts {
        Restarts::OnDelete => "pods change when they are deleted".to_owned(),
        Restarts::Pods(Some(1)) => "restarts 1 pod".to_owned(),
        Restarts::Pods(Some(pods)) => format!("restarts {pods} pods"),
        Restarts::Pods(None) => "restarts its pods".to_owned(),
    }
}
