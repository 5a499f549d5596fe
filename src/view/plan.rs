//! A plan as text: one line an object, one line a field, with the cause of each.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::Value;

use super::style::{self, FADED, FAILED, STRONG, WARNED, columns, paint};
use super::{age, value};
use crate::compare::{Cause, FieldChange, GitChange, Shown};
use crate::field::{FieldManager, FieldPath};
use crate::jobs::Why;
use crate::place::{Origin, Role};
use crate::plan::{Action, Plan, Reason, Refusal, Restarts, Step, Unverified, Work};
use crate::rollout;
use crate::source::Revision;

/// What stands above a plan, and how it is shown.
#[derive(Debug)]
pub struct Heading<'a> {
    /// The cluster, as a person knows it: the context.
    pub cluster: &'a str,
    /// The commit that the desired state is of.
    pub revision: Option<&'a Revision>,
    /// Now.
    pub now: Timestamp,
    /// Whether new objects are shown whole.
    pub whole: bool,
    /// How many manifests were not selected.
    pub not_selected: usize,
    /// What is pruned, and why not everything.
    pub pruning: Pruning,
}

/// What is pruned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pruning {
    /// What git dropped.
    Members,
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
        let lines = self::step(step, heading);
        let is_short = lines.lines().count() == 1;
        if !(was_short && is_short) {
            text.push('\n');
        }
        was_short = is_short;
        text += &lines;
    }
    for kind in &plan.not_compared {
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
    if !plan.steps.is_empty() || !plan.not_compared.is_empty() {
        text.push('\n');
    }
    text += &summary(plan);
    text += &remarks(plan, heading);
    text
}

fn head(plan: &Plan, heading: &Heading<'_>) -> String {
    let name = plan.set.as_ref().map_or("no ApplySet", |set| set.name.as_str());
    let mut text = format!("{} on {}", paint(STRONG, name), heading.cluster);
    match heading.revision {
        Some(revision) => {
            let branch = revision
                .branch
                .as_ref()
                .map(|branch| format!("{branch} "))
                .unwrap_or_default();
            let dirty = if revision.dirty { " with local changes" } else { "" };
            let _ = write!(text, ": {branch}{}{dirty}", revision.short);
        }
        None => text += ": not in a git repository",
    }
    match plan.parent.as_ref().and_then(|parent| parent.completed.as_ref()) {
        Some(completed) => {
            let commit = completed
                .revision
                .as_deref()
                .map(|commit| format!("{} ", commit.get(..7).unwrap_or(commit)));
            let _ = write!(
                text,
                ", last synced {}{}",
                commit.unwrap_or_default(),
                age(&completed.time, heading.now)
            );
        }
        None if plan.set.is_some() => text += ", never synced",
        None => {}
    }
    text.push('\n');
    text
}

fn step(step: &Step, heading: &Heading<'_>) -> String {
    let left = format!("{} {:<9} {}", step.action.glyph(), step.action.word(), step.reference);
    let plain = columns(&left, &note(step));
    let mut text = format!(
        "{}{}\n",
        paint(style::of(step.action), &left),
        plain.strip_prefix(left.as_str()).unwrap_or_default()
    );
    for change in &step.changes {
        text += &match &change.cause {
            Cause::Conflict { owner } => conflict(change, &writer(owner), step.action),
            Cause::Diverged { .. } => diverged(change, heading.now, step.action),
            _ => field(change, heading.now),
        };
    }
    for key in &step.generates {
        let path = FieldPath::of(&["data", key]);
        let _ = writeln!(text, "{}", columns(&format!("    {path}"), "generated in the cluster"));
    }
    if heading.whole
        && step.action == Action::Create
        && let Work::Apply(work) = &step.work
    {
        let desired = &work.desired;
        let shown = value::presentable(&desired.value, &desired.reference.kind, &*desired.origins);
        for line in value::yaml(&shown).lines() {
            let _ = writeln!(text, "    {}", paint(style::ADDED, format!("+ {line}")));
        }
    }
    if let (true, Some(why)) = (heading.whole, &step.guess) {
        let _ = writeln!(
            text,
            "    {}",
            paint(FADED, format!("guessed, since {}", value::visible(why)))
        );
    }
    for warning in &step.warnings {
        let _ = writeln!(text, "    {} {warning}", paint(WARNED, "warning:"));
    }
    text
}

fn note(step: &Step) -> String {
    let reason = match &step.reason {
        Reason::New => String::new(),
        Reason::Deleted(deleted) => {
            let guessed = if deleted.guessed { " (guessed)" } else { "" };
            format!("deleted: it was synced at {}, and is gone{guessed}", deleted.revision)
        }
        Reason::BeingDeleted => "once the old one is gone: it is being deleted".to_owned(),
        Reason::Fields if step.action == Action::Conflict => String::new(),
        Reason::Fields => step.restarts.map(restarts).unwrap_or_default(),
        Reason::Runs(why) => format!("runs again: {}", runs(why)),
        Reason::Joins => "becomes a member; nothing else changes".to_owned(),
        Reason::NewVersion => "once its version is served".to_owned(),
        Reason::Noted => "no value changes; only our note of what git says".to_owned(),
        Reason::Ownership => "no value changes; only who owns its fields".to_owned(),
        Reason::Generates => "generates values; nothing else changes".to_owned(),
        Reason::KeepGenerated => {
            "no longer in git; it holds generated values: delete it with --prune-kind Secret".to_owned()
        }
        Reason::NotOurs => "it exists and is not ours; take it over with --adopt".to_owned(),
        Reason::OtherApplySet(id) => format!("it is part of another ApplySet, {id}"),
        Reason::Dropped(None) => "no longer in git".to_owned(),
        Reason::Dropped(Some(GitChange::Commit { short, subject })) => {
            format!("dropped from git in {short} {}", value::visible(subject))
        }
        Reason::Dropped(Some(other)) => format!("no longer in git: {}", by(other)),
        Reason::KeepAnnotated => "no longer in git; kept by stackanetes.io/prune: never".to_owned(),
        Reason::KeepKind => format!(
            "no longer in git; delete it with --prune-kind {}",
            step.reference.kind.kind
        ),
        Reason::KeepInUse(objects) => {
            let first: Vec<_> = objects.iter().take(3).map(ToString::to_string).collect();
            let more = if objects.len() > 3 {
                format!(" and {} more", objects.len() - 3)
            } else {
                String::new()
            };
            format!("no longer in git; still in use by {}{more}", first.join(", "))
        }
        Reason::KeepUnknownUse(why) => format!("no longer in git; kept, since {why}"),
        Reason::KeepNeverApplied => "labelled as a member, but never applied by us".to_owned(),
        Reason::KeepGoing => "no longer in git; being deleted already".to_owned(),
        Reason::KeepOwned(owner) => format!("no longer in git; {owner} owns it"),
    };
    match &step.unverified {
        // The reason says it already.
        None | Some(Unverified::BeingDeleted) => reason,
        Some(Unverified::NamespaceMissing(namespace)) => {
            format!("unverified: namespace {namespace} is not there yet")
        }
        Some(Unverified::KindMissing) if step.action == Action::Update => format!("unverified: {reason}"),
        Some(Unverified::KindMissing) => "unverified: its CustomResourceDefinition is not there yet".to_owned(),
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

/// The words for a writer: `kubectl-edit`, `kube-controller-manager (scale)`.
fn writer(manager: &FieldManager) -> String {
    match manager.subresource.as_str() {
        "" => manager.name.clone(),
        subresource => format!("{} ({subresource})", manager.name),
    }
}

fn field(change: &FieldChange, now: Timestamp) -> String {
    // A value that comes from a parameter is changed where the parameter is set.
    let is_parameter = |origin: &&Origin| matches!(origin.role, Role::Parameter | Role::SecretParameter);
    let origin = change.origins.iter().find(is_parameter).or(change.origins.first());
    let place = origin.map(|origin| format!("{}:{}", origin.place.file.path(), origin.place.line()));
    if let Some(line) = follows(change, now) {
        return line;
    }
    let place = match change.cause {
        Cause::Git | Cause::Drift { .. } | Cause::Diverged { .. } | Cause::Takeover { .. } => place.unwrap_or_default(),
        _ => String::new(),
    };
    let path = format!("    {}", change.path);
    if change.before == change.after {
        return format!("{}\n", columns(&path, &cause(change, now)));
    }
    format!(
        "{}\n{}",
        columns(&path, &place),
        value::change(change, "      ", &cause(change, now))
    )
}

/// A pod template's digest of what it reads says nothing to a person but what that is.
fn follows(change: &FieldChange, now: Timestamp) -> Option<String> {
    let annotations = ["spec", "template", "metadata", "annotations"];
    let kind = [(rollout::CONFIGURATION, "ConfigMap"), (rollout::SECRETS, "Secret")]
        .into_iter()
        .find(|(annotation, _)| change.path == FieldPath::of(&[&annotations[..], &[annotation]].concat()))
        .map(|(_, kind)| kind)?;
    let text = |shown: &Shown| match shown {
        Shown::Value(Value::String(text)) => text.clone(),
        _ => String::new(),
    };
    let (before, after) = (text(&change.before), text(&change.after));
    let names = rollout::changed(&before, &after).join(", ");
    let line = format!("    {} follows {kind} {names}", FieldPath::of(&annotations[..2]));
    Some(format!("{}\n", columns(&line, &cause(change, now))))
}

fn cause(change: &FieldChange, now: Timestamp) -> String {
    let by = change.by.as_ref().map(by);
    let git = || by.as_ref().map_or_else(|| "git".to_owned(), |by| format!("git: {by}"));
    let cause = match &change.cause {
        Cause::Git => git(),
        Cause::Drift { writer } => format!("drift: {}", somebody(writer.as_ref(), now)),
        Cause::Diverged { writer } => format!("diverged: {}; {}", git(), somebody(writer.as_ref(), now)),
        Cause::Conflict { owner } => format!("conflict: {} has it", writer(owner)),
        Cause::Removed => format!("removed: {}", by.as_deref().unwrap_or("no longer in git")),
        Cause::LeftBehind { owner } => match by {
            Some(by) => format!("left behind: {by}; {} keeps it", writer(owner)),
            None => format!("left behind: no longer in git, {} keeps it", writer(owner)),
        },
        Cause::Takeover { from: Some(manager) } => format!("takeover: from {}", writer(manager)),
        Cause::Takeover { from: None } => "takeover".to_owned(),
        Cause::Server => "server".to_owned(),
    };
    if change.guessed {
        format!("{cause} (guessed)")
    } else {
        cause
    }
}

/// What made git say something else.
fn by(change: &GitChange) -> String {
    match change {
        GitChange::Commit { short, subject } => format!("{short} {}", value::visible(subject)),
        GitChange::Uncommitted => "not committed yet".to_owned(),
        GitChange::Parameters => "other parameters than were given".to_owned(),
    }
}

/// Who changed something in the cluster, and when.
fn somebody(manager: Option<&FieldManager>, now: Timestamp) -> String {
    let Some(manager) = manager else {
        return "the server kept no trace of who".to_owned();
    };
    let when = manager.time.as_deref().map(|time| format!(", {}", age(time, now)));
    format!("{}{}", writer(manager), when.unwrap_or_default())
}

/// A field that both git and somebody in the cluster changed.
fn diverged(change: &FieldChange, now: Timestamp, action: Action) -> String {
    let mut text = field(change, now);
    let ways = if action == Action::Conflict {
        "take git's: --force-conflicts; keep the other: write it into git"
    } else {
        "taken by --force-conflicts"
    };
    let _ = writeln!(text, "      {}", paint(FADED, ways));
    text
}

fn conflict(change: &FieldChange, owner: &str, action: Action) -> String {
    let side = |shown: &Shown| match shown {
        Shown::Absent => "nothing".to_owned(),
        Shown::Masked(_) => "something else".to_owned(),
        Shown::Value(Value::String(text)) if !text.contains('\n') => value::visible(text).into_owned(),
        Shown::Value(value @ (Value::Object(_) | Value::Array(_) | Value::String(_))) => {
            let text = value.to_string();
            if text.chars().count() > 60 {
                format!("{}…", text.chars().take(60).collect::<String>())
            } else {
                text
            }
        }
        Shown::Value(value) => value.to_string(),
    };
    let guessed = if change.guessed {
        " (guessed: it may never have been ours)"
    } else {
        ""
    };
    let path = format!("    {}", change.path);
    let mut text = format!(
        "{path}   git says {}; {owner} says {}{guessed}\n",
        side(&change.after),
        side(&change.before)
    );
    if action == Action::Conflict {
        let place = change
            .origins
            .first()
            .map(|origin| format!("{}:{}", origin.place.file.path(), origin.place.line()));
        let drop = place.map_or_else(
            || "drop it from git".to_owned(),
            |place| format!("drop {place} from git"),
        );
        let _ = writeln!(
            text,
            "      {}",
            paint(FADED, format!("leave it: {drop}; take it: --force-conflicts"))
        );
    } else {
        let _ = writeln!(text, "      {}", paint(FADED, "taken by --force-conflicts"));
    }
    text
}

fn summary(plan: &Plan) -> String {
    let count = |action: Action| plan.of(action).count();
    let mut parts = Vec::new();
    for (action, words) in [
        (Action::Create, "to create"),
        (Action::Update, "to update"),
        (Action::Replace, "to replace"),
        (Action::Delete, "to delete"),
        (Action::Skip, "skipped"),
        (Action::Keep, "kept"),
    ] {
        if count(action) > 0 {
            parts.push(format!("{} {words}", count(action)));
        }
    }
    match count(Action::Conflict) {
        0 => {}
        1 => parts.push("1 conflict".to_owned()),
        conflicts => parts.push(format!("{conflicts} conflicts")),
    }
    match plan.not_compared.len() {
        0 => {}
        1 => parts.push("1 kind not compared".to_owned()),
        kinds => parts.push(format!("{kinds} kinds not compared")),
    }
    let unchanged = plan.unchanged.len();
    let objects = if unchanged == 1 { "object" } else { "objects" };
    match (parts.is_empty(), plan.is_in_sync()) {
        (true, _) => format!("in sync: {unchanged} {objects}\n"),
        (false, true) => format!("in sync: {unchanged} {objects}; {}\n", parts.join(", ")),
        (false, false) => format!("{}; {unchanged} unchanged\n", parts.join(", ")),
    }
}

fn remarks(plan: &Plan, heading: &Heading<'_>) -> String {
    let mut text = String::new();
    for settled in &plan.unchanged {
        for warning in &settled.warnings {
            let _ = writeln!(text, "{} {}: {warning}", paint(WARNED, "warning:"), settled.reference);
        }
    }
    let is_known = |step: &&Step| matches!(step.reason, Reason::Runs(_) | Reason::New | Reason::Deleted(_));
    let steps = plan.steps.iter().filter(|step| !is_known(step));
    let jobs = steps.filter_map(|step| match &step.work {
        Work::Apply(work) => Some((&step.reference, work.desired.inputs.as_ref()?)),
        Work::Nothing | Work::Delete(_) => None,
    });
    let settled = plan.unchanged.iter();
    let settled = settled.filter_map(|settled| Some((&settled.reference, settled.inputs.as_ref()?)));
    for (job, inputs) in settled.chain(jobs) {
        let unknown: Vec<String> = inputs.unknown().map(input).collect();
        let unknown = match unknown.as_slice() {
            [] => continue,
            names => names.join(" or "),
        };
        let _ = match plan.set {
            Some(_) => writeln!(text, "{job} runs again if {unknown} changed"),
            None => writeln!(text, "{job} does not run again when {unknown} changes: give --name"),
        };
    }
    for (workload, secrets) in &plan.unknown_rollouts {
        let secrets: Vec<_> = secrets.iter().map(|secret| format!("Secret {secret}")).collect();
        let secrets = secrets.join(" or ");
        let _ = match plan.set {
            Some(_) => writeln!(text, "{workload} restarts if {secrets} changed"),
            None => writeln!(text, "{workload} does not restart when {secrets} changes: give --name"),
        };
    }
    if heading.not_selected > 0 {
        let _ = writeln!(text, "not selected: {} in git", heading.not_selected);
    }
    match (&plan.set, heading.pruning) {
        (None, _) => text += "nothing is pruned: the ApplySet has no name (give --name)\n",
        (Some(_), Pruning::Off) => text += "nothing is pruned: --no-prune\n",
        (Some(_), Pruning::Selected) => {
            text += "pruned is only what -n, -l and --component select, and nothing cluster-scoped under -n\n";
        }
        (Some(_), Pruning::Members) => {}
    }
    for reason in &plan.refusals {
        let _ = writeln!(text, "{} {}", paint(FAILED, "a sync refuses this:"), refusal(reason));
    }
    text
}

/// Why a sync refuses, and the way out.
pub fn refusal(reason: &Refusal) -> String {
    match reason {
        Refusal::Budget { deletes, allowed } => {
            format!("{deletes} objects would be deleted, and {allowed} may be; allow more with --max-prune {deletes}")
        }
        Refusal::Empty => "git wants nothing at all; if that is meant, say --allow-empty".to_owned(),
        Refusal::Environment { last, now } => {
            let name =
                |environment: &Option<String>| environment.clone().unwrap_or_else(|| "no environment".to_owned());
            format!(
                "{} was synced last, and this is {}; if that is meant, say --switch-environment",
                name(last),
                name(now)
            )
        }
        Refusal::KeyHidden { key, objects } => {
            let names: Vec<String> = objects.iter().map(ToString::to_string).collect();
            format!(
                "{key} may not be read, so it cannot be said whether the pods of {} start anew",
                names.join(", ")
            )
        }
        Refusal::Pending { reader, read } => {
            format!("{reader} reads {read}, which is to change and is not selected; select it too")
        }
        Refusal::NotCompared(kind) => format!("{kind} may not be listed, so it cannot be said what would change"),
    }
}
