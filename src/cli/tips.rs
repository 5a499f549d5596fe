//! Tips for words that other tools use.

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue};

/// Words of kubectl, Terraform, kapp and Argo CD, and what they are called here.
const TIPS: [(&str, &str); 21] = [
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
];

/// The error with a tip, where the word that was not understood is one of another tool.
pub(super) fn with_tip(mut error: clap::Error) -> clap::Error {
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
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(line: &str) -> String {
        let error = super::super::command()
            .try_get_matches_from(line.split(' '))
            .expect_err("it is refused");
        with_tip(error).to_string()
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
        ] {
            let text = refused(line);
            assert!(text.contains(tip), "{line}: {text}");
            assert!(!text.contains("a similar"), "{line}: {text}");
        }
        assert!(refused("stackanetes dif").contains("'diff'"));
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
