//! Why a sync refuses, and the way out.

use std::collections::BTreeSet;

use super::super::status::source;
use super::super::value::{few, visible};
use crate::applyset::source::{Source, Unconfirmed};
use crate::diagnostic::names::first_of;
use crate::plan::{CertainMistake, Elsewhere, Refusal};
use crate::sops::Closed;

/// The secret parameters that are no secret: how many, and the first of them.
fn secret_defaults(names: &[String]) -> String {
    /// How many are named.
    const NAMED: usize = 2;
    let count = names.len();
    let (noun, verb) = if count == 1 {
        ("parameter", "has the default")
    } else {
        ("parameters", "have the defaults")
    };
    format!(
        "{count} secret {noun} {verb} of the directory, which whoever can read it knows: {}; give others with \
         --parameters FILE, or pass --allow-default-secrets",
        visible(&first_of(names, NAMED))
    )
}

/// Mistakes that no cluster can make right: how many, and the first of them.
fn mistakes(mistakes: &BTreeSet<CertainMistake>) -> String {
    let told = |mistake: &CertainMistake| format!("{} in {}", mistake.identifier, mistake.object);
    let told: Vec<String> = mistakes.iter().map(told).collect();
    format!(
        "`stackanetes check` finds mistakes in what would be written: {}; correct them, or pass --no-check",
        few(&told)
    )
}

/// Files that cannot be decrypted, all for the same recipients, and what becomes of their values.
pub(super) fn encrypted(files: &[&Closed]) -> String {
    let why = sealed(files);
    let whose = if files.len() == 1 { "its" } else { "their" };
    format!("{why}; until then {whose} values are compared with those of the last sync as ciphertext")
}

/// A file that cannot be decrypted, for whom it is encrypted, and the way out.
pub fn closed(closed: &Closed) -> String {
    sealed(&[closed])
}

/// Files that cannot be decrypted, for whom all of them are encrypted, and the way out.
fn sealed(files: &[&Closed]) -> String {
    let Some(first) = files.first() else {
        return String::new();
    };
    let names: Vec<_> = files.iter().map(|closed| visible(&closed.file)).collect();
    let (are, them) = if files.len() == 1 {
        ("is", "it")
    } else {
        ("are", "them")
    };
    let encrypted = format!("{} {are} encrypted", few(&names));
    if first.recipients.is_empty() {
        return match first.others.join(", ") {
            others if others.is_empty() => format!("{encrypted}, and nothing in {them} says for whom"),
            others => {
                format!("{encrypted} for {others}, and only age is supported; add an age recipient to {them}")
            }
        };
    }
    format!(
        "{encrypted} for {}, and there is no age identity to decrypt {them} with; pass one with --age-key-file",
        visible(&first.recipients.join(", "))
    )
}

/// The set is another directory's, or another repository's.
fn another_source(last: &Source, now: Option<&Source>) -> String {
    let now = now.map_or_else(
        || "this is no git repository".to_owned(),
        |now| format!("this is {}", source(now)),
    );
    format!(
        "the set was synced last from {}, and {now}: give this one another name, or pass --switch-source to take the \
         set over, with its objects",
        source(last)
    )
}

/// The sentence that it cannot be told whether this is the repository that the set was synced from.
fn unknown_source(last: &Source, unconfirmed: &Unconfirmed) -> String {
    let (clone, fetch) = if unconfirmed.is_shallow {
        (
            "this clone, which is shallow",
            "fetch the whole history (`git fetch --unshallow`; in GitHub Actions `fetch-depth: 0`, in GitLab CI \
             `GIT_DEPTH: 0`)",
        )
    } else {
        ("this clone", "fetch it")
    };
    format!(
        "objects would be deleted, and it is not known whether this is the repository of the set: the set was synced \
         last from {}, and commit {} of that is not in {clone}; {fetch}, or pass --switch-source to take the set \
         over, with its objects",
        source(last),
        unconfirmed.commit.short()
    )
}

/// Why a sync refuses, and the way out.
pub fn refusal(reason: &Refusal) -> String {
    match reason {
        Refusal::Budget { deletes, allowed } => {
            format!("{deletes} objects would be deleted, and {allowed} may be; allow more with --max-prune {deletes}")
        }
        Refusal::Irreversible(crossed) => {
            format!(
                "{}; to do it anyway, pass --allow-irreversible",
                super::crossed(crossed)
            )
        }
        Refusal::Empty => "the desired state is empty; pass --allow-empty to delete all members".to_owned(),
        Refusal::Source { last, now } => another_source(last, now.as_ref()),
        Refusal::UnknownSource { last, unconfirmed } => unknown_source(last, unconfirmed),
        Refusal::Elsewhere(Elsewhere {
            environment,
            cluster,
            allowed,
        }) => {
            let what = match environment {
                Some(environment) => format!("the environment {environment}"),
                None => "this directory".to_owned(),
            };
            let allowed = match allowed.as_slice() {
                [] => "no cluster".to_owned(),
                allowed => allowed.join(" or "),
            };
            format!(
                "{what} belongs to {allowed}, and this is {cluster}: pass another --context, or add this one below \
                 `contexts:` in stackanetes.yaml"
            )
        }
        Refusal::Environment { last, now } => {
            let name = |environment: &Option<String>| {
                environment
                    .clone()
                    .map_or_else(|| "no environment".to_owned(), |name| format!("the environment {name}"))
            };
            format!(
                "{} was synced last, and this is {}; to do it anyway, pass --switch-environment",
                name(last),
                name(now)
            )
        }
        Refusal::KeyHidden { key, objects } => {
            let names: Vec<String> = objects.iter().map(ToString::to_string).collect();
            format!(
                "{key} may not be read, so it is unknown whether the pods of {} restart",
                names.join(", ")
            )
        }
        Refusal::Mistakes(mistakes) => self::mistakes(mistakes),
        Refusal::Encrypted(closed) => encrypted(&[closed]),
        Refusal::SecretDefaults(names) => secret_defaults(names),
        Refusal::Pending { reader, read } => {
            format!("{reader} reads {read}, which is to change and is not selected; select it too")
        }
        Refusal::NotAllowed(objects) => {
            format!(
                "you may not write {}; that takes `patch`, and `create` for what is new",
                few(objects)
            )
        }
        Refusal::NotCompared(kind) => format!("{kind} may not be listed, so it cannot be said what would change"),
    }
}
