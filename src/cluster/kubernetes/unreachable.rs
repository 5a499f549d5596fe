//! Why there is no answer, in words: what failed between here and the API server.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use kube::client::AuthError;
use kube::config::ExecConfig;
use rustls::CertificateError;

use crate::cluster::{ClusterError, Failure};

/// An API server, as far as errors tell of it.
#[derive(Debug, Clone)]
pub(super) struct ServerAddress {
    /// Its URL.
    pub url: String,
    /// What gets the credential for it, where that is a program.
    pub plugin: Option<Plugin>,
}

/// A credential plugin: a program that gets a credential (KEP-541).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plugin {
    /// The program.
    pub command: String,
    /// How to come by it, as the kubeconfig says.
    pub install_hint: Option<String>,
}

impl Plugin {
    /// The one that a kubeconfig declares.
    pub fn of(exec: &ExecConfig) -> Self {
        Self {
            command: exec.command.clone().unwrap_or_default(),
            install_hint: exec.install_hint.clone().filter(|hint| !hint.trim().is_empty()),
        }
    }
}

/// The error of a request that got no answer from `server`.
pub(super) fn error(server: &ServerAddress, error: impl StdError + Send + Sync + 'static) -> ClusterError {
    if let Some(auth) = find::<AuthError>(&error) {
        return credential(server, auth);
    }
    let message = format!("failed to reach {}: {}", server.url, innermost(&error));
    let certificate = chain(&error).find_map(wrong_certificate);
    let failure = certificate.map_or(Failure::Unreachable, of_a_certificate);
    ClusterError::new(failure, message).because(error)
}

/// The error of a request that `server` left without an answer for `limit`.
pub(super) fn no_answer(server: &ServerAddress, limit: Duration) -> ClusterError {
    let limit = match limit.as_secs() {
        1 if limit.subsec_nanos() == 0 => "1 second".to_owned(),
        seconds if limit.subsec_nanos() == 0 => format!("{seconds} seconds"),
        _ => format!("{} milliseconds", limit.as_millis()),
    };
    let message = format!("failed to reach {}: no answer within {limit}", server.url);
    ClusterError::new(Failure::Unreachable, message)
}

/// Whether it may go better a moment later.
pub(super) fn is_transient(error: &ClusterError) -> bool {
    matches!(error.failure, Failure::Unreachable | Failure::Unreadable)
}

/// The error of a credential for `server` that could not be had. It carries no source: what a plugin wrote to its
/// standard output may hold the credential. What it wrote to standard error is for people.
pub(super) fn credential(server: &ServerAddress, error: &AuthError) -> ClusterError {
    let plugin = match &server.plugin {
        Some(plugin) => format!("the credential plugin {}", plugin.command),
        None => "the credential plugin".to_owned(),
    };
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
    let install_hint = server.plugin.as_ref().and_then(|plugin| plugin.install_hint.clone());
    let failure = match error {
        AuthError::AuthExecStart(_) => Failure::PluginMissing { install_hint },
        AuthError::AuthExecRun { .. } => Failure::PluginFailed { install_hint },
        _ => Failure::Unauthorized,
    };
    ClusterError::new(failure, format!("failed to get a credential for {}: {why}", server.url))
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
    // The library shows what it has no words for as its types nest.
    if let Some(CertificateError::Other(other)) = chain(error).find_map(wrong_certificate) {
        return format!("invalid peer certificate: {other}");
    }
    words(&chain(error).last().unwrap_or(error).to_string())
}

/// What is wrong with the certificate that the server showed, where TLS ended for that.
fn wrong_certificate<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a CertificateError> {
    // An I/O error leaves the error that it holds out of its sources.
    let held = std::iter::successors(Some(error), |error| {
        let held = error.downcast_ref::<io::Error>()?.get_ref()?;
        Some(held as &(dyn StdError + 'static))
    });
    let mut tls = held.filter_map(|error| error.downcast_ref::<rustls::Error>());
    tls.find_map(|error| match error {
        rustls::Error::InvalidCertificate(wrong) => Some(wrong),
        _ => None,
    })
}

/// What can be done about a wrong certificate; none of it is to wait.
fn of_a_certificate(wrong: &CertificateError) -> Failure {
    match wrong {
        // A wrong signature: another authority has the name of the one that is trusted.
        CertificateError::UnknownIssuer
        | CertificateError::BadSignature
        | CertificateError::NotValidForName
        | CertificateError::NotValidForNameContext { .. } => Failure::Untrusted,
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => Failure::CertificateOutOfDate,
        _ => Failure::CertificateUnfit,
    }
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
    fn what_is_wrong_with_a_certificate_decides_what_to_do() {
        let failure = |wrong| {
            let tls = io::Error::other(rustls::Error::InvalidCertificate(wrong));
            let error = error(&server("https://a:6443"), kube::Error::Service(Box::new(tls)));
            assert!(!is_transient(&error), "{error}");
            error.failure
        };
        assert_eq!(failure(CertificateError::UnknownIssuer), Failure::Untrusted);
        assert_eq!(failure(CertificateError::NotValidForName), Failure::Untrusted);
        assert_eq!(failure(CertificateError::Expired), Failure::CertificateOutOfDate);
        assert_eq!(failure(CertificateError::NotValidYet), Failure::CertificateOutOfDate);
        assert_eq!(failure(CertificateError::BadSignature), Failure::Untrusted);
        assert_eq!(failure(CertificateError::Revoked), Failure::CertificateUnfit);
        assert_eq!(failure(CertificateError::InvalidPurpose), Failure::CertificateUnfit);
    }

    fn server(url: &str) -> ServerAddress {
        let plugin = Plugin {
            command: "login".into(),
            install_hint: Some("brew install login".into()),
        };
        ServerAddress {
            url: url.into(),
            plugin: Some(plugin),
        }
    }

    #[test]
    fn the_innermost_error_says_why() {
        let refused = io::Error::from_raw_os_error(111);
        let error = error(
            &server("https://127.0.0.1:6443"),
            kube::Error::Service(Box::new(refused)),
        );
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
        let error = error(&server("https://x"), kube::Error::Auth(auth));
        let install_hint = Some("brew install login".to_owned());
        assert_eq!(error.failure, Failure::PluginFailed { install_hint });
        assert!(
            error.to_string().contains("the credential plugin login failed"),
            "{error}"
        );
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        assert!(error.to_string().ends_with("ask your team for a login"), "{error}");
    }
}
