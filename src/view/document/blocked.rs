//! What a sync is refused for: what is refused for the same reason is one sentence, however many files or objects it is
//! about.

use super::super::value::few;
use super::alike::grouped;
use super::refusal::{encrypted, refusal};
use crate::plan::Refusal;
use crate::sops::Closed;

/// What refusals have in common that one sentence tells.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum SharedRefusal<'a> {
    /// Files that are encrypted for the same recipients.
    Encrypted(&'a [String], &'a [&'static str]),
    /// Objects that read what is not selected.
    Pending,
    /// Kinds that may not be listed.
    NotCompared,
}

/// A sentence for each refusal, or for all that are alike, in the order in which they come up first.
pub(super) fn blocked(refusals: &[Refusal]) -> Vec<String> {
    let groups = grouped(refusals, |reason| alike(reason));
    groups.iter().map(|group| together(group)).collect()
}

fn alike(reason: &Refusal) -> Option<SharedRefusal<'_>> {
    match reason {
        Refusal::Encrypted(closed) => Some(SharedRefusal::Encrypted(&closed.recipients, &closed.others)),
        Refusal::Pending { .. } => Some(SharedRefusal::Pending),
        Refusal::NotCompared(_) => Some(SharedRefusal::NotCompared),
        Refusal::Budget { .. }
        | Refusal::Empty
        | Refusal::NotAllowed(_)
        | Refusal::KeyHidden { .. }
        | Refusal::Mistakes(_)
        | Refusal::SecretDefaults(_)
        | Refusal::Irreversible(_)
        | Refusal::Source { .. }
        | Refusal::UnknownSource { .. }
        | Refusal::Elsewhere(_)
        | Refusal::Environment { .. } => None,
    }
}

/// One sentence for refusals that are [`SharedRefusal`].
fn together(group: &[&Refusal]) -> String {
    let (mut closed, mut pending, mut kinds): (Vec<&Closed>, Vec<String>, Vec<_>) = Default::default();
    for reason in group {
        match reason {
            Refusal::Encrypted(file) => closed.push(file),
            Refusal::Pending { reader, read } => pending.push(format!("{reader} reads {read}")),
            Refusal::NotCompared(kind) => kinds.push(kind),
            other => return refusal(other),
        }
    }
    match (group, closed.as_slice()) {
        ([one], _) => refusal(one),
        (_, [_, ..]) => encrypted(&closed),
        _ if !pending.is_empty() => format!(
            "{}; what they read is to change and is not selected; select it too",
            few(&pending)
        ),
        _ => format!(
            "{} may not be listed, so it cannot be said what would change",
            few(&kinds)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{GroupKind, ObjectRef};

    fn encrypted(file: usize, recipient: &str) -> Refusal {
        Refusal::Encrypted(Closed {
            file: format!("{file}.yaml"),
            recipients: vec![recipient.to_owned()],
            others: Vec::new(),
        })
    }

    #[test]
    fn what_is_refused_for_the_same_reason_is_one_sentence() {
        let object = |kind: &str, name: usize| ObjectRef {
            kind: GroupKind::new("", kind),
            namespace: None,
            name: name.to_string().into(),
        };
        let mut refusals: Vec<Refusal> = (0..41).map(|file| encrypted(file, "age1a")).collect();
        refusals.insert(2, Refusal::Empty);
        refusals.push(encrypted(50, "age1b"));
        refusals.extend((0..5).map(|number| Refusal::Pending {
            reader: object("Pod", number),
            read: object("ConfigMap", number),
        }));
        refusals.extend(["A", "B"].map(|kind| Refusal::NotCompared(GroupKind::new("", kind))));
        assert_eq!(
            blocked(&refusals),
            [
                "0.yaml, 1.yaml, 2.yaml and 38 more are encrypted for age1a, and there is no age identity to decrypt \
                 them with; pass one with --age-key-file; until then their values are compared with those of the last \
                 sync as ciphertext",
                "the desired state is empty; pass --allow-empty to delete all members",
                "50.yaml is encrypted for age1b, and there is no age identity to decrypt it with; pass one with \
                 --age-key-file; until then its values are compared with those of the last sync as ciphertext",
                "Pod 0 reads ConfigMap 0, Pod 1 reads ConfigMap 1, Pod 2 reads ConfigMap 2 and 2 more; what they read \
                 is to change and is not selected; select it too",
                "A, B may not be listed, so it cannot be said what would change",
            ]
        );
    }
}
