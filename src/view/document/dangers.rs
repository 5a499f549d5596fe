//! What a reviewer must not overlook: a line each, before all else.

use std::collections::BTreeSet;

use super::super::value::{ends, few};
use super::blocked::blocked;
use super::note::runs;
use super::remarks::unlisted;
use super::{Line, Lines, PlanDocument, Tone};
use crate::diagnostic::names::first_of;
use crate::kinds::jobs::Why;
use crate::kinds::privilege::Privilege;
use crate::kinds::traffic::{Direction, Opening};
use crate::object::ObjectRef;
use crate::plan::{Action, Backup, Danger, Plan, Reason, Step, Undoing};

/// How many steps a plan may have of which nobody overlooks what is deleted or replaced, or restarts on every node.
const FEW: usize = 10;
/// How many of a kind have a sentence each; of grants, how many of one severity.
const FIRST: usize = 5;

/// How long a path or a name may be that somebody wrote, in characters.
const NAME: usize = 100;
/// How long a reason may be that somebody wrote, in characters.
const REASON: usize = 300;
/// How many objects are named in a sentence: a comment has room for it whole, however long their names are.
const TOGETHER: usize = 8;
/// How many subjects or capabilities are named in a sentence.
const NAMED: usize = 12;

/// What stops a sync, wholly or for some objects: a sentence each.
pub(super) fn stops(plan: &Plan) -> Vec<String> {
    let refusals = blocked(&plan.refusals).into_iter();
    let refusals = refusals.map(|reason| format!("sync blocked: {reason}"));
    let crossed = plan.crossed_as_meant().map(super::crossed);
    let unlisted = plan.facts.forgotten.as_ref().map(unlisted).unwrap_or_default();
    let unlisted = (!unlisted.is_empty()).then(|| format!("not listed everywhere: {}", few(&unlisted)));
    let stopped = [
        (Action::Conflict, "in conflict"),
        (Action::Refused, "refused"),
        (Action::Skip, "not ours"),
    ];
    let stopped = stopped.into_iter().filter_map(|(action, words)| {
        let objects: Vec<ObjectRef> = plan.of(action).map(|step| step.reference.clone()).collect();
        (!objects.is_empty()).then(|| format!("{words}: {}", few(&objects)))
    });
    refusals.chain(crossed).chain(unlisted).chain(stopped).collect()
}

/// Those that no other line of a text tells.
pub(super) fn section(document: &PlanDocument<'_>) -> Option<Lines> {
    let is_many = document.plan.steps.len() > FEW || !document.heading.only.is_empty();
    let is_told = |danger: &&Danger<'_>| matches!(danger, Danger::Deletes(_) | Danger::Replaces(_) | Danger::Nodes(_));
    let dangers = document.dangers.iter().filter(|danger| is_many || !is_told(danger));
    let dangers: Vec<Danger<'_>> = dangers.cloned().collect();
    let lines = sentences(&dangers).into_iter();
    let lines: Lines = lines
        .map(|text| Line::prose(0, format!("! {text}")).tone(Tone::Failed))
        .collect();
    (!lines.is_empty()).then_some(lines)
}

/// The sentence for one danger.
pub(in crate::view) fn danger(danger: &Danger<'_>) -> String {
    sentences(std::slice::from_ref(danger)).concat()
}

/// A sentence for each danger, or for all of a kind.
pub(super) fn sentences(dangers: &[Danger<'_>]) -> Vec<String> {
    let of = |is_it: fn(&Danger<'_>) -> bool, words: &str| {
        let objects = dangers.iter().filter(|danger| is_it(danger));
        let objects: Vec<ObjectRef> = objects.map(|danger| danger.step().reference.clone()).collect();
        (!objects.is_empty()).then(|| format!("{words}: {}", few(&objects)))
    };
    let runs = dangers.iter().filter_map(|danger| match danger {
        Danger::Irreversible(step, undoing) => Some((&step.reference, irreversible(step, *undoing))),
        _ => None,
    });
    let mut told = each("cannot be undone", runs);
    told.extend(of(|danger| matches!(danger, Danger::Data(_)), "data is lost with"));
    told.extend(of(|danger| matches!(danger, Danger::Deletes(_)), "deletes"));
    let replaces = |danger: &Danger<'_>| matches!(danger, Danger::Replaces(_));
    told.extend(of(replaces, "deletes and recreates"));
    told.extend(
        dangers
            .chunk_by(|one, next| one.severity() == next.severity())
            .flat_map(grants),
    );
    told.extend(of(
        |danger| matches!(danger, Danger::Opens(_)),
        "opens traffic, by deleting",
    ));
    told.extend(each("opens traffic", dangers.iter().filter_map(widens)));
    let gap = |danger: &Danger<'_>| matches!(danger, Danger::Gap(_));
    told.extend(of(gap, "downtime while this restarts"));
    told.extend(each(
        "fewer pods than a disruption budget allows",
        dangers.iter().filter_map(crosses),
    ));
    told.extend(nodes(dangers));
    told
}

/// A sentence for each of the first grants of one severity, and the names of the others, since a severe one must not hide
/// behind as many as one likes.
fn grants(dangers: &[Danger<'_>]) -> Vec<String> {
    let grants = dangers.iter().filter_map(|danger| match danger {
        Danger::Grants(step, privileges) => Some((&step.reference, *privileges)),
        _ => None,
    });
    let grants = grants.map(|(object, privileges)| (object, format!("{object} {}", granted(privileges))));
    each("grants", grants)
}

/// A sentence for each of the first objects, and the names of all others.
fn each<'a>(word: &str, objects: impl Iterator<Item = (&'a ObjectRef, String)> + Clone) -> Vec<String> {
    let first = objects.clone().take(FIRST);
    let first = first.map(|(_, sentence)| format!("{word}: {sentence}"));
    let others: Vec<String> = objects
        .skip(FIRST)
        .map(|(object, _)| ends(&object.to_string(), NAME).into_owned())
        .collect();
    let others = others
        .chunks(TOGETHER)
        .map(|some| format!("{word}: {} more: {}", some.len(), some.join(", ")));
    first.chain(others).collect()
}

/// `restarts on every node: DaemonSet a/nova-compute, DaemonSet a/libvirt`
fn nodes(dangers: &[Danger<'_>]) -> Option<String> {
    let all = dangers.iter().filter_map(|danger| match danger {
        Danger::Nodes(step) => Some(step.reference.to_string()),
        _ => None,
    });
    let all: Vec<String> = all.collect();
    (!all.is_empty()).then(|| format!("restarts on every node: {}", first_names(&all)))
}

fn irreversible(step: &Step, undoing: Undoing<'_>) -> String {
    let reason = undoing.reason.filter(|reason| !reason.is_empty());
    let reason = reason
        .map(|reason| format!(": {}", ends(reason, REASON)))
        .unwrap_or_default();
    // Whether the same program runs once more, or another, is what a reviewer has to know.
    let again = match &step.reason {
        Reason::Runs(why @ Why::Changed(_)) => format!(" again, since {}", runs(why)),
        _ => String::new(),
    };
    format!("{} runs{again}{reason}; {}", step.reference, backup(undoing.backup))
}

/// Whether what a Job does is backed up before.
fn backup(backup: Backup<'_>) -> String {
    match backup {
        Backup::Unnamed => "it names no backup".to_owned(),
        Backup::RunsBefore(job) => format!("its backup, {job}, runs before it"),
        Backup::RunsUnordered(job) => format!("its backup, {job}, runs too, but it does not wait for that"),
        Backup::Idle(job) => format!("its backup, {job}, does not run"),
        Backup::Itself(_) => "it names itself as its backup".to_owned(),
        Backup::Missing(name) => format!("its backup, Job {}, is not in git", ends(name, NAME)),
    }
}

/// `NetworkPolicy a/b lets in traffic from more peers`
fn widens<'a>(danger: &Danger<'a>) -> Option<(&'a ObjectRef, String)> {
    let Danger::Widens(step, openings) = danger else {
        return None;
    };
    let ways: Vec<String> = openings.iter().map(|opening| opened(*opening)).collect();
    Some((&step.reference, format!("{} {}", step.reference, ways.join(", "))))
}

fn opened(opening: Opening) -> String {
    match opening {
        Opening::OtherPods => "may not restrict all pods that it did".to_owned(),
        Opening::Unrestricted(direction) => format!("does not restrict {} any more", direction.word()),
        Opening::Everywhere(direction) => format!("allows {} {} everywhere", direction.word(), side(direction)),
        Opening::Peers(direction) => format!("allows {} {} more peers", direction.word(), side(direction)),
        Opening::Ports(direction) => format!("allows {} on more ports", direction.word()),
    }
}

fn side(direction: Direction) -> &'static str {
    match direction {
        Direction::Ingress => "from",
        Direction::Egress => "to",
    }
}

/// `StatefulSet a/db restarts, PodDisruptionBudget a/db`
fn crosses<'a>(danger: &Danger<'a>) -> Option<(&'a ObjectRef, String)> {
    let Danger::Budget(step, budget) = danger else {
        return None;
    };
    let sentence = format!("while {} restarts, against {budget}", step.reference);
    Some((&step.reference, sentence))
}

/// What somebody may do, in words. Paths are one part of the sentence, and so are capabilities: nothing hides behind
/// many of them.
fn granted(privileges: &BTreeSet<Privilege>) -> String {
    let (mut parts, mut created, mut paths, mut capabilities) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for privilege in privileges {
        match privilege {
            Privilege::Role { role, to } => parts.push(format!("gives the role {role} to {}", first_names(to))),
            Privilege::Wildcard => parts.push("has * in a rule".to_owned()),
            Privilege::Verb(verb) => parts.push(format!("allows to {verb}")),
            Privilege::Subresource(name) => parts.push(format!("allows to use {name}")),
            Privilege::Create(resource) => created.push(resource),
            Privilege::Secrets => parts.push("allows to read Secrets".to_owned()),
            Privilege::Webhook => parts.push("is asked about what is written to the API server".to_owned()),
            Privilege::Privileged => parts.push("runs privileged containers".to_owned()),
            Privilege::Host(namespace) => parts.push(format!("uses {namespace}")),
            Privilege::HostPath(path) => paths.push(path),
            Privilege::Capability(name) => capabilities.push(name),
            Privilege::Exposed(kind) => parts.push(format!("is reached from outside ({kind})")),
        }
    }
    if !created.is_empty() {
        parts.push(format!("allows to create {}", first_names(&created)));
    }
    parts.extend(mounted(&paths));
    parts.extend(added(&capabilities));
    parts.join(", ")
}

fn mounted(paths: &[&String]) -> Option<String> {
    match paths {
        [] => None,
        [path] => Some(format!("mounts {} of the node", ends(path, NAME))),
        paths => Some(format!("mounts {} paths of the node", paths.len())),
    }
}

fn added(capabilities: &[&String]) -> Option<String> {
    match capabilities {
        [] => None,
        [name] => Some(format!("adds the capability {}", ends(name, NAME))),
        names => Some(format!("adds the capabilities {}", first_names(names))),
    }
}

/// The first of some names, and how many more there are.
fn first_names(names: &[impl AsRef<str>]) -> String {
    let names: Vec<_> = names.iter().map(|name| ends(name.as_ref(), NAME)).collect();
    first_of(&names, NAMED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_granted_hides_behind_a_long_name_or_many_of_them() {
        let path = format!("/etc/{}/secret", "x".repeat(400));
        let privileges = [
            Privilege::HostPath(path),
            Privilege::Host("hostNetwork".to_owned()),
            Privilege::Capability("SYS_ADMIN".to_owned()),
        ];
        let told = granted(&privileges.into());
        assert!(told.starts_with("uses hostNetwork, mounts /etc/xxx"), "{told}");
        assert!(
            told.ends_with("xxx/secret of the node, adds the capability SYS_ADMIN"),
            "{told}"
        );
        assert!(told.len() < 200, "{told}");
        let to = (0..40).map(|number| format!("ServiceAccount a/{number}-{}", "x".repeat(250)));
        let privileges = [
            Privilege::Wildcard,
            Privilege::Role {
                role: "edit".to_owned(),
                to: to.collect(),
            },
        ];
        let told = granted(&privileges.into());
        assert!(told.starts_with("gives the role edit to ServiceAccount a/0-"), "{told}");
        assert!(told.ends_with("xx and 28 more, has * in a rule"), "{told}");
    }
}
