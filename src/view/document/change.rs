//! One field of a step: where git says it, its values, and why it differs.

use jiff::Timestamp;
use serde_json::Value;

use super::super::{age, value};
use super::cut::cut;
use super::marks::marked;
use super::{Detail, Heading, Line, Lines, Tone, commits};
use crate::kinds::{keeper, rollout};
use crate::object::field::{FieldManager, FieldPath};
use crate::plan::compare::{AddedField, Cause, FieldChange, Shown, Yielded};
use crate::plan::{Action, Step};
use crate::source::rules::{self, LeftTo, Rule, RuleOrigin, Verdict};

/// The lines of one field of a step.
pub(super) fn change(change: &FieldChange, step: &Step, heading: &Heading<'_>) -> Lines {
    let by = heading.blame.of(&step.reference, &change.path);
    let by = by.map(|by| commits::by(by, heading.blame));
    let cause = cause(change, by, heading.now);
    let lines = match &change.cause {
        Cause::Conflict { owner } => conflict(change, owner, step),
        Cause::Diverged { writer } => diverged(change, &cause, writer.as_ref(), step),
        Cause::Git
        | Cause::Drift { .. }
        | Cause::InOurName { .. }
        | Cause::Removed
        | Cause::LeftBehind { .. }
        | Cause::Takeover { .. }
        | Cause::Server => field(change, &cause),
    };
    match heading.detail {
        Detail::Objects | Detail::Fields => marked(cut(lines)),
        Detail::Whole => marked(lines),
    }
}

/// The line of a field that a rule leaves as it is.
pub(super) fn yielded(yielded: &Yielded) -> String {
    let owner = match &yielded.to {
        LeftTo::Manager(manager) => format!("{} says", writer(manager)),
        LeftTo::Ourselves => "nobody else owns it yet; it stays".to_owned(),
        LeftTo::Nobody => "the cluster has".to_owned(),
    };
    format!(
        "{}   git says {}; {owner} {}: {}",
        yielded.path,
        side(&yielded.said),
        side(&yielded.live),
        rule(&yielded.rule)
    )
}

/// The line of a field that a person added by hand.
pub(super) fn beside(beside: &AddedField, now: Timestamp) -> String {
    format!("{}   not in git: {}", beside.shown, somebody(Some(&beside.writer), now))
}

/// A rule in words: what it does, and where it stands.
pub(super) fn rule(rule: &Rule) -> String {
    let word = match rule.verdict {
        Verdict::Ignore => "ignored by",
        Verdict::Yield => "yielded by",
        Verdict::Take => "taken by",
    };
    match &rule.source {
        RuleOrigin::Written(place) => format!("{word} {}:{}", place.file.path(), place.line()),
        RuleOrigin::Autoscaler(autoscaler) => format!("left to {autoscaler}"),
        RuleOrigin::Aggregation(role) => format!("left to the aggregationRule of {role}"),
    }
}

/// The words for a writer: `kubectl-edit`, `kube-controller-manager (scale)`.
fn writer(manager: &FieldManager) -> String {
    match manager.subresource.as_str() {
        "" => manager.name.clone(),
        subresource => format!("{} ({subresource})", manager.name),
    }
}

fn field(change: &FieldChange, cause: &str) -> Lines {
    let place = change.place.as_ref();
    let place = place.map(|place| format!("{}:{}", place.file.path(), place.line()));
    if let Some(line) = follows(change, cause).or_else(|| last_applied(change, cause)) {
        return line.into();
    }
    let place = match change.cause {
        Cause::Takeover { .. } if change.after == Shown::Absent => String::new(),
        Cause::Git
        | Cause::Drift { .. }
        | Cause::InOurName { .. }
        | Cause::Diverged { .. }
        | Cause::Takeover { .. } => place.unwrap_or_default(),
        Cause::Conflict { .. } | Cause::Removed | Cause::LeftBehind { .. } | Cause::Server => String::new(),
    };
    let path = Line::new(4, change.shown.to_string());
    if change.before == change.after {
        return path.beside(cause).into();
    }
    let mut lines = Lines::from(path.beside(place));
    lines.append(value::change(change, 6, cause));
    lines
}

/// A pod template's digest of what it reads says nothing to a person but what that is.
fn follows(change: &FieldChange, cause: &str) -> Option<Line> {
    let kind = rollout::digested(&change.path)?;
    let text = |shown: &Shown| match shown {
        Shown::Value(Value::String(text)) => text.clone(),
        _ => String::new(),
    };
    let (before, after) = (text(&change.before), text(&change.after));
    let names = rollout::changed(&before, &after).join(", ");
    let text = format!("spec.template follows {kind} {names}");
    Some(Line::new(4, text).beside(cause))
}

/// What `kubectl apply` noted is a whole manifest in one line.
fn last_applied(change: &FieldChange, cause: &str) -> Option<Line> {
    let is_it = change.path == FieldPath::of(&["metadata", "annotations", keeper::LAST_APPLIED]);
    let goes = is_it && change.after == Shown::Absent;
    goes.then(|| Line::new(4, format!("{} goes", change.shown)).beside(cause))
}

fn cause(change: &FieldChange, by: Option<String>, now: Timestamp) -> String {
    let git = || by.as_ref().map_or_else(|| "git".to_owned(), |by| format!("git: {by}"));
    let cause = match &change.cause {
        Cause::Git => git(),
        Cause::Drift { writer } => format!("drift: {}", somebody(writer.as_ref(), now)),
        Cause::InOurName { writer } => format!("drift: an update in our name, {}", somebody(Some(writer), now)),
        Cause::Diverged { writer } => format!("diverged: {}; {}", git(), somebody(writer.as_ref(), now)),
        Cause::Conflict { owner } => format!("conflict: {} has it", writer(owner)),
        Cause::Removed => format!("removed: {}", by.as_deref().unwrap_or("no longer in git")),
        Cause::LeftBehind { owner } => {
            let why = match owner {
                Some(owner) => format!("{} keeps it", writer(owner)),
                None => "the server kept no trace of whose it is".to_owned(),
            };
            match by {
                Some(by) => format!("left behind: {by}; {why}"),
                None => format!("left behind: no longer in git, {why}"),
            }
        }
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

/// Who changed something in the cluster, and when.
pub(in crate::view) fn somebody(manager: Option<&FieldManager>, now: Timestamp) -> String {
    let Some(manager) = manager else {
        return "the server kept no trace of who".to_owned();
    };
    let when = manager.time.as_deref().map(|time| format!(", {}", age(time, now)));
    format!("{}{}", writer(manager), when.unwrap_or_default())
}

/// A field that both git and somebody in the cluster changed.
fn diverged(change: &FieldChange, cause: &str, writer: Option<&FieldManager>, step: &Step) -> Lines {
    let mut lines = field(change, cause);
    if let Some(by) = taken(change, step) {
        lines.push(way_out(by));
    } else {
        lines.push(way_out(
            "to take git's: pass --force-conflicts; to keep the other: write it into git",
        ));
        lines.append(by_rule(change, writer, step));
    }
    lines
}

fn way_out(words: impl AsRef<str>) -> Line {
    Line::prose(6, words).tone(Tone::Faded)
}

/// The permission by which a conflict is taken, if it is.
fn taken(change: &FieldChange, step: &Step) -> Option<String> {
    match &change.taken {
        Some(taken) => Some(rule(taken)),
        None => (step.action != Action::Conflict).then(|| "taken by --force-conflicts".to_owned()),
    }
}

/// The rule that would decide a conflict from now on, to be copied.
fn by_rule(change: &FieldChange, owner: Option<&FieldManager>, step: &Step) -> Lines {
    // A rule would say the key of an item that is hidden.
    let Some(owner) = owner.filter(|_| change.shown.items().is_empty()) else {
        return Lines::default();
    };
    let rule = rules::written(&step.reference, &change.path, &owner.name);
    let words = way_out("to decide it for good, add to stackanetes.yaml, under `yield:` or `take:`:");
    [words, Line::new(8, format!("- {rule}")).tone(Tone::Faded)]
        .into_iter()
        .collect()
}

/// A value on one line.
fn side(shown: &Shown) -> String {
    match shown {
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
    }
}

fn conflict(change: &FieldChange, owner: &FieldManager, step: &Step) -> Lines {
    let guessed = if change.guessed {
        " (guessed: it may never have been ours)"
    } else {
        ""
    };
    let (ours, theirs) = (side(&change.after), side(&change.before));
    let owner_says = format!("{} says {theirs}{guessed}", writer(owner));
    let mut lines = Lines::from(Line::new(
        4,
        format!("{}   git says {ours}; {owner_says}", change.shown),
    ));
    if let Some(by) = taken(change, step) {
        lines.push(way_out(by));
        return lines;
    }
    let place = change.origins.first().map(|origin| &origin.place);
    let remove = place.map_or_else(
        || "remove it from git".to_owned(),
        |place| format!("remove {}:{} from git", place.file.path(), place.line()),
    );
    lines.push(way_out(format!(
        "to leave it: {remove}; to take it: pass --force-conflicts"
    )));
    lines.append(by_rule(change, Some(owner), step));
    lines
}
