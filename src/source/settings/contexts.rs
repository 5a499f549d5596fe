//! `contexts` of `stackanetes.yaml`: which clusters an environment may be synced to.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::reader::SettingsReader;
use crate::diagnostic::error::Error;
use crate::diagnostic::nearest::key_hint;
use crate::diagnostic::place::{Place, SourceFile};
use crate::yaml::{Entry, Node};

/// What to write.
const EXAMPLE: &str = "write, for example, `contexts: {prod: prod-eu, dev: [kind-dev, minikube]}`, or `contexts: [prod-eu]` \
                       for every environment";

/// Which clusters an environment may be synced to, each by the name of a context of the kubeconfig, or by its
/// server: a URL, a host, or a host and a port.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Contexts {
    /// Nothing is said: any.
    #[default]
    Any,
    /// These, in every environment and in none.
    All(Vec<String>),
    /// These, by environment. One that is not there may be synced to any.
    ByEnvironment(BTreeMap<String, AllowedClusters>),
}

/// The clusters that one environment may be synced to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedClusters {
    clusters: Vec<String>,
    /// The place of the declaration.
    place: Place,
}

impl Contexts {
    /// The clusters that an environment, or none, may be synced to; nothing where it may be any.
    pub fn of(&self, environment: Option<&str>) -> Option<&[String]> {
        match self {
            Self::Any => None,
            Self::All(clusters) => Some(clusters),
            Self::ByEnvironment(bound) => Some(&bound.get(environment?)?.clusters),
        }
    }

    /// Whether environments are bound by their names, which [`Self::check`] compares with those that there are.
    pub(in crate::source) fn name_environments(&self) -> bool {
        matches!(self, Self::ByEnvironment(_))
    }

    /// Says which environments are bound and are not among those that there are.
    pub(in crate::source) fn check<'a>(&self, there: impl Iterator<Item = &'a String>, errors: &mut Vec<Error>) {
        let Self::ByEnvironment(bound) = self else { return };
        let there: Vec<&str> = there.map(String::as_str).collect();
        for (name, bound) in bound.iter().filter(|(name, _)| !there.contains(&name.as_str())) {
            let error = Error::new(format!("there is no environment {name}")).at(bound.place.clone(), "");
            errors.push(match there.as_slice() {
                [] => error.hint(format!("add environments/{name}.yaml")),
                there => error.hint(key_hint(there, name)),
            });
        }
    }
}

/// Whether the cluster that is reached by this context, if any, at this server is among `clusters`.
pub fn is_among(clusters: &[String], context: Option<&str>, server: &str) -> bool {
    let address = server.split_once("://").map_or(server, |(_, address)| address);
    let authority = address.split('/').next().unwrap_or_default();
    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, ""));
    let has_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let host = if has_port { host } else { authority };
    let names = [context, Some(server.trim_end_matches('/')), Some(authority), Some(host)];
    clusters
        .iter()
        .any(|cluster| names.contains(&Some(cluster.trim_end_matches('/'))))
}

/// Reads the key.
pub(super) fn read(file: &Arc<SourceFile>, entry: &Entry, errors: &mut Vec<Error>) -> Contexts {
    let mut reader = SettingsReader { file, errors };
    match entry.value.entries() {
        _ if entry.value.is_null() => Contexts::Any,
        None => Contexts::All(reader.clusters(&entry.value)),
        Some(entries) => {
            let bound = entries.iter().map(|entry| {
                let clusters = reader.clusters(&entry.value);
                let place = reader.line(entry);
                (entry.key.clone(), AllowedClusters { clusters, place })
            });
            Contexts::ByEnvironment(bound.collect())
        }
    }
}

impl SettingsReader<'_> {
    /// A cluster, or a list of them.
    fn clusters(&mut self, node: &Node) -> Vec<String> {
        let items = node.items().unwrap_or(std::slice::from_ref(node));
        let mut clusters = Vec::new();
        for item in items {
            if let Some(name) = item.as_str().map(str::trim).filter(|name| !name.is_empty()) {
                clusters.push(name.to_owned());
                continue;
            }
            let message = match item.as_str() {
                Some(_) => "the name of a context, or of a server, is empty".to_owned(),
                None => format!("a context, or a server, must be text, not {}", item.describe()),
            };
            self.wrong(item, message, EXAMPLE);
        }
        clusters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_is_known_by_its_context_its_url_its_host_and_its_port() {
        let is_among = |name: &str, server: &str| is_among(&[name.to_owned()], Some("prod-eu"), server);
        for name in [
            "prod-eu",
            "https://eu.example.com:6443",
            "https://eu.example.com:6443/",
            "eu.example.com:6443",
            "eu.example.com",
        ] {
            assert!(is_among(name, "https://eu.example.com:6443"), "{name}");
        }
        for name in [
            "prod",
            "prod-eu2",
            "http://eu.example.com:6443",
            "eu.example.com:443",
            "example.com",
            "6443",
        ] {
            assert!(!is_among(name, "https://eu.example.com:6443"), "{name}");
        }
        assert!(is_among("[fd00::1]", "https://[fd00::1]:6443"));
        assert!(is_among("[fd00::1]", "https://[fd00::1]"));
        assert!(!is_among("rancher.example/k8s/c-1", "https://rancher.example/k8s/c-1"));
        assert!(is_among(
            "https://rancher.example/k8s/c-1",
            "https://rancher.example/k8s/c-1"
        ));
    }
}
