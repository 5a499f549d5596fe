//! The options that say which cluster is meant, and as whom it is asked: those of kubectl, and the sandbox.

use std::path::PathBuf;
use std::time::Duration;

use super::candidates;
use super::duration::duration;
use crate::cluster::{Connection, Impersonation, Token, Trust};

/// Which cluster.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Cluster")]
pub(super) struct ConnectionOptions {
    #[command(flatten)]
    pub(super) reach: Reach,
    /// The user of the kubeconfig [default: that of the context].
    #[arg(hide_short_help = true, long, value_name = "NAME", add = candidates::users(), conflicts_with = "sandbox")]
    user: Option<String>,
}

/// Which cluster, but for what `roles` has an option of the same name for.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Cluster")]
pub(super) struct Reach {
    /// The kubeconfig file.
    ///
    /// [default: $KUBECONFIG, ~/.kube/config, or the pod's service account]
    #[arg(hide_short_help = true, long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig [default: its current one].
    #[arg(long, value_name = "NAME", add = candidates::contexts())]
    context: Option<String>,
    /// A directory in the place of a cluster.
    ///
    /// What is applied to it is stored there in files. A directory that does not exist yet is an empty cluster.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["kubeconfig", "context"])]
    pub(super) sandbox: Option<PathBuf>,
    #[command(flatten)]
    endpoint: ServerOptions,
    #[command(flatten)]
    identity: UserOptions,
    /// How long one request may take, such as 30s; 0 for as long as it likes [default: about a minute]
    ///
    /// A request without an answer is sent again a few times, where that does no harm.
    #[arg(hide_short_help = true, long, value_name = "DURATION", value_parser = duration, conflicts_with = "sandbox")]
    request_timeout: Option<Duration>,
    /// How many requests to have under way at once.
    #[arg(hide_short_help = true, long, value_name = "N", default_value = "16", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(super) concurrency: u16,
}

/// Which server, in the place of what the kubeconfig says.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Cluster")]
struct ServerOptions {
    /// The cluster of the kubeconfig [default: that of the context].
    #[arg(hide_short_help = true, long, value_name = "NAME", add = candidates::clusters(), conflicts_with = "sandbox")]
    cluster: Option<String>,
    /// The URL of the API server.
    #[arg(hide_short_help = true, short, long, value_name = "URL", conflicts_with = "sandbox")]
    server: Option<String>,
    /// A file, in PEM, with the authorities that may have signed the server's certificate.
    #[arg(hide_short_help = true, long, value_name = "FILE", conflicts_with = "sandbox")]
    certificate_authority: Option<PathBuf>,
    /// Do not verify the server's certificate: anybody between here and the server may read and change everything.
    #[arg(hide_short_help = true, long, conflicts_with_all = ["certificate_authority", "sandbox"])]
    insecure_skip_tls_verify: bool,
}

/// As whom, in the place of what the kubeconfig says.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Cluster")]
struct UserOptions {
    /// The bearer token, in place of the credentials of the kubeconfig's user.
    ///
    /// Others can read it in the list of processes. A kubeconfig with a `tokenFile` does not show it.
    #[arg(hide_short_help = true, long, value_name = "TOKEN", value_parser = token, conflicts_with = "sandbox")]
    token: Option<Token>,
    /// Act as this user, which needs the right to `impersonate` them.
    ///
    /// The name of a ServiceAccount is system:serviceaccount:NAMESPACE:NAME.
    #[arg(hide_short_help = true, long = "as", value_name = "USER", conflicts_with = "sandbox")]
    as_user: Option<String>,
    /// Act as a member of this group; repeat it for more.
    #[arg(hide_short_help = true, long, value_name = "GROUP", requires = "as_user")]
    as_group: Vec<String>,
    /// Act as the user with this id.
    #[arg(hide_short_help = true, long, value_name = "UID", requires = "as_user")]
    as_uid: Option<String>,
}

fn token(text: &str) -> Result<Token, &'static str> {
    match text.trim() {
        "" => Err("a token is not empty"),
        token => Ok(Token::new(token)),
    }
}

impl ServerOptions {
    fn is_given(&self) -> bool {
        let Self {
            cluster,
            server,
            certificate_authority,
            insecure_skip_tls_verify,
        } = self;
        cluster.is_some() || server.is_some() || certificate_authority.is_some() || *insecure_skip_tls_verify
    }
}

impl UserOptions {
    /// A group or an id is given only with a user.
    fn is_given(&self) -> bool {
        self.token.is_some() || self.as_user.is_some()
    }
}

impl Reach {
    /// Whether any is named, and the default one is not meant.
    pub(super) fn is_named(&self) -> bool {
        let ServerOptions { cluster, server, .. } = &self.endpoint;
        let named = [&self.context, cluster, server];
        self.kubeconfig.is_some() || self.sandbox.is_some() || named.iter().any(|name| name.is_some())
    }

    /// The cluster that is named, asked as its user.
    pub(super) fn whole(self) -> ConnectionOptions {
        ConnectionOptions {
            reach: self,
            user: None,
        }
    }
}

impl ConnectionOptions {
    /// The selected connection, at this context if the kubeconfig has one of the name, and the command line names no
    /// cluster, and nobody to be there: a directory does not decide who gets a token.
    pub(super) fn at_context(&self, name: &str) -> Self {
        let contexts = self
            .connection()
            .names()
            .map(|named| named.contexts)
            .unwrap_or_default();
        let mut cluster = self.clone();
        let reach = &mut cluster.reach;
        let is_named = reach.sandbox.is_some() || reach.context.is_some() || self.user.is_some();
        let is_open = !is_named && !reach.endpoint.is_given() && !reach.identity.is_given();
        if is_open && contexts.iter().any(|context| context == name) {
            reach.context = Some(name.to_owned());
        }
        cluster
    }

    pub(super) fn connection(&self) -> Connection {
        let Reach {
            kubeconfig,
            context,
            endpoint,
            identity,
            request_timeout,
            ..
        } = self.reach.clone();
        Connection {
            kubeconfig,
            context,
            cluster: endpoint.cluster,
            user: self.user.clone(),
            server: endpoint.server,
            trust: match (endpoint.certificate_authority, endpoint.insecure_skip_tls_verify) {
                (Some(file), _) => Trust::Authority(file),
                (None, true) => Trust::Anybody,
                (None, false) => Trust::Kubeconfig,
            },
            token: identity.token,
            impersonation: identity.as_user.map(|user| Impersonation {
                user,
                groups: identity.as_group,
                uid: identity.as_uid,
            }),
            request_timeout,
        }
    }
}
