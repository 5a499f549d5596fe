//! What can be wrong with a kubeconfig, in words.

use std::error::Error as StdError;
use std::path::{Path, PathBuf};

use kube::config::{KubeconfigError, LoadDataError};

use crate::cluster::kubernetes::unreachable::words;
use crate::cluster::{ClusterError, Failure};

/// A file that is no kubeconfig. Of a syntax error only the place is told: the file holds credentials.
pub(super) fn unreadable(file: &Path, error: KubeconfigError) -> ClusterError {
    let file = file.display();
    match error {
        KubeconfigError::ReadConfig(error, _) => {
            because(format!("failed to read {file}: {}", words(&error.to_string())), error)
        }
        KubeconfigError::Parse(error) => {
            let place = error
                .location()
                .map_or_else(String::new, |place| format!(":{}:{}", place.line(), place.column()));
            failure(format!("failed to read {file}{place}: it is not a kubeconfig"))
        }
        error => because(format!("failed to read {file}: {}", words(&error.to_string())), error),
    }
}

/// The error of a cluster or a user that says something that cannot be used; `whose` is what a person calls it,
/// such as `context prod`.
pub(in crate::cluster::kubernetes) fn unusable(whose: &str, error: KubeconfigError) -> ClusterError {
    let file = |what: &str, error: &LoadDataError| match error {
        LoadDataError::ReadFile(error, path) => {
            format!(
                "failed to read the {what} {}: {}",
                path.display(),
                words(&error.to_string())
            )
        }
        error => format!("failed to read the {what} of {whose}: {}", words(&error.to_string())),
    };
    let message = match &error {
        KubeconfigError::LoadCertificateAuthority(error) => file("certificate authority", error),
        KubeconfigError::LoadClientCertificate(error) => file("client certificate", error),
        KubeconfigError::LoadClientKey(error) => file("client key", error),
        error => format!("failed to use {whose}: {}", words(&error.to_string())),
    };
    because(message, error)
}

/// `a, b`
pub(super) fn join(files: &[PathBuf]) -> String {
    let files = files.iter().map(|file| file.display().to_string());
    files.collect::<Vec<_>>().join(", ")
}

pub(super) fn failure(message: String) -> ClusterError {
    ClusterError::new(Failure::Configuration, message)
}

pub(super) fn because(message: String, source: impl StdError + Send + Sync + 'static) -> ClusterError {
    failure(message).because(source)
}
