//! Which API server to talk to and as whom: kubeconfig files, contexts, a pod's own account.

use std::env;
use std::error::Error as StdError;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::HeaderValue;
use http::header::USER_AGENT;
use kube::Config;
use kube::config::{AuthInfo, KubeConfigOptions, Kubeconfig, KubeconfigError, LoadDataError};
use serde_json::json;

use super::proxy;
use super::unreachable::words;
use crate::cluster::{ClusterError, Failure};

/// How the server's audit log calls us.
const AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// How a person says which cluster is meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Connection {
    /// The kubeconfig file. Without one: the files of `$KUBECONFIG`, else `~/.kube/config`, else the
    /// service account of the pod this runs in.
    pub kubeconfig: Option<PathBuf>,
    /// The context in it. Without one: its current context.
    pub context: Option<String>,
}

/// Which cluster is meant.
pub(super) struct Target {
    /// How it is reached.
    pub config: Config,
    /// The context's name; none in a pod.
    pub context: Option<String>,
    /// What the kubeconfig calls the user.
    pub user: Option<String>,
}

/// What the process's environment says about clusters.
pub(super) struct Environment {
    /// `$KUBECONFIG`: a list of files.
    kubeconfig: OsString,
    /// The home directory.
    home: Option<PathBuf>,
    /// Whether this runs in a pod.
    pod: bool,
}

impl Environment {
    /// Of this process.
    pub fn of_process() -> Self {
        Self {
            kubeconfig: env::var_os("KUBECONFIG").unwrap_or_default(),
            home: env::home_dir(),
            pod: env::var_os("KUBERNETES_SERVICE_HOST").is_some(),
        }
    }
}

/// Reads a file, by its whole path: plugins and certificates are named relative to it.
///
/// A file that leaves out what it is may be merged with one that does not, and a token ends with its text, though
/// most editors end a file with a line break (client-go, `clientcmd` and `transport/token_source.go`).
fn read_file(file: &Path) -> Result<Kubeconfig, KubeconfigError> {
    let whole = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let mut read = Kubeconfig::read_from(whole)?;
    (read.api_version, read.kind) = (None, None);
    for user in read.auth_infos.iter_mut().filter_map(|user| user.auth_info.as_mut()) {
        let text = user.token_file.as_ref().and_then(|path| fs::read_to_string(path).ok());
        if let Some(text) = text.filter(|text| text.trim().len() < text.len()) {
            let known = serde_json::from_value::<AuthInfo>(json!({"token": text.trim()}));
            user.token = known.ok().and_then(|known| known.token);
            user.token_file = None;
        }
    }
    Ok(read)
}

impl Connection {
    /// Reads the configuration that this means.
    pub(super) async fn resolve(&self, environment: &Environment) -> Result<Target, ClusterError> {
        let files = self.files(environment);
        let kubeconfig = self.read(&files)?;
        let nothing_said = kubeconfig.contexts.is_empty() && self.context.is_none() && self.kubeconfig.is_none();
        let mut target = match nothing_said {
            true if environment.pod => in_pod()?,
            true => return Err(no_cluster(&files)),
            false => self.in_kubeconfig(kubeconfig, &files).await?,
        };
        target.config.connect_timeout = Some(CONNECT_LIMIT);
        // Ours is in `transport`: that of `kube` repeats what must not be repeated.
        target.config.default_retry = false;
        target
            .config
            .headers
            .push((USER_AGENT, HeaderValue::from_static(AGENT)));
        Ok(target)
    }

    fn files(&self, environment: &Environment) -> Vec<PathBuf> {
        if let Some(file) = &self.kubeconfig {
            return vec![file.clone()];
        }
        let listed: Vec<_> = env::split_paths(&environment.kubeconfig)
            .filter(|path| !path.as_os_str().is_empty())
            .collect();
        if listed.is_empty() {
            return environment
                .home
                .iter()
                .map(|home| home.join(".kube").join("config"))
                .collect();
        }
        listed
    }

    /// Merges the files that there are. A file that was named, and not just looked for, must be there.
    fn read(&self, files: &[PathBuf]) -> Result<Kubeconfig, ClusterError> {
        let mut merged = Kubeconfig::default();
        for file in files {
            if self.kubeconfig.is_none() && !file.exists() {
                continue;
            }
            let read = read_file(file).and_then(|next| merged.merge(next));
            merged = read.map_err(|error| unreadable(file, error))?;
        }
        Ok(merged)
    }

    async fn in_kubeconfig(&self, kubeconfig: Kubeconfig, files: &[PathBuf]) -> Result<Target, ClusterError> {
        let names = kubeconfig
            .contexts
            .iter()
            .map(|context| context.name.as_str())
            .collect::<Vec<_>>();
        let there_is = match names.as_slice() {
            [] => "it holds no context".to_owned(),
            names => format!("it holds {}", names.join(", ")),
        };
        let current = || kubeconfig.current_context.clone().filter(|name| !name.is_empty());
        let Some(context) = self.context.clone().or_else(current) else {
            return Err(failure(format!("no context is current in {}: {there_is}", join(files))));
        };
        let Some(named) = kubeconfig.contexts.iter().find(|known| known.name == context) else {
            return Err(failure(format!(
                "failed to find context {context} in {}: {there_is}",
                join(files)
            )));
        };
        let details = named.context.clone().unwrap_or_default();
        let cluster = kubeconfig
            .clusters
            .iter()
            .find(|cluster| cluster.name == details.cluster);
        let own_proxy = cluster
            .and_then(|cluster| cluster.cluster.as_ref()?.proxy_url.as_deref())
            .is_some_and(|proxy| !proxy.is_empty());

        let options = KubeConfigOptions {
            context: Some(context.clone()),
            ..KubeConfigOptions::default()
        };
        let mut config = Config::from_custom_kubeconfig(kubeconfig, &options)
            .await
            .map_err(|error| match error {
                KubeconfigError::LoadClusterOfContext(cluster) => failure(format!(
                    "context {context} is of cluster {cluster:?}, which {} does not hold",
                    join(files)
                )),
                error => unusable(&context, error),
            })?;
        if !own_proxy && proxy::spares(&config.cluster_url, &proxy::exempt()) {
            config.proxy_url = None;
        }
        Ok(Target {
            config,
            context: Some(context),
            user: details.user.filter(|user| !user.is_empty()),
        })
    }
}

fn in_pod() -> Result<Target, ClusterError> {
    let config = Config::incluster().map_err(|error| {
        because(
            format!(
                "failed to use the service account of this pod: {}",
                words(&error.to_string())
            ),
            error,
        )
    })?;
    Ok(Target {
        config,
        context: None,
        user: None,
    })
}

fn no_cluster(files: &[PathBuf]) -> ClusterError {
    let looked = match files {
        [] => "no kubeconfig is named".to_owned(),
        files if files.iter().any(|file| file.exists()) => format!("{} holds no context", join(files)),
        files => format!("there is no {}", join(files)),
    };
    failure(format!("failed to find a cluster: {looked}, and this is not a pod"))
}

/// A file that is no kubeconfig. Of a syntax error only the place is told: the file holds credentials.
fn unreadable(file: &Path, error: KubeconfigError) -> ClusterError {
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

/// The error of a context that says something that cannot be used.
pub(super) fn unusable(context: &str, error: KubeconfigError) -> ClusterError {
    let file = |what: &str, error: &LoadDataError| match error {
        LoadDataError::ReadFile(error, path) => {
            format!(
                "failed to read the {what} {}: {}",
                path.display(),
                words(&error.to_string())
            )
        }
        error => format!(
            "failed to read the {what} of context {context}: {}",
            words(&error.to_string())
        ),
    };
    let message = match &error {
        KubeconfigError::LoadCertificateAuthority(error) => file("certificate authority", error),
        KubeconfigError::LoadClientCertificate(error) => file("client certificate", error),
        KubeconfigError::LoadClientKey(error) => file("client key", error),
        error => format!("failed to use context {context}: {}", words(&error.to_string())),
    };
    because(message, error)
}

fn join(files: &[PathBuf]) -> String {
    files
        .iter()
        .map(|file| file.display().to_string())
        .collect::<Vec<_>>()
        .join(", ")
}

fn failure(message: String) -> ClusterError {
    ClusterError::new(Failure::Configuration, message)
}

fn because(message: String, source: impl StdError + Send + Sync + 'static) -> ClusterError {
    failure(message).because(source)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A kubeconfig with two contexts, the second of a cluster that it does not hold.
    const KUBECONFIG: &str = r#"
apiVersion: v1
kind: Config
clusters: [{name: east, cluster: {server: "https://east.example:6443"}}]
users: [{name: ann, user: {token: hunter2}}]
contexts:
- {name: prod, context: {cluster: east, user: ann, namespace: openstack}}
- {name: lost, context: {cluster: west, user: ann}}
"#;

    /// A directory of its own for one test, removed at its end.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let path = env::temp_dir().join(format!("stackanetes-connection-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).expect("a directory");
            Self(path)
        }

        fn file(&self, name: &str, text: &str) -> PathBuf {
            let path = self.0.join(name);
            fs::write(&path, text).expect("a file");
            path
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn nothing() -> Environment {
        Environment {
            kubeconfig: OsString::new(),
            home: None,
            pod: false,
        }
    }

    async fn message(connection: Connection, environment: &Environment) -> String {
        let error = connection.resolve(environment).await.err().expect("an error");
        assert_eq!(error.failure, Failure::Configuration);
        error.to_string()
    }

    #[tokio::test]
    async fn a_context_says_server_user_and_namespace() -> Result<(), ClusterError> {
        let scratch = Scratch::new("context");
        let kubeconfig = Some(scratch.file("config", KUBECONFIG));
        let connection = Connection {
            kubeconfig,
            context: Some("prod".into()),
        };
        let target = connection.resolve(&nothing()).await?;
        assert_eq!(target.config.cluster_url, "https://east.example:6443/");
        assert_eq!(target.config.default_namespace, "openstack");
        assert_eq!(
            (target.context.as_deref(), target.user.as_deref()),
            (Some("prod"), Some("ann"))
        );
        assert!(!target.config.default_retry);
        Ok(())
    }

    #[tokio::test]
    async fn a_context_that_is_not_there_is_named_with_those_that_are() {
        let scratch = Scratch::new("unknown");
        let file = scratch.file("config", KUBECONFIG);
        let with = |context: Option<&str>| Connection {
            kubeconfig: Some(file.clone()),
            context: context.map(str::to_owned),
        };
        let shown = file.display();
        assert_eq!(
            message(with(Some("dev")), &nothing()).await,
            format!("failed to find context dev in {shown}: it holds prod, lost")
        );
        assert_eq!(
            message(with(None), &nothing()).await,
            format!("no context is current in {shown}: it holds prod, lost")
        );
        assert_eq!(
            message(with(Some("lost")), &nothing()).await,
            format!("context lost is of cluster \"west\", which {shown} does not hold")
        );
    }

    #[tokio::test]
    async fn a_list_of_files_is_merged_and_may_name_one_that_is_not_there() -> Result<(), ClusterError> {
        let scratch = Scratch::new("list");
        let files = [
            scratch.0.join("missing"),
            scratch.file("one", "current-context: prod"),
            scratch.file("two", KUBECONFIG),
        ];
        let environment = Environment {
            kubeconfig: env::join_paths(files).expect("a list"),
            ..nothing()
        };
        let target = Connection::default().resolve(&environment).await?;
        assert_eq!(target.context.as_deref(), Some("prod"));
        Ok(())
    }

    #[tokio::test]
    async fn a_plugin_is_named_relative_to_its_file_and_files_need_not_say_what_they_are() -> Result<(), ClusterError> {
        let scratch = Scratch::new("plugin");
        let plugin = |command: &str| {
            format!(
                "apiVersion: v1\nkind: Config\nusers: [{{name: u, user: {{exec: {{apiVersion: \
                 client.authentication.k8s.io/v1, command: {command}, interactiveMode: Never}}}}}}]\n"
            )
        };
        let rest = "clusters: [{name: c, cluster: {server: 'https://a.example'}}]\ncurrent-context: x\n\
                    contexts: [{name: x, context: {cluster: c, user: u}}]\n";
        for (command, expected) in [
            ("bin/login", scratch.0.join("bin/login").display().to_string()),
            ("login", "login".to_owned()),
            ("/opt/login", "/opt/login".to_owned()),
        ] {
            let files = [scratch.file("rest", rest), scratch.file("users", &plugin(command))];
            let environment = Environment {
                kubeconfig: env::join_paths(files).expect("a list"),
                ..nothing()
            };
            let target = Connection::default().resolve(&environment).await?;
            let exec = target.config.auth_info.exec.expect("a plugin");
            assert_eq!(exec.command, Some(expected));
        }
        Ok(())
    }

    #[tokio::test]
    async fn where_nothing_is_configured_the_message_says_where_it_looked() {
        let home = env::temp_dir().join("stackanetes-no-such-home");
        let file = home.join(".kube").join("config");
        let environment = Environment {
            home: Some(home),
            ..nothing()
        };
        assert_eq!(
            message(Connection::default(), &environment).await,
            format!(
                "failed to find a cluster: there is no {}, and this is not a pod",
                file.display()
            )
        );
        let named = Connection {
            kubeconfig: Some(file.clone()),
            context: None,
        };
        assert_eq!(
            message(named, &environment).await,
            format!("failed to read {}: no such file or directory", file.display())
        );
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_read_is_not_quoted() {
        let scratch = Scratch::new("syntax");
        let file = scratch.file("config", "users:\n- user: {token: [hunter2\n");
        let connection = Connection {
            kubeconfig: Some(file),
            context: None,
        };
        let error = connection.resolve(&nothing()).await.err().expect("an error");
        assert!(error.message.ends_with("it is not a kubeconfig"), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}
