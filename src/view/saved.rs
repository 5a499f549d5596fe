//! What tells a saved plan from the plan that is made now.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::age;
use crate::applyset::parent::Record;
use crate::object::commit::Commit;
use crate::plan::{ApplySetName, OtherPart};

/// That the saved plan `name` was carried out before, by this sync.
pub fn carried_out(name: &str, record: &Record, now: Timestamp) -> String {
    let commit = record.revision.as_ref().map_or("", Commit::short);
    let when = age(&record.time, now);
    format!("{name} was carried out already: the sync of {commit}, {when}, is complete, and nothing would change now\n")
}

/// The parts in which a saved plan is of something else, as one line.
pub fn other_parts(parts: &[OtherPart]) -> String {
    parts.iter().map(other_part).collect::<Vec<_>>().join("; ")
}

fn other_part(part: &OtherPart) -> String {
    let (then, now) = match part {
        OtherPart::NoCommit => return "it was made of what no commit holds".to_owned(),
        OtherPart::ApplySet(then, now) => (apply_set(then.as_ref()), apply_set(now.as_ref())),
        OtherPart::Cluster(then, now) => (format!("the cluster {then}"), format!("the cluster {now}")),
        OtherPart::Environment(then, now) => (environment(then.as_ref()), environment(now.as_ref())),
        OtherPart::Set(then, now) => (set(then), set(now)),
        OtherPart::Commit(then, now) if then == now => {
            return format!("it is for another directory of commit {}", then.short());
        }
        OtherPart::Commit(then, now) => commits(then, now),
    };
    format!("it is for {then}, and this is {now}")
}

fn apply_set(name: Option<&ApplySetName>) -> String {
    name.map_or_else(
        || "no ApplySet".to_owned(),
        |set| format!("the ApplySet {} of namespace {}", set.name, set.namespace),
    )
}

fn environment(environment: Option<&String>) -> String {
    environment.map_or_else(|| "no environment".to_owned(), |name| format!("the environment {name}"))
}

fn set(values: &BTreeMap<String, Value>) -> String {
    let set: Vec<_> = values
        .iter()
        .map(|(name, value)| format!("--set {name}={value}"))
        .collect();
    if set.is_empty() {
        "no --set".to_owned()
    } else {
        set.join(" ")
    }
}

/// Two commits, by as many digits of their ids as tell them apart.
fn commits(then: &Commit, now: &Commit) -> (String, String) {
    let is_like = |one: &Commit, other: &Commit| one.as_str().starts_with(other.short());
    let (then, now) = if is_like(then, now) || is_like(now, then) {
        (then.as_str(), now.as_str())
    } else {
        (then.short(), now.short())
    };
    (format!("commit {then}"), format!("commit {now}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_that_share_their_first_digits_are_shown_whole() {
        let commit = |then: &str, now: &str| other_parts(&[OtherPart::Commit(Commit::new(then), Commit::new(now))]);
        assert_eq!(
            commit("1234567aaaa", "1234567bbbb"),
            "it is for commit 1234567aaaa, and this is commit 1234567bbbb"
        );
        assert_eq!(
            commit("1234567aaaa", "7654321bbbb"),
            "it is for commit 1234567, and this is commit 7654321"
        );
    }
}
