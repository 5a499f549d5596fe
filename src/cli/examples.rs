//! The examples that each command's help opens with.

use clap::Command;

/// The examples of each command: a command line, and what it is for.
const EXAMPLES: [(&str, &[(&str, &str)]); 12] = [
    (
        "diff",
        &[
            ("stackanetes diff", "what a sync of desired/ would change"),
            (
                "stackanetes diff -e prod --component keystone",
                "of one component, in one environment",
            ),
            (
                "stackanetes diff --from main",
                "what this branch changes, without a cluster",
            ),
        ],
    ),
    (
        "sync",
        &[
            ("stackanetes sync", "show the plan, ask, and do it"),
            ("stackanetes sync --yes --timeout 30m", "in a pipeline"),
            ("stackanetes sync --revision HEAD~1", "go back by a commit"),
        ],
    ),
    (
        "delete",
        &[
            ("stackanetes delete", "show what would be deleted, and ask"),
            (
                "stackanetes delete --orphan",
                "hand the objects to another tool: they stay",
            ),
            (
                "stackanetes delete --name demo -n demo",
                "a set whose directory is gone",
            ),
        ],
    ),
    (
        "status",
        &[
            ("stackanetes status", "each object of desired/, and the last sync"),
            (
                "stackanetes status --name demo -n demo",
                "of a set without its directory",
            ),
            ("stackanetes status -A", "all ApplySets of the cluster"),
        ],
    ),
    (
        "history",
        &[
            ("stackanetes history", "the latest syncs"),
            ("stackanetes history -v", "with all that is kept of each"),
        ],
    ),
    (
        "snapshot",
        &[
            ("stackanetes snapshot --to /tmp/prod", "record what is synced"),
            (
                "stackanetes diff --sandbox /tmp/prod",
                "and compare with it later, without the cluster",
            ),
        ],
    ),
    (
        "check",
        &[
            ("stackanetes check", "desired/, without a cluster"),
            (
                "stackanetes check -e prod --format github",
                "of one environment, in GitHub Actions",
            ),
            (
                "helm template web ./chart | stackanetes check -f -",
                "what another program prints",
            ),
        ],
    ),
    (
        "render",
        &[
            ("stackanetes render", "all objects, with the values of Secrets masked"),
            (
                "stackanetes render -e prod --component keystone",
                "of one component, in one environment",
            ),
            (
                "stackanetes render --set misc.debug=true -l app=web",
                "of some labels, with a parameter set",
            ),
        ],
    ),
    (
        "roles",
        &[
            (
                "stackanetes roles --for preview --group developers",
                "for diffs of pull requests",
            ),
            (
                "stackanetes roles --for sync --service-account ci/deploy | kubectl apply -f -",
                "for a CI job",
            ),
        ],
    ),
    (
        "output",
        &[
            ("stackanetes output openrc > openrc", "of desired/"),
            (
                "stackanetes output openrc desired -e prod",
                "of another directory, in one environment",
            ),
        ],
    ),
    (
        "completions",
        &[
            (
                "source <(stackanetes completions bash)",
                "in this shell, or in each from ~/.bashrc on",
            ),
            ("source <(stackanetes completions zsh)", "likewise, from ~/.zshrc on"),
        ],
    ),
    (
        "help",
        &[
            ("stackanetes help", "the chapters of the manual"),
            ("stackanetes help pruning", "one of them"),
            ("stackanetes help sync", "the help of a command"),
        ],
    ),
];

/// The command whose subcommands open their help with their examples.
pub(super) fn with_examples(command: Command) -> Command {
    EXAMPLES.iter().fold(command, |command, (name, examples)| {
        let width = examples.iter().map(|(line, _)| line.len()).max().unwrap_or_default();
        let lines = examples
            .iter()
            .map(|(line, what)| format!("  {line:width$}  # {what}\n"));
        let lines: String = lines.collect();
        let template =
            format!("{{about-with-newline}}\n{lines}\n{{usage-heading}} {{usage}}\n\n{{all-args}}{{after-help}}");
        command.mut_subcommand(name, |subcommand| subcommand.help_template(template))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli;

    #[test]
    fn each_command_has_examples_that_it_understands() {
        let named: Vec<&str> = EXAMPLES.iter().map(|(name, _)| *name).collect();
        let command = cli::command();
        let subcommands: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
        assert_eq!(named, subcommands);
        for (name, examples) in EXAMPLES {
            assert!((2..=3).contains(&examples.len()), "{name}");
            for (line, what) in examples {
                let ours = line
                    .split(['|', '>', '(', ')'])
                    .find(|part| part.trim().starts_with("stackanetes "));
                let words = ours.expect("it is about this program").split_whitespace();
                let understood = cli::command().try_get_matches_from(words);
                assert!(understood.is_ok(), "{line}: {understood:?}");
                assert!(line.len() + what.len() < 95, "{line}: it is too wide");
            }
        }
    }
}
