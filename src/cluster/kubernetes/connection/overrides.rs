//! What is typed counts more than what the kubeconfig says, by the rules of kubectl (client-go,
//! `tools/clientcmd/client_config.go`).

use std::path::Path;

use kube::Config;
use kube::config::{Cluster, Context, KubeConfigOptions, Kubeconfig, NamedAuthInfo, NamedCluster, NamedContext};

use super::failures::{failure, unusable};
use super::kubeconfig::{Choice, KubeconfigFiles};
use super::{Connection, Endpoint, Trust, sendable};
use crate::cluster::ClusterError;
use crate::cluster::kubernetes::proxy;

impl Connection {
    /// The cluster and the user that are chosen in a kubeconfig, with what is typed in its place.
    pub(super) async fn in_kubeconfig(
        &self,
        kubeconfig: Kubeconfig,
        files: &KubeconfigFiles,
    ) -> Result<Endpoint, ClusterError> {
        let mut chosen = Choice::of(self, &kubeconfig, files)?;
        self.direct(&mut chosen.cluster);
        self.identify(&mut chosen.user);
        sendable::refuse_server(chosen.cluster.server.as_deref().unwrap_or_default())?;
        let whose = match (&chosen.context, &self.server) {
            (Some(context), None) => format!("context {context}"),
            (_, Some(_)) => "the server of --server".to_owned(),
            (None, None) => format!("cluster {}", chosen.cluster_name),
        };
        let has_own_proxy = chosen
            .cluster
            .proxy_url
            .as_deref()
            .is_some_and(|proxy| !proxy.is_empty());
        let is_contexts = self.cluster.is_none() && self.server.is_none();
        let context = chosen.context.clone().filter(|_| is_contexts);
        let config = Config::from_custom_kubeconfig(alone(chosen), &KubeConfigOptions::default()).await;
        let mut config = config.map_err(|error| unusable(&whose, error))?;
        if config.root_cert.as_ref().is_some_and(Vec::is_empty) {
            let of = match &self.trust {
                Trust::Authority(file) => file.display().to_string(),
                Trust::Kubeconfig | Trust::Anybody => format!("the certificate authority of {whose}"),
            };
            return Err(failure(format!("failed to use {of}: it holds no certificate")));
        }
        if !has_own_proxy && proxy::spares(&config.cluster_url, &proxy::exempt()) {
            config.proxy_url = None;
        }
        Ok(Endpoint { config, context })
    }

    /// Puts the server and the certificate authority that were typed in the place of those that a cluster has.
    ///
    /// The name in another server's certificate is that server's own.
    fn direct(&self, cluster: &mut Cluster) {
        if let Some(server) = &self.server {
            let has_scheme = server.contains("://");
            let scheme = if has_scheme { "" } else { "https://" };
            cluster.server = Some(format!("{scheme}{server}"));
            cluster.tls_server_name = None;
        }
        if self.trust != Trust::Kubeconfig {
            cluster.certificate_authority_data = None;
            cluster.certificate_authority = None;
        }
        match &self.trust {
            Trust::Kubeconfig => {}
            Trust::Authority(file) => {
                cluster.certificate_authority = Some(absolute(file));
                cluster.insecure_skip_tls_verify = None;
            }
            Trust::Anybody => cluster.insecure_skip_tls_verify = Some(true),
        }
    }
}

fn absolute(file: &Path) -> String {
    let whole = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    whole.to_string_lossy().into_owned()
}

/// A kubeconfig of what was chosen and nothing else.
fn alone(chosen: Choice) -> Kubeconfig {
    let name = || "chosen".to_owned();
    let context = Context {
        cluster: name(),
        user: Some(name()),
        namespace: chosen.namespace,
        ..Context::default()
    };
    Kubeconfig {
        current_context: Some(name()),
        clusters: vec![NamedCluster {
            name: name(),
            cluster: Some(chosen.cluster),
            ..NamedCluster::default()
        }],
        auth_infos: vec![NamedAuthInfo {
            name: name(),
            auth_info: Some(chosen.user),
            ..NamedAuthInfo::default()
        }],
        contexts: vec![NamedContext {
            name: name(),
            context: Some(context),
            ..NamedContext::default()
        }],
        ..Kubeconfig::default()
    }
}
