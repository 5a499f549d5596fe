//! Tips for words that other tools use.

use std::ffi::OsString;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue};

/// Words of kubectl, Terraform, kapp and Argo CD, and what they are called here.
const TIPS: [(&str, &str); 33] = [
    (
        "apply",
        "to apply a directory, use `sync`; to see what it would do, use `diff`",
    ),
    (
        "plan",
        "to see what a sync would do, use `diff`; to save that, `diff --out FILE`",
    ),
    ("deploy", "to apply a directory, use `sync`"),
    ("install", "to apply a directory, use `sync`"),
    ("upgrade", "to apply a directory, use `sync`"),
    ("destroy", "to delete all members of an ApplySet, use `delete`"),
    ("uninstall", "to delete all members of an ApplySet, use `delete`"),
    (
        "rollback",
        "to go back, sync an earlier commit: `sync --revision COMMIT`",
    ),
    (
        "template",
        "to print the manifests that a directory renders to, use `render`",
    ),
    (
        "build",
        "to print the manifests that a directory renders to, use `render`",
    ),
    ("validate", "to find mistakes without a cluster, use `check`"),
    ("lint", "to find mistakes without a cluster, use `check`"),
    (
        "get",
        "to list the members of an ApplySet and how they are, use `status`",
    ),
    ("list", "to list the ApplySets of a cluster, use `status -A`"),
    ("ls", "to list the ApplySets of a cluster, use `status -A`"),
    ("log", "to list earlier syncs, use `history`"),
    ("logs", "to list earlier syncs, use `history`"),
    ("-o", "for JSON use `--format json`"),
    ("--output", "for JSON use `--format json`"),
    (
        "--dry-run",
        "to see what a sync would do, use `diff`: it changes nothing",
    ),
    ("--prune", "a sync prunes unless you pass --no-prune"),
    ("prune", "a sync prunes: use `sync`, after `diff`"),
    ("version", "to print the version, use `--version`"),
    ("--all", "diff and sync are about all objects of DIR"),
    (
        "-A",
        "diff and sync are about all namespaces of DIR; to list the ApplySets of a cluster, use `status -A`",
    ),
    ("--server-side", "a sync always applies server-side"),
    ("--no-wait", "to apply without waiting, use `--wait=false`"),
    ("--auto-approve", "to sync without being asked, use `--yes`"),
    ("--atomic", "to go back after a failure, use `--rollback-on-failure`"),
    ("-R", "DIR is read in any depth"),
    ("--recursive", "DIR is read in any depth"),
    ("-k", KUSTOMIZE),
    ("--kustomize", KUSTOMIZE),
];

const KUSTOMIZE: &str = "stackanetes.yaml says what kustomize makes: see `help kustomize-and-helm`";

/// The error with a tip, where the word of the command line that was not understood is one of another tool.
pub(super) fn with_tip(mut error: clap::Error, line: &[OsString]) -> clap::Error {
    let wrong = [ContextKind::InvalidSubcommand, ContextKind::InvalidArg];
    let word = wrong.into_iter().find_map(|kind| match error.get(kind)? {
        ContextValue::String(word) => Some(word.clone()),
        _ => None,
    });
    let word = word.as_deref().unwrap_or_default();
    let name = word.split('=').next().unwrap_or_default();
    let Some((_, tip)) = TIPS.iter().find(|(other, _)| *other == name) else {
        return error;
    };
    for similar in [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg] {
        error.remove(similar);
    }
    let tip = ContextValue::StyledStrs(vec![StyledStr::from(*tip)]);
    error.insert(ContextKind::Suggested, tip);
    // The usage of an error is about the option that was guessed.
    error.insert(ContextKind::Usage, ContextValue::StyledStr(usage(line)));
    error
}

/// The usage of the command that a line names, or of all.
fn usage(line: &[OsString]) -> StyledStr {
    let mut whole = super::command();
    whole.build();
    let mut words = line.iter().skip(1).filter_map(|word| word.to_str());
    let named = words.find(|word| whole.find_subcommand(word).is_some());
    match named.and_then(|name| whole.find_subcommand_mut(name)) {
        Some(command) => command.render_usage(),
        None => whole.render_usage(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(line: &str) -> String {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let error = super::super::command()
            .try_get_matches_from(&words)
            .expect_err("it is refused");
        with_tip(error, &words).to_string()
    }

    #[test]
    fn words_of_other_tools_get_a_tip() {
        for (line, tip) in [
            ("stackanetes apply", "tip: to apply a directory, use `sync`"),
            ("stackanetes plan", "tip: to see what a sync would do, use `diff`"),
            ("stackanetes diff -o json", "tip: for JSON use `--format json`"),
            ("stackanetes diff --output json", "tip: for JSON use `--format json`"),
            ("stackanetes log", "tip: to list earlier syncs, use `history`"),
            (
                "stackanetes sync --dry-run",
                "tip: to see what a sync would do, use `diff`",
            ),
            ("stackanetes sync --dry-run=server", "tip: to see what a sync would do"),
            (
                "stackanetes sync --prune",
                "tip: a sync prunes unless you pass --no-prune",
            ),
            ("stackanetes prune", "tip: a sync prunes"),
            ("stackanetes sync --all", "tip: diff and sync are about all objects"),
            ("stackanetes diff -A", "tip: diff and sync are about all namespaces"),
            (
                "stackanetes sync --no-wait",
                "tip: to apply without waiting, use `--wait=false`",
            ),
            ("stackanetes sync --atomic", "use `--rollback-on-failure`"),
            ("stackanetes sync -k overlay", "see `help kustomize-and-helm`"),
            ("stackanetes version", "tip: to print the version, use `--version`"),
        ] {
            let text = refused(line);
            assert!(text.contains(tip), "{line}: {text}");
            assert!(!text.contains("a similar"), "{line}: {text}");
        }
        assert!(refused("stackanetes dif").contains("'diff'"));
    }

    #[test]
    fn the_usage_below_a_tip_is_that_of_the_command() {
        for line in [
            "stackanetes sync --dry-run",
            "stackanetes -v sync --prune",
            "stackanetes sync shop --all",
        ] {
            let text = refused(line);
            assert!(
                text.contains("Usage: stackanetes sync [OPTIONS] [DIR]\n"),
                "{line}: {text}"
            );
        }
        let text = refused("stackanetes apply");
        assert!(text.contains("Usage: stackanetes [OPTIONS] <COMMAND>\n"), "{text}");
    }

    #[test]
    fn what_a_tip_names_there_is() {
        let command = super::super::command();
        for (_, tip) in TIPS {
            for named in tip.split('`').skip(1).step_by(2) {
                let word = named.split(' ').next().unwrap_or_default();
                let there = word.starts_with('-') || command.find_subcommand(word).is_some();
                assert!(there, "{tip}");
            }
        }
    }
}
