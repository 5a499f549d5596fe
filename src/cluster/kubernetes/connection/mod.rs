//! Which API server to talk to and as whom: kubeconfig files, contexts, a pod's own account, and what is typed
//! in their place.

mod clear_text;
mod failures;
mod kubeconfig;
mod overrides;
mod sendable;
#[cfg(test)]
mod tests;

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use http::HeaderValue;
use http::header::USER_AGENT;
use kube::Config;
use kube::config::AuthInfo;

use super::unreachable::words;
use crate::cluster::ClusterError;
use failures::because;
use kubeconfig::KubeconfigFiles;

pub(super) use failures::unusable;

/// How the server's audit log calls us.
const AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// How a person says which cluster is meant, and as whom it is asked.
///
/// What is left out here, the kubeconfig says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Connection {
    /// The kubeconfig file. Without one: the files of `$KUBECONFIG`, else `~/.kube/config`, else the
    /// service account of the pod this runs in.
    pub kubeconfig: Option<PathBuf>,
    /// The context in it. Without one: its current context.
    pub context: Option<String>,
    /// The cluster in it, in the place of the context's.
    pub cluster: Option<String>,
    /// The user in it, in the place of the context's.
    pub user: Option<String>,
    /// The URL of the API server, in the place of the cluster's. Without a scheme it is `https`.
    pub server: Option<String>,
    /// Who must have signed the certificate of the API server.
    pub trust: Trust,
    /// The credential, in the place of the user's.
    pub token: Option<Token>,
    /// Whom the API server is to take the user for.
    pub impersonation: Option<Impersonation>,
    /// How long a request may take; zero for as long as it likes.
    pub request_timeout: Option<Duration>,
}

/// Who must have signed the certificate of the API server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Trust {
    /// The authority that the kubeconfig names.
    #[default]
    Kubeconfig,
    /// One of the certificate authorities of this file, in PEM.
    Authority(PathBuf),
    /// Anybody: the certificate is not verified.
    Anybody,
}

/// Somebody else in whose name requests are made. The user must have the right to `impersonate` them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Impersonation {
    /// The user, such as `system:serviceaccount:NAMESPACE:NAME`.
    pub user: String,
    /// The groups; the API server adds those that every such user is in.
    pub groups: Vec<String>,
    /// The user's id.
    pub uid: Option<String>,
}

/// A bearer token. It is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The token that this text is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Token(…)")
    }
}

/// A cluster, and how it is reached.
pub(super) struct Endpoint {
    /// The address, the credentials and the trust.
    pub config: Config,
    /// The context's name; none in a pod, nor where another cluster than the context's is asked.
    pub context: Option<String>,
}

/// What the process's environment says about clusters.
pub(super) struct ProcessEnvironment {
    /// `$KUBECONFIG`: a list of files.
    kubeconfig: OsString,
    /// The home directory.
    home: Option<PathBuf>,
    /// Whether this runs in a pod.
    pod: bool,
}

impl ProcessEnvironment {
    /// The environment of this process.
    pub fn of_process() -> Self {
        Self {
            kubeconfig: env::var_os("KUBECONFIG").unwrap_or_default(),
            home: env::home_dir(),
            pod: env::var_os("KUBERNETES_SERVICE_HOST").is_some(),
        }
    }
}

/// What can be named in a kubeconfig.
#[derive(Debug)]
pub struct KubeconfigNames {
    /// Its contexts.
    pub contexts: Vec<String>,
    /// Its clusters.
    pub clusters: Vec<String>,
    /// Its users.
    pub users: Vec<String>,
}

impl Connection {
    /// What can be named in the kubeconfig that this means.
    pub fn names(&self) -> Result<KubeconfigNames, ClusterError> {
        let files = KubeconfigFiles::find(self.kubeconfig.as_deref(), &ProcessEnvironment::of_process());
        let kubeconfig = files.read()?;
        Ok(KubeconfigNames {
            contexts: kubeconfig.contexts.into_iter().map(|context| context.name).collect(),
            clusters: kubeconfig.clusters.into_iter().map(|cluster| cluster.name).collect(),
            users: kubeconfig.auth_infos.into_iter().map(|user| user.name).collect(),
        })
    }

    /// Reads the configuration that this means.
    pub(super) async fn resolve(&self, environment: &ProcessEnvironment) -> Result<Endpoint, ClusterError> {
        let files = KubeconfigFiles::find(self.kubeconfig.as_deref(), environment);
        let kubeconfig = files.read()?;
        let mut target = match kubeconfig.contexts.is_empty() && self.says_nothing() {
            true if environment.pod => self.in_pod()?,
            true => return Err(files.no_cluster()),
            false => self.in_kubeconfig(kubeconfig, &files).await?,
        };
        sendable::refuse_user(&target.config.auth_info)?;
        clear_text::refuse(&target.config)?;
        let limit = self.request_timeout.filter(|limit| !limit.is_zero());
        target.config.connect_timeout = Some(limit.map_or(CONNECT_LIMIT, |limit| limit.min(CONNECT_LIMIT)));
        // Ours is in `transport`: that of `kube` repeats what must not be repeated.
        target.config.default_retry = false;
        target
            .config
            .headers
            .push((USER_AGENT, HeaderValue::from_static(AGENT)));
        Ok(target)
    }

    /// Whether it is left open which cluster is meant.
    fn says_nothing(&self) -> bool {
        let named = [&self.context, &self.cluster, &self.user, &self.server];
        self.kubeconfig.is_none() && named.iter().all(|name| name.is_none())
    }

    fn in_pod(&self) -> Result<Endpoint, ClusterError> {
        let mut config = Config::incluster().map_err(|error| {
            let why = words(&error.to_string());
            because(format!("failed to use the service account of this pod: {why}"), error)
        })?;
        match &self.trust {
            Trust::Kubeconfig => {}
            Trust::Authority(file) => config.root_cert_file = Some(file.clone()),
            Trust::Anybody => config.accept_invalid_certs = true,
        }
        self.identify(&mut config.auth_info);
        Ok(Endpoint { config, context: None })
    }

    /// Puts the credential and the name that were typed in the place of those that a user has.
    ///
    /// A token is then all that the user has. kubectl keeps a client certificate beside it, which API servers look
    /// at first, so that the token has no effect.
    fn identify(&self, user: &mut AuthInfo) {
        if let Some(Token(token)) = &self.token {
            *user = AuthInfo {
                token: Some(token.as_str().into()),
                impersonate: user.impersonate.take(),
                impersonate_uid: user.impersonate_uid.take(),
                impersonate_groups: user.impersonate_groups.take(),
                impersonate_user_extra: user.impersonate_user_extra.take(),
                ..AuthInfo::default()
            };
        }
        if let Some(Impersonation {
            user: name,
            groups,
            uid,
        }) = &self.impersonation
        {
            user.impersonate = Some(name.clone());
            user.impersonate_uid.clone_from(uid);
            user.impersonate_groups = Some(groups.clone());
            user.impersonate_user_extra = None;
        }
    }
}
