//! What a value on the command line can be, for completions: names of the kubeconfig and of the directory.
//!
//! What cannot be read offers nothing: a shell has no place for an error.

use std::collections::BTreeSet;
use std::env;
use std::path::{Path, PathBuf};

use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};

use crate::cluster::{Connection, KubeconfigNames};
use crate::manual::TOPICS;
use crate::source;

/// The contexts of the kubeconfig.
pub(super) fn contexts() -> ArgValueCandidates {
    ArgValueCandidates::new(|| of_kubeconfig(|named| named.contexts))
}

/// The clusters of the kubeconfig.
pub(super) fn clusters() -> ArgValueCandidates {
    ArgValueCandidates::new(|| of_kubeconfig(|named| named.clusters))
}

/// The users of the kubeconfig.
pub(super) fn users() -> ArgValueCandidates {
    ArgValueCandidates::new(|| of_kubeconfig(|named| named.users))
}

/// The environments of the directory.
pub(super) fn environments() -> ArgValueCandidates {
    ArgValueCandidates::new(|| of_directory(|named| named.environments))
}

/// The components of the directory.
pub(super) fn components() -> ArgValueCandidates {
    ArgValueCandidates::new(|| of_directory(|named| named.components))
}

/// The texts that the directory gives out.
pub(super) fn outputs() -> ArgValueCandidates {
    ArgValueCandidates::new(|| of_directory(|named| named.outputs))
}

/// What `help` prints: the commands, and the chapters of the manual.
pub(super) fn topics() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let commands = super::command();
        let commands = commands.get_subcommands().map(|command| command.get_name().to_owned());
        let chapters = TOPICS.iter().map(|topic| topic.name.to_owned());
        let names: BTreeSet<String> = commands.chain(chapters).collect();
        candidates(names.into_iter().collect())
    })
}

fn of_kubeconfig(names: fn(KubeconfigNames) -> Vec<String>) -> Vec<CompletionCandidate> {
    let connection = Connection {
        kubeconfig: value_of(&typed(), "--kubeconfig").map(PathBuf::from),
        ..Connection::default()
    };
    candidates(connection.names().map(names).unwrap_or_default())
}

fn of_directory(names: fn(source::DirectoryNames) -> Vec<String>) -> Vec<CompletionCandidate> {
    candidates(source::names(&directory(&typed())).map(names).unwrap_or_default())
}

fn candidates(names: Vec<String>) -> Vec<CompletionCandidate> {
    names.into_iter().map(CompletionCandidate::new).collect()
}

/// The words of the command line that is to go on; the shell's script writes them behind `--`, as they are typed.
fn typed() -> Vec<String> {
    let words = env::args_os().skip_while(|word| word != "--").skip(1);
    let home = env::home_dir();
    words
        .map(|word| at_home(&word.to_string_lossy(), home.as_deref()))
        .collect()
}

/// A word in which a leading `~/` stands for the home directory, as it will for the shell that runs the command.
fn at_home(word: &str, home: Option<&Path>) -> String {
    match (word.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest).to_string_lossy().into_owned(),
        _ => word.to_owned(),
    }
}

/// The value of an option: in the same word, in the next, or behind a `=` that is a word, as bash splits them (bash(1),
/// `COMP_WORDBREAKS`).
fn value_of<'a>(words: &'a [String], option: &str) -> Option<&'a str> {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.strip_prefix(option) {
            Some("") => return words.find(|word| *word != "=").map(String::as_str),
            Some(rest) if rest.starts_with('=') => return rest.strip_prefix('='),
            _ => {}
        }
    }
    None
}

/// The directory that is meant: the first word that is one of desired state, else `desired`.
fn directory(words: &[String]) -> PathBuf {
    let is_ours = |word: &&String| Path::new(word).join("stackanetes.yaml").is_file();
    let typed = words.iter().skip(1).find(is_ours);
    typed.map_or_else(|| "desired".into(), PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_has_its_value_in_the_same_word_or_in_the_next() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        for line in [
            "stackanetes diff --kubeconfig a",
            "stackanetes diff --kubeconfig=a --context",
            "stackanetes diff --kubeconfig = a --context = b",
        ] {
            assert_eq!(value_of(&words(line), "--kubeconfig"), Some("a"), "{line}");
        }
        assert_eq!(value_of(&words("stackanetes diff --kubeconfig"), "--kubeconfig"), None);
        assert_eq!(
            value_of(&words("stackanetes diff --kubeconfigs a"), "--kubeconfig"),
            None
        );
    }

    #[test]
    fn a_tilde_at_the_start_is_the_home_directory() {
        let at = |word| at_home(word, Some(Path::new("/home/ann")));
        assert_eq!(at("~/.kube/config"), "/home/ann/.kube/config");
        for word in ["a~/b", "~bob/config", "~", "./~/b"] {
            assert_eq!(at(word), word);
        }
        assert_eq!(at_home("~/a", None), "~/a");
    }
}
