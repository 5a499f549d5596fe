//! The configuration that kubeconfigs, and what is typed, come to.

use std::fs;

use super::*;
use crate::cluster::Failure;

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

fn nothing() -> ProcessEnvironment {
    ProcessEnvironment {
        kubeconfig: OsString::new(),
        home: None,
        pod: false,
    }
}

async fn message(connection: Connection, environment: &ProcessEnvironment) -> String {
    let error = connection.resolve(environment).await.err().expect("an error");
    assert!(
        matches!(error.failure, Failure::Configuration | Failure::NoCluster),
        "{error}"
    );
    error.to_string()
}

#[tokio::test]
async fn a_context_says_server_user_and_namespace() -> Result<(), ClusterError> {
    let scratch = Scratch::new("context");
    let kubeconfig = Some(scratch.file("config", KUBECONFIG));
    let connection = Connection {
        kubeconfig,
        context: Some("prod".into()),
        ..Connection::default()
    };
    let target = connection.resolve(&nothing()).await?;
    assert_eq!(target.config.cluster_url, "https://east.example:6443/");
    assert_eq!(target.config.default_namespace, "openstack");
    assert_eq!(target.context.as_deref(), Some("prod"));
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
        ..Connection::default()
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
    let environment = ProcessEnvironment {
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
        let environment = ProcessEnvironment {
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
    let environment = ProcessEnvironment {
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
        ..Connection::default()
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
        ..Connection::default()
    };
    let error = connection.resolve(&nothing()).await.err().expect("an error");
    assert!(error.message.ends_with("it is not a kubeconfig"), "{error}");
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}

/// What `connection` comes to with [`KUBECONFIG`], whose context `prod` is meant unless another is.
async fn with(name: &str, connection: Connection) -> Result<Endpoint, ClusterError> {
    let scratch = Scratch::new(name);
    let connection = Connection {
        kubeconfig: Some(scratch.file("config", KUBECONFIG)),
        context: connection.context.clone().or_else(|| Some("prod".into())),
        ..connection
    };
    connection.resolve(&nothing()).await
}

/// The token that a user has, which `kube` shows to nobody else.
fn token(target: &Endpoint) -> Option<String> {
    let shown = serde_json::to_value(&target.config.auth_info).expect("JSON");
    shown["token"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn what_is_typed_counts_more_than_the_kubeconfig() -> Result<(), ClusterError> {
    let target = with(
        "typed",
        Connection {
            server: Some("https://west.example:6443".into()),
            token: Some(Token::new("swordfish")),
            impersonation: Some(Impersonation {
                user: "jane".into(),
                groups: vec!["devs".into()],
                uid: Some("42".into()),
            }),
            request_timeout: Some(Duration::from_secs(3)),
            ..Connection::default()
        },
    )
    .await?;
    assert_eq!(target.config.cluster_url, "https://west.example:6443/");
    assert_eq!(target.config.default_namespace, "openstack");
    assert_eq!(target.context, None, "the context is of another server");
    assert_eq!(token(&target).as_deref(), Some("swordfish"));
    assert_eq!(target.config.connect_timeout, Some(Duration::from_secs(3)));
    let user = target.config.auth_info;
    assert_eq!(user.impersonate.as_deref(), Some("jane"));
    assert_eq!(user.impersonate_groups, Some(vec!["devs".to_owned()]));
    assert_eq!(user.impersonate_uid.as_deref(), Some("42"));
    Ok(())
}

#[tokio::test]
async fn a_token_is_all_that_a_user_has_and_the_name_they_act_under_stays() -> Result<(), ClusterError> {
    let scratch = Scratch::new("certificate");
    let user = "users: [{name: ann, user: {client-certificate: c.pem, client-key: k.pem, as: bob}}]\n";
    let rest = KUBECONFIG.replace("users:", "other:");
    let connection = Connection {
        kubeconfig: Some(scratch.file("config", &(rest + user))),
        context: Some("prod".into()),
        token: Some(Token::new("swordfish")),
        ..Connection::default()
    };
    let target = connection.resolve(&nothing()).await?;
    assert_eq!(token(&target).as_deref(), Some("swordfish"));
    assert_eq!(target.config.auth_info.client_certificate, None);
    assert_eq!(target.config.auth_info.impersonate.as_deref(), Some("bob"));
    Ok(())
}

#[tokio::test]
async fn a_server_is_enough_and_means_https() -> Result<(), ClusterError> {
    for (server, url) in [
        ("10.0.0.1:6443", "https://10.0.0.1:6443/"),
        ("https://a.example/k8s", "https://a.example/k8s"),
        ("http://127.0.0.1:8001", "http://127.0.0.1:8001/"),
    ] {
        let connection = Connection {
            server: Some(server.into()),
            ..Connection::default()
        };
        let target = connection.resolve(&nothing()).await?;
        assert_eq!(target.config.cluster_url, url);
        assert_eq!(target.config.default_namespace, "default");
    }
    Ok(())
}

#[tokio::test]
async fn a_cluster_or_a_user_that_is_not_there_is_named_with_those_that_are() {
    for (connection, end) in [
        (
            Connection {
                cluster: Some("south".into()),
                ..Connection::default()
            },
            ": it holds east",
        ),
        (
            Connection {
                user: Some("bob".into()),
                ..Connection::default()
            },
            ": it holds ann",
        ),
    ] {
        let error = with("names", connection).await.err().expect("an error");
        assert!(error.message.ends_with(end), "{error}");
    }
    let east = Connection {
        context: Some("lost".into()),
        cluster: Some("east".into()),
        ..Connection::default()
    };
    let target = with("cluster", east).await.expect("a cluster");
    assert_eq!(target.config.cluster_url, "https://east.example:6443/");
}

#[tokio::test]
async fn who_verifies_nothing_needs_no_authority() -> Result<(), ClusterError> {
    let scratch = Scratch::new("insecure");
    let text = KUBECONFIG.replace(
        ":6443\"",
        ":6443\", certificate-authority: missing.pem, tls-server-name: x",
    );
    let file = scratch.file("config", &text);
    let with = |trust, server: Option<&str>| Connection {
        kubeconfig: Some(file.clone()),
        context: Some("prod".into()),
        trust,
        server: server.map(str::to_owned),
        ..Connection::default()
    };
    let target = with(Trust::Anybody, None).resolve(&nothing()).await?;
    assert!(target.config.accept_invalid_certs && target.config.root_cert.is_none());
    assert_eq!(target.config.tls_server_name.as_deref(), Some("x"));
    let other = with(Trust::Anybody, Some("https://b.example"))
        .resolve(&nothing())
        .await?;
    assert_eq!(other.config.tls_server_name, None, "that is the other server's name");
    let error = message(with(Trust::Kubeconfig, None), &nothing()).await;
    assert!(error.starts_with("failed to read the certificate authority"), "{error}");
    Ok(())
}

#[tokio::test]
async fn no_kind_of_credential_goes_without_tls() {
    let scratch = Scratch::new("clear");
    let exec = "exec: {apiVersion: client.authentication.k8s.io/v1, command: login}";
    for (user, what) in [
        ("token: hunter2", "the token"),
        ("tokenFile: t", "the token"),
        ("client-certificate: c.pem, client-key: k.pem", "the client certificate"),
        ("username: ann, password: hunter2", "the password"),
        (exec, "the credential of a plugin"),
    ] {
        let text = KUBECONFIG
            .replace("https://", "http://")
            .replace("token: hunter2", user);
        let connection = Connection {
            kubeconfig: Some(scratch.file("config", &text)),
            context: Some("prod".into()),
            ..Connection::default()
        };
        let error = connection.resolve(&nothing()).await.err().expect(user);
        assert_eq!(error.failure, Failure::ClearText, "{user}");
        let said = format!("failed to use http://east.example:6443: it has no TLS, and {what} would be sent");
        assert!(error.message.starts_with(&said), "{error}");
    }
}

#[tokio::test]
async fn the_final_line_break_of_a_token_file_is_no_part_of_the_token() -> Result<(), ClusterError> {
    let scratch = Scratch::new("token-file");
    let text = KUBECONFIG.replace("token: hunter2", "tokenFile: t");
    let kubeconfig = scratch.file("config", &text);
    let connection = Connection {
        kubeconfig: Some(kubeconfig),
        context: Some("prod".into()),
        ..Connection::default()
    };
    for (content, expected) in [
        ("hunter2\n", Some("hunter2")),
        ("hunter2\r\n", Some("hunter2")),
        ("hunter2", None),
    ] {
        scratch.file("t", content);
        let target = connection.resolve(&nothing()).await?;
        assert_eq!(token(&target).as_deref(), expected);
        // Where there is nothing to take off, `kube` reads the file, and reads it again when it changes.
        assert_eq!(target.config.auth_info.token_file.is_some(), expected.is_none());
    }
    Ok(())
}

#[test]
fn a_token_is_not_shown() {
    let connection = Connection {
        token: Some(Token::new("hunter2")),
        ..Connection::default()
    };
    assert!(!format!("{connection:?}").contains("hunter2"));
}

#[tokio::test]
async fn what_cannot_be_sent_or_would_be_repeated_is_refused_and_not_quoted() {
    let scratch = Scratch::new("unsendable");
    for (from, to, why) in [
        (
            "token: hunter2",
            "token: \"swordfish\\nx\"",
            "the token holds a character",
        ),
        (
            "https://",
            "https://ann:swordfish@",
            "the URL of the server holds a user name",
        ),
        (
            "east.example:6443",
            "east.example:6443/?token=swordfish",
            "the URL of the server has a query",
        ),
    ] {
        let connection = Connection {
            kubeconfig: Some(scratch.file("config", &KUBECONFIG.replace(from, to))),
            context: Some("prod".into()),
            ..Connection::default()
        };
        let error = connection.resolve(&nothing()).await.err().expect(why);
        assert!(error.message.contains(why), "{error}");
        assert!(!format!("{error:?}").contains("swordfish"), "{error:?}");
    }
    for server in [
        "https://ann:swordfish@host:x",
        "ann:swordfish@east:6443",
        "https://east:6443/?token=swordfish",
    ] {
        let connection = Connection {
            server: Some(server.to_owned()),
            trust: Trust::Authority("/nothing/swordfish-free.pem".into()),
            ..Connection::default()
        };
        let error = connection.resolve(&nothing()).await.err().expect(server);
        assert!(!format!("{error:?}").contains("ann:"), "{error:?}");
        assert!(!format!("{error:?}").contains("token=swordfish"), "{error:?}");
    }
    for (name, is_sendable) in [("", false), ("ann\nx", false), ("ann", true)] {
        let connection = Connection {
            kubeconfig: Some(scratch.file("config", KUBECONFIG)),
            context: Some("prod".into()),
            impersonation: Some(Impersonation {
                user: name.to_owned(),
                groups: Vec::new(),
                uid: None,
            }),
            ..Connection::default()
        };
        assert_eq!(connection.resolve(&nothing()).await.is_ok(), is_sendable, "{name:?}");
    }
}
