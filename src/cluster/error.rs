//! What a cluster refuses, sorted by what can be done about it.

use std::error::Error as StdError;
use std::fmt;

use crate::object::field::FieldPath;

/// A request that failed.
#[derive(Debug)]
pub struct ClusterError {
    /// What kind of failure it is: what the program decides by.
    pub failure: Failure,
    /// The server's words, or the client's. They may quote values of the object sent.
    pub message: String,
    /// The fields that the server named, each with its words.
    pub causes: Vec<FieldCause>,
    /// Whom the server took us for, where it says so: of [`Failure::Forbidden`].
    pub user: Option<Box<str>>,
    /// The HTTP status of the server's answer, if there was one.
    pub code: Option<u16>,
    /// The cause below, when it is not the server's answer.
    pub source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The kinds of failure that differ in what can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Nothing says which cluster is meant: there is no kubeconfig, or none with a context.
    NoCluster,
    /// Connection data that cannot be used: an unknown context, a file that cannot be read.
    Configuration,
    /// A credential would go where anybody on the way could read it.
    ClearText,
    /// A credential plugin of the kubeconfig did not start.
    PluginMissing {
        /// How to come by it, in the words of the kubeconfig.
        install_hint: Option<String>,
    },
    /// A credential plugin of the kubeconfig failed.
    PluginFailed {
        /// How to come by it, likewise: it may be an old one.
        install_hint: Option<String>,
    },
    /// No answer: nothing listens, TLS fails, a time-out.
    Unreachable,
    /// A successful answer that is not what was asked for: something else answers in the place of the server. Of a
    /// write it is not known whether it was done.
    Unreadable,
    /// The certificate of the server is signed by nobody that is trusted, or is not its own.
    Untrusted,
    /// The certificate of the server has expired, or is not valid yet.
    CertificateOutOfDate,
    /// The certificate of the server is none that a server may show: an authority's own, one for another purpose, a
    /// revoked one, one that is not well formed.
    CertificateUnfit,
    /// 401: a missing, wrong or expired credential.
    Unauthorized,
    /// 403: the user may not; the server says which verb on what.
    Forbidden,
    /// 403: the user may not act as whom they named.
    MayNotImpersonate,
    /// An admission plugin, a webhook or a policy refuses: the user may, but not with this object. So does a
    /// webhook that has to be asked and does not answer.
    Denied,
    /// 404 for the object or its kind.
    NotFound,
    /// 404 for the namespace of the object.
    NamespaceMissing,
    /// 409: another version, another UID, or fields of another manager.
    Conflict,
    /// 409 to a create.
    AlreadyExists,
    /// 400, 413, 422, or a 500 of the apply's own schema check: the object is not valid. There may be
    /// no causes.
    Invalid,
    /// The namespace is being deleted: nothing can be created in it.
    NamespaceTerminating,
    /// Anything else; 429 and 5xx after the client's own tries.
    Other,
}

impl Failure {
    /// Whether the same request may be answered otherwise a moment later: there was no answer, none that can be read, or
    /// one that the server gives in trouble.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Unreachable | Self::Unreadable | Self::Other)
    }
}

/// One field the server refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldCause {
    /// The field, when the server's words could be read as one.
    pub path: Option<FieldPath>,
    /// What is wrong with it: what the program decides by.
    pub kind: CauseKind,
    /// The server's words. They may quote the value.
    pub message: String,
}

/// What is wrong with a field. The kinds are those of `k8s.io/apimachinery` (`metav1.CauseType`), and two that
/// API servers tell in prose alone: [`CauseKind::Immutable`] and [`CauseKind::NotString`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CauseKind {
    /// The field cannot be changed once the object exists: only another object can have the value.
    Immutable,
    /// The field must be a string, and is something else.
    NotString,
    /// Its value is of another type than the schema says.
    WrongType,
    /// The field must be there, and is not.
    Required,
    /// The field must not be there, or not with what else is there.
    Forbidden,
    /// Its value is none of those that are allowed.
    NotSupported,
    /// The field names something that does not exist.
    NotFound,
    /// Its value, or its key, is there twice.
    Duplicate,
    /// Its value is too long, or its items are too many.
    TooLong,
    /// Its value is not allowed.
    Invalid,
    /// Another manager owns it.
    Owned,
    /// The object would take more than a quota allows. The words are the quota's name and amounts, and quote nothing of
    /// the object.
    Quota,
    /// The server gives no kind, or one that this program does not know.
    Other,
}

impl ClusterError {
    /// A failure in these words.
    pub fn new(failure: Failure, message: impl Into<String>) -> Self {
        Self {
            failure,
            message: message.into(),
            causes: Vec::new(),
            user: None,
            code: None,
            source: None,
        }
    }

    /// What is wrong in words that quote no value of an object, where they tell more than the kind of the failure: those
    /// of the client, or the status of an answer.
    pub fn without_values(&self) -> Option<String> {
        match (&self.failure, self.code) {
            (Failure::Unreachable | Failure::Unreadable, _) => Some(self.message.clone()),
            (Failure::Other, Some(code)) => {
                let code = http::StatusCode::from_u16(code).ok()?;
                Some(format!("the server answered {code}"))
            }
            _ => None,
        }
    }

    /// Whether what was to be written may be stored all the same: there was no answer, or none that says so.
    pub fn may_have_arrived(&self) -> bool {
        self.failure.may_pass()
    }

    /// Names the cause below.
    #[must_use]
    pub fn because(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }
}

impl fmt::Display for ClusterError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl StdError for ClusterError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
