//! Where a user lacks a right: the command that prints the roles with it.

use std::error::Error as _;
use std::path::Path;

use super::options;
use crate::cluster::{ClusterError, Failure};
use crate::diagnostic::error::Error;

/// What somebody would tell `stackanetes roles`, to be given what a command takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RightsHint {
    purpose: &'static str,
    /// The directory, the environment and the set, as they were typed.
    arguments: Vec<String>,
    /// Whether parameters were set by hand, which may be secret and are not repeated.
    is_set_by_hand: bool,
}

impl RightsHint {
    /// The rights to read what the ApplySet of a directory holds.
    pub fn to_read(named: &options::NamingDirectory, set: &options::Set) -> Self {
        let mut rights = Self::of_set("preview", &named.directory, set);
        if let Some(environment) = &named.environment {
            rights.add("-e", environment);
        }
        rights
    }

    /// The rights to see what a sync would do.
    pub fn to_diff(desired: &options::DesiredOptions) -> Self {
        Self::of_desired("preview", desired)
    }

    /// The rights to do a sync.
    pub fn to_sync(desired: &options::DesiredOptions) -> Self {
        Self::of_desired("sync", desired)
    }

    fn of_desired(purpose: &'static str, desired: &options::DesiredOptions) -> Self {
        let source = &desired.source;
        let path = source.path().unwrap_or(Path::new("-"));
        let mut rights = Self::of_set(purpose, Path::new("desired"), &desired.set);
        if source.is_file() {
            rights.add("-f", &path.display().to_string());
        } else if path != Path::new("desired") {
            rights.arguments.push(quoted(&path.display().to_string()));
        }
        if let Some(environment) = source.environment() {
            rights.add("-e", environment);
        }
        if let Some(revision) = source.revision() {
            rights.add("--revision", revision);
        }
        rights.is_set_by_hand = source.is_set_by_hand();
        rights
    }

    fn of_set(purpose: &'static str, directory: &Path, set: &options::Set) -> Self {
        let mut rights = Self {
            purpose,
            arguments: Vec::new(),
            is_set_by_hand: false,
        };
        if directory != Path::new("desired") {
            rights.arguments.push(quoted(&directory.display().to_string()));
        }
        for (option, value) in [("--name", &set.name), ("-n", &set.namespace)] {
            if let Some(value) = value {
                rights.add(option, value);
            }
        }
        rights
    }

    fn add(&mut self, option: &str, value: &str) {
        self.arguments.extend([option.to_owned(), quoted(value)]);
    }

    /// The error with the command in it, if the cluster said that a user may not.
    pub fn explain(&self, error: Error) -> Error {
        match forbidden(&error).map(|refusal| refusal.user.clone()) {
            Some(user) => error.hint_instead(self.hint(user.as_deref())),
            None => error,
        }
    }

    /// What to do about a right that `user` lacks; nobody knows who they are where no answer named them.
    pub fn hint(&self, user: Option<&str>) -> String {
        if user == Some("system:anonymous") {
            return "no credential was sent: log in, or choose another --context or --user".to_owned();
        }
        let mut words = vec!["stackanetes roles".to_owned()];
        words.extend(self.arguments.iter().cloned());
        words.push(format!("--for {}", self.purpose));
        words.extend(user.map(subject));
        let command = words.join(" ");
        let again = match (self.is_set_by_hand, user) {
            (true, _) => ", with the parameters that were set by hand,",
            (false, None) => ", with --user, --group or --service-account,",
            (false, Some(_)) => "",
        };
        format!(
            "`{command}`{again} prints the roles that this takes; an administrator can pipe them to `kubectl apply --server-side -f -`"
        )
    }
}

/// The answer of a cluster that somebody may not, if it is what an error, or one found together with it, is
/// caused by.
fn forbidden(error: &Error) -> Option<&ClusterError> {
    let refusals = error
        .each()
        .filter_map(|error| error.source()?.downcast_ref::<ClusterError>());
    refusals
        .into_iter()
        .find(|refusal| refusal.failure == Failure::Forbidden)
}

/// How `roles` is told of a user. A ServiceAccount is one of a certain name.
fn subject(user: &str) -> String {
    let account = user
        .strip_prefix("system:serviceaccount:")
        .and_then(|rest| rest.split_once(':'));
    match account {
        Some((namespace, name)) => format!("--service-account {}", quoted(&format!("{namespace}/{name}"))),
        None => format!("--user {}", quoted(user)),
    }
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@%+=,~".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rights() -> RightsHint {
        let set = options::Set {
            name: None,
            namespace: Some("shop".to_owned()),
        };
        let named = options::NamingDirectory {
            directory: "my shop".into(),
            environment: None,
        };
        RightsHint::to_read(&named, &set)
    }

    #[test]
    fn the_command_names_the_directory_the_purpose_and_who_may_not() {
        let command = |user: &str| {
            let hint = rights().hint(Some(user));
            hint.split('`').nth(1).unwrap_or_default().to_owned()
        };
        assert_eq!(
            command("jane"),
            "stackanetes roles 'my shop' -n shop --for preview --user jane"
        );
        assert_eq!(
            command("system:serviceaccount:ci:deployer"),
            "stackanetes roles 'my shop' -n shop --for preview --service-account ci/deployer"
        );
        assert_eq!(
            command("O'Hara"),
            r"stackanetes roles 'my shop' -n shop --for preview --user 'O'\''Hara'"
        );
        assert!(
            rights()
                .hint(Some("system:anonymous"))
                .starts_with("no credential was sent")
        );
    }

    #[test]
    fn only_an_answer_that_forbids_is_explained_so() {
        let error = |failure| {
            Error::new("failed to list pods")
                .because(ClusterError::new(failure, "no"))
                .hint("old")
        };
        assert_eq!(rights().explain(error(Failure::Unreachable)).hints(), ["old"]);
        let explained = rights().explain(error(Failure::Forbidden));
        assert_eq!(explained.hints(), [rights().hint(None)]);
    }
}
