//! Reads kubeconfig files, and chooses a cluster and a user in them.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use kube::config::{AuthInfo, Cluster, Context, Kubeconfig, KubeconfigError};
use serde_json::json;

use super::failures::{failure, join, unreadable};
use super::{Connection, ProcessEnvironment};
use crate::cluster::{ClusterError, Failure};

/// The kubeconfig files that count.
pub(super) struct KubeconfigFiles {
    paths: Vec<PathBuf>,
    /// Whether somebody named it, so that it must be there.
    is_named: bool,
}

impl KubeconfigFiles {
    /// The one that is named, else those of the environment.
    pub fn find(named: Option<&Path>, environment: &ProcessEnvironment) -> Self {
        let paths = named.map_or_else(|| looked_for(environment), |file| vec![file.to_owned()]);
        let is_named = named.is_some();
        Self { paths, is_named }
    }

    /// Merges the files that there are. A file that was named, and not just looked for, must be there.
    pub fn read(&self) -> Result<Kubeconfig, ClusterError> {
        let mut merged = Kubeconfig::default();
        for file in &self.paths {
            if !self.is_named && !file.exists() {
                continue;
            }
            let read = read_file(file).and_then(|next| merged.merge(next));
            merged = read.map_err(|error| unreadable(file, error))?;
        }
        Ok(merged)
    }

    /// Nothing says which cluster is meant.
    pub fn no_cluster(&self) -> ClusterError {
        let looked = match self.paths.as_slice() {
            [] => "no kubeconfig is named".to_owned(),
            files if files.iter().any(|file| file.exists()) => format!("{} holds no context", join(files)),
            files => format!("there is no {}", join(files)),
        };
        let message = format!("failed to find a cluster: {looked}, and this is not a pod");
        ClusterError::new(Failure::NoCluster, message)
    }

    /// The error that these files do not hold something of this name.
    fn lack<'a>(&self, what: &str, name: &str, known: impl Iterator<Item = &'a String>) -> ClusterError {
        failure(format!(
            "failed to find {what} {name} in {self}: {}",
            holds(what, known)
        ))
    }
}

impl std::fmt::Display for KubeconfigFiles {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&join(&self.paths))
    }
}

/// `it holds a, b`
fn holds<'a>(what: &str, known: impl Iterator<Item = &'a String>) -> String {
    let known: Vec<&str> = known.map(String::as_str).collect();
    match known.as_slice() {
        [] => format!("it holds no {what}"),
        known => format!("it holds {}", known.join(", ")),
    }
}

/// The files of `$KUBECONFIG`, else the one in the home directory.
fn looked_for(environment: &ProcessEnvironment) -> Vec<PathBuf> {
    let listed: Vec<_> = env::split_paths(&environment.kubeconfig)
        .filter(|path| !path.as_os_str().is_empty())
        .collect();
    if !listed.is_empty() {
        return listed;
    }
    let homes = environment.home.iter();
    homes.map(|home| home.join(".kube").join("config")).collect()
}

/// Reads a file, by its whole path: plugins and certificates are named relative to it. A file that leaves out what
/// it is may be merged with one that does not.
fn read_file(file: &Path) -> Result<Kubeconfig, KubeconfigError> {
    let whole = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let mut read = Kubeconfig::read_from(whole)?;
    (read.api_version, read.kind) = (None, None);
    Ok(read)
}

/// What a kubeconfig says about one connection.
pub(super) struct Choice {
    /// The context, where one is named or current, and what it says.
    pub context: Option<String>,
    pub namespace: Option<String>,
    /// The name of the cluster, and what it says; nothing about it where the server alone is named.
    pub cluster_name: String,
    pub cluster: Cluster,
    /// The credentials of the user.
    pub user: AuthInfo,
}

impl Choice {
    /// What `connection` chooses.
    pub fn of(connection: &Connection, kubeconfig: &Kubeconfig, files: &KubeconfigFiles) -> Result<Self, ClusterError> {
        let context = context(connection, kubeconfig, files)?;
        let (name, details) = context.unzip();
        let details = details.unwrap_or_default();
        let user = connection.user.clone().or(details.user).filter(|user| !user.is_empty());
        let user = match &user {
            Some(user) => named_user(user, connection.user.is_some(), kubeconfig, files)?,
            None => AuthInfo::default(),
        };
        let of_context = (!details.cluster.is_empty()).then_some(details.cluster);
        let cluster_name = connection.cluster.clone().or(of_context).unwrap_or_default();
        let known = kubeconfig.clusters.iter().find(|known| known.name == cluster_name);
        let cluster = match (known, &name) {
            (Some(known), _) => known.cluster.clone().unwrap_or_default(),
            (None, _) if connection.cluster.is_some() => {
                let known = kubeconfig.clusters.iter().map(|known| &known.name);
                return Err(files.lack("cluster", &cluster_name, known));
            }
            (None, Some(context)) if connection.server.is_none() => {
                let message = format!("context {context} is of cluster {cluster_name:?}, which {files} does not hold");
                return Err(failure(message));
            }
            (None, _) => Cluster::default(),
        };
        Ok(Self {
            context: name,
            namespace: details.namespace,
            cluster_name,
            cluster,
            user,
        })
    }
}

/// The context that is named, else the current one, with its name. None is needed where the cluster or the server
/// is named.
fn context(
    connection: &Connection,
    kubeconfig: &Kubeconfig,
    files: &KubeconfigFiles,
) -> Result<Option<(String, Context)>, ClusterError> {
    let known = || kubeconfig.contexts.iter().map(|context| &context.name);
    let current = || kubeconfig.current_context.clone().filter(|name| !name.is_empty());
    let Some(name) = connection.context.clone().or_else(current) else {
        if connection.cluster.is_some() || connection.server.is_some() {
            return Ok(None);
        }
        let there_is = holds("context", known());
        return Err(failure(format!("no context is current in {files}: {there_is}")));
    };
    match kubeconfig.contexts.iter().find(|known| known.name == name) {
        Some(found) => Ok(Some((name, found.context.clone().unwrap_or_default()))),
        None => Err(files.lack("context", &name, known())),
    }
}

/// What the kubeconfig says of a user. As for kubectl, that of a context need not be there.
fn named_user(
    name: &str,
    must_be: bool,
    kubeconfig: &Kubeconfig,
    files: &KubeconfigFiles,
) -> Result<AuthInfo, ClusterError> {
    let users = &kubeconfig.auth_infos;
    match users.iter().find(|known| known.name == name) {
        Some(known) => Ok(trimmed(known.auth_info.clone().unwrap_or_default())),
        None if must_be => Err(files.lack("user", name, users.iter().map(|known| &known.name))),
        None => Ok(AuthInfo::default()),
    }
}

/// A token ends with its text, though most editors end a file with a line break (client-go,
/// `transport/token_source.go`). `kube` sends the file as it is, so the token is taken from it here.
fn trimmed(mut user: AuthInfo) -> AuthInfo {
    let text = user.token_file.as_ref().and_then(|path| fs::read_to_string(path).ok());
    if let Some(text) = text.filter(|text| text.trim().len() < text.len() && user.token.is_none()) {
        let known = serde_json::from_value::<AuthInfo>(json!({"token": text.trim()}));
        user.token = known.ok().and_then(|known| known.token);
        user.token_file = None;
    }
    user
}
