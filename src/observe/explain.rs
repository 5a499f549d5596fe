//! Turns what a cluster refuses into errors that point at the manifest and say what to do.

use crate::cluster::{CauseKind, ClusterError, Failure, Judge};
use crate::diagnostic::error::Error;
use crate::object::field::FieldPath;
use crate::object::shown::ShownPath;
use crate::object::{self, DesiredObject};

/// A request that is about no manifest failed: `failed to <what>`.
pub fn failed(what: &str, error: ClusterError) -> Error {
    let hint = hint(&error.failure);
    let explained = Error::new(format!("failed to {what}")).because(error);
    match hint {
        Some(hint) => explained.hint(hint),
        None => explained,
    }
}

/// A desired object is refused. The words of who refuses it stand at the fields they are about.
///
/// They quote values, so where there is a secret among them none are passed on, only which fields it is about.
pub fn refused(judge: Judge, desired: &DesiredObject, error: ClusterError) -> Error {
    let reference = &desired.reference;
    let secret = is_secret(desired);
    let hint = match &error.failure {
        Failure::NamespaceMissing => Some(match &reference.namespace {
            Some(namespace) => format!(
                "namespace {namespace} does not exist: add it to the directory, or create it with \
                 `kubectl create namespace {namespace}`"
            ),
            None => "its namespace does not exist".to_owned(),
        }),
        failure => hint(failure),
    };
    let is_refusal = matches!(error.failure, Failure::Invalid | Failure::Denied);
    let mut explained = Error::new(match (judge, is_refusal) {
        (Judge::Server, true) => format!("the server refuses {reference}"),
        (Judge::Server, false) => format!("failed to ask the server about {reference}"),
        (Judge::Sandbox, true) => format!("{reference} is not valid"),
        (Judge::Sandbox, false) => format!("{reference} cannot be applied"),
    });
    let has_cause = |kind: CauseKind| error.causes.iter().any(|cause| cause.kind == kind);
    if has_cause(CauseKind::NotString) {
        explained = explained.hint(
            "put the value in quotes (without them y, yes, on, n, no and off are booleans, and 1 is a number); an \
             expression becomes text with `| string`",
        );
    }
    if has_cause(CauseKind::Immutable) {
        explained = explained.hint(format!(
            "such a field can be set only when the object is created: if it may be recreated, delete {reference} and sync"
        ));
    }
    let mut placed = false;
    for cause in &error.causes {
        let Some(path) = &cause.path else { continue };
        if let Some(place) = desired.place(path) {
            let words = if secret {
                without_value(cause.kind)
            } else {
                &cause.message
            };
            let shown = ShownPath::of(path, [desired]);
            explained = explained.at(place, format!("{shown}: {words}"));
            placed = true;
        }
    }
    if !placed && let Some(place) = desired.place(&FieldPath::root()) {
        explained = explained.at(place, "");
    }
    let quota = error.causes.iter().find(|cause| cause.kind == CauseKind::Quota);
    if let (true, Some(quota)) = (secret, quota) {
        explained = explained.because(ClusterError::new(error.failure, &quota.message));
    } else if secret && error.failure != Failure::NamespaceMissing {
        if let Some(words) = error.without_values() {
            explained = explained.because(ClusterError::new(error.failure.clone(), words));
        }
        if !matches!(error.failure, Failure::Unreachable | Failure::Unreadable) {
            explained = explained.hint(match judge {
                Judge::Server => "the server's words are not shown, since they may quote a secret value",
                Judge::Sandbox => "the reason is not shown, since it may quote a secret value",
            });
        }
    } else if !placed {
        explained = explained.because(error);
    }
    match hint {
        Some(hint) => explained.hint(hint),
        None => explained,
    }
}

/// What is wrong with a field whose value may be secret.
fn without_value(kind: CauseKind) -> &'static str {
    match kind {
        CauseKind::Immutable => "it cannot be changed once the object exists",
        CauseKind::NotString => "it must be a string",
        CauseKind::WrongType => "its value is of another type than the schema says",
        CauseKind::Required => "it is required",
        CauseKind::Forbidden => "it is not allowed here",
        CauseKind::NotSupported => "its value is none of those that are allowed",
        CauseKind::NotFound => "what it names does not exist",
        CauseKind::Duplicate => "it is there twice",
        CauseKind::TooLong => "it is too long",
        CauseKind::Invalid => "its value is not allowed",
        CauseKind::Owned => "another manager owns it",
        CauseKind::Quota | CauseKind::Other => "it is refused",
    }
}

/// The server's warnings about a desired object. Like its refusals they may quote values, so where
/// one is secret it is only said that there are some.
pub fn warnings(desired: &DesiredObject, warnings: Vec<String>) -> Vec<String> {
    if warnings.is_empty() || !is_secret(desired) {
        return warnings;
    }
    vec!["the server warned; its words are not shown, since they may quote a secret value".to_owned()]
}

/// Whether the server's words about an object may quote what must not be shown: of a Secret, and of an
/// object into which a secret parameter goes.
fn is_secret(desired: &DesiredObject) -> bool {
    object::is_secret(&desired.reference.kind) || desired.origins.is_secret(&FieldPath::root())
}

fn hint(failure: &Failure) -> Option<String> {
    let hint = match failure {
        Failure::Unauthorized => "log in again, or choose another --context or --kubeconfig",
        Failure::PluginMissing { install_hint: None } => "install the plugin, or choose another --context or --user",
        Failure::PluginMissing {
            install_hint: Some(hint),
        } => return Some(one_line(hint)),
        Failure::PluginFailed { install_hint: None } => "log in again, or choose another --context or --user",
        Failure::PluginFailed {
            install_hint: Some(hint),
        } => return Some(format!("log in again, or reinstall the plugin: {}", one_line(hint))),
        Failure::MayNotImpersonate => "ask for the right to `impersonate` whom --as, or the kubeconfig, names",
        Failure::Forbidden => "ask for the roles that `stackanetes roles` prints, or use another --context",
        Failure::ClearText => {
            "write https:// before the server; `kubectl proxy` has a credential of its own, and takes none: \
             `--kubeconfig /dev/null --server http://127.0.0.1:8001`"
        }
        Failure::Untrusted => {
            "the server's certificate is signed by nobody that is trusted, or is another server's: check the server, \
             and name who signs for it by --certificate-authority FILE"
        }
        Failure::Unreadable => {
            "something else may answer in the place of the server: look at what is on the way, such as a proxy"
        }
        Failure::Unreachable => "check that the server is running, and the --context that is used",
        Failure::CertificateOutOfDate => {
            "the server's certificate is not valid at this time: look at the clock of this machine, or have the \
             certificate renewed"
        }
        Failure::CertificateUnfit => {
            "the server's certificate is none that a server may show: have one issued to the server that is no \
             authority's own (`CA:FALSE`)"
        }
        Failure::NoCluster => "give a kubeconfig by --kubeconfig or $KUBECONFIG",
        Failure::NamespaceTerminating => "the namespace is being deleted: wait until it is gone",
        // What is wrong is with the request or the object, and the server's words say it.
        Failure::Configuration
        | Failure::Denied
        | Failure::NotFound
        | Failure::NamespaceMissing
        | Failure::Conflict
        | Failure::AlreadyExists
        | Failure::Invalid
        | Failure::Other => return None,
    };
    Some(hint.to_owned())
}

/// Words that somebody else broke into lines.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
