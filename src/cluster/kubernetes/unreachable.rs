//! Why there is no answer, in words: what failed between here and the API server.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use kube::client::AuthError;

use crate::cluster::{ClusterError, Failure};

/// The error of a request that got no answer from `server`.
pub(super) fn error(server: &str, error: impl StdError + Send + Sync + 'static) -> ClusterError {
    if let Some(auth) = find::<AuthError>(&error) {
        return credential(server, None, auth);
    }
    let message = format!("failed to reach {server}: {}", innermost(&error));
    ClusterError::new(Failure::Unreachable, message).because(error)
}

/// The error of a request that `server` left without an answer for `limit`.
pub(super) fn no_answer(server: &str, limit: Duration) -> ClusterError {
    let seconds = limit.as_secs();
    ClusterError::new(
        Failure::Unreachable,
        format!("failed to reach {server}: no answer within {seconds} seconds"),
    )
}

/// Whether it may go better a moment later.
pub(super) fn is_transient(error: &ClusterError) -> bool {
    error.failure == Failure::Unreachable
}

/// The error of a credential that could not be had, by a `plugin` where that is known. It carries no source: what
/// a plugin wrote to its standard output may hold the credential. What it wrote to standard error is for people.
pub(super) fn credential(server: &str, plugin: Option<&str>, error: &AuthError) -> ClusterError {
    let plugin = plugin.map_or_else(
        || "the credential plugin".to_owned(),
        |name| format!("the credential plugin {name}"),
    );
    let why = match error {
        AuthError::AuthExecStart(error) => {
            format!("{plugin} did not start: {}", words(&error.to_string()))
        }
        AuthError::AuthExecRun { out, .. } => {
            let said = String::from_utf8_lossy(&out.stderr);
            match said.trim() {
                "" => format!("{plugin} failed with {}", out.status),
                said => format!("{plugin} failed with {}: {said}", out.status),
            }
        }
        AuthError::AuthExecParse(_) | AuthError::ParseTokenKey(_) => {
            format!("{plugin} printed no credential")
        }
        AuthError::ReadTokenFile(error, path) => {
            format!("failed to read {}: {}", path.display(), words(&error.to_string()))
        }
        AuthError::InvalidBasicAuth(_) | AuthError::InvalidBearerToken(_) => "it cannot stand in a header".into(),
        other => words(&other.to_string()),
    };
    ClusterError::new(
        Failure::Unauthorized,
        format!("failed to get a credential for {server}: {why}"),
    )
}

/// What an error at the bottom of the chain says.
pub(super) fn innermost(error: &(dyn StdError + 'static)) -> String {
    let timed_out = |error: &(dyn StdError + 'static)| {
        error
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
    };
    if chain(error).any(timed_out) {
        return "timed out".into();
    }
    words(&chain(error).last().unwrap_or(error).to_string())
}

/// An operating system's or a library's message in the form of ours.
pub(super) fn words(message: &str) -> String {
    let message = message.split(" (os error ").next().unwrap_or(message).trim();
    let mut characters = message.chars();
    match (characters.next(), characters.clone().next()) {
        (Some(first), Some(second)) if first.is_uppercase() && !second.is_uppercase() => {
            first.to_lowercase().chain(characters).collect()
        }
        _ => message.to_owned(),
    }
}

fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    chain(error).find_map(|error| error.downcast_ref())
}

fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn StdError + 'static)| (*error).source())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_error_says_why() {
        let refused = io::Error::from_raw_os_error(111);
        let error = error("https://127.0.0.1:6443", kube::Error::Service(Box::new(refused)));
        assert_eq!(
            error.to_string(),
            "failed to reach https://127.0.0.1:6443: connection refused"
        );
        assert_eq!(error.failure, Failure::Unreachable);
        assert!(error.source.is_some());
    }

    #[test]
    fn what_a_credential_plugin_printed_is_not_repeated() {
        let output = std::process::Output {
            status: std::process::ExitStatus::default(),
            stdout: b"token: hunter2".to_vec(),
            stderr: b"ask your team for a login".to_vec(),
        };
        let auth = AuthError::AuthExecRun {
            cmd: "plugin hunter2".into(),
            out: Box::new(output),
        };
        let error = error("https://x", kube::Error::Auth(auth));
        assert_eq!(error.failure, Failure::Unauthorized);
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        assert!(error.to_string().ends_with("ask your team for a login"), "{error}");
    }
}
