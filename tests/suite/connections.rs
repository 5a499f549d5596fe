//! Which server is asked, and as whom: the options of kubectl, and what a kubeconfig says.

use std::fs;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection};
use serde_json::{Value, json};

use crate::bed::{Bed, Run, wait_until};
use crate::control_plane::AuditEvent;

/// The certificate of an authority that has signed nothing here: Let's Encrypt's ISRG Root X2, as it is published.
const OTHER_AUTHORITY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/connections/isrg-root-x2.pem");

/// A certificate for 127.0.0.1 that is an authority's own, and its key.
const AUTHORITY_AS_SERVER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/fixtures/connections/authority-as-server.pem"
);

/// A bed with one ConfigMap in git.
fn bed(name: &str) -> Bed {
    let bed = Bed::new(name);
    bed.write_config_map("fine", &[("a", "1")]);
    bed
}

/// Runs a diff that no kubeconfig tells anything.
fn diff(bed: &Bed, options: &[&str]) -> Run {
    bed.run(&[&["diff", "--kubeconfig", "/dev/null"], options].concat())
}

/// A ServiceAccount's token of the bed's namespace, which API servers make on request.
fn token_of(bed: &Bed, account: &str) -> String {
    bed.kubectl(&["create", "serviceaccount", account]);
    bed.kubectl(&["create", "token", account]).trim().to_owned()
}

fn impersonated(events: &[AuditEvent]) -> Vec<Value> {
    let mut all: Vec<Value> = events.iter().map(|event| event.impersonated.clone()).collect();
    all.dedup();
    all
}

#[test]
fn the_server_takes_the_user_for_whom_they_act_as() {
    let bed = bed("as-another");
    let options = [
        "--as",
        "jane",
        "--as-group",
        "devs",
        "--as-group",
        "ops",
        "--as-uid",
        "42",
    ];
    let asked = bed.audited(|| {
        let run = bed.run(&[&["diff"][..], &options].concat()).exits(2);
        run.complains("User \"jane\" cannot")
            .complains("hint: `stackanetes roles --for preview --user jane` prints the roles");
    });
    let groups = json!(["devs", "ops", "system:authenticated"]);
    let jane = json!({"username": "jane", "uid": "42", "groups": groups});
    assert_eq!(impersonated(&asked), std::slice::from_ref(&jane));
    // kubectl means the same by the same options.
    let by_kubectl = bed.audited(|| {
        let args = [&["get", "configmaps", "-n", &bed.namespace][..], &options].concat();
        assert!(!bed.user.kubectl(&args).status.success());
    });
    assert_eq!(impersonated(&by_kubectl), [jane]);
}

/// Runs a command that a diff or a sync hinted at, as it stands, and gives the roles that it prints.
fn follow_hint(bed: &Bed, run: &Run) {
    let hint = run
        .stderr
        .lines()
        .find(|line| line.contains("`stackanetes roles"))
        .expect("a hint");
    let command = hint.split('`').nth(1).expect("a command");
    let args: Vec<&str> = command.split(' ').skip(1).collect();
    let roles = bed.run(&args).exits(0).stdout;
    bed.plane
        .kubectl_stdin(&["apply", "--server-side", "-f", "-"], &roles)
        .expect_success();
}

#[test]
fn the_command_that_is_hinted_at_gives_the_rights_that_were_missing() {
    let bed = bed("hinted");
    let jane = ["sync", "--yes", "--as", "jane-of-hinted"];
    let refused = bed.run(&jane).exits(2);
    follow_hint(&bed, &refused);
    // An API server takes a moment to know of a role.
    wait_until("jane may sync", || bed.run(&jane).code == 0);
    assert!(bed.get("configmap", "fine").is_some());
    let requests = bed.user.audit();
    let is_hers = |event: &&AuditEvent| event.is_write() && event.namespace == bed.namespace;
    let mut writes = requests.iter().filter(is_hers).peekable();
    assert!(writes.peek().is_some());
    assert!(writes.all(|event| event.impersonated["username"] == "jane-of-hinted"));
}

#[test]
fn a_right_to_impersonate_that_is_missing_is_told_of_the_user() {
    let bed = bed("as-nobody");
    let nobody = bed.plane.user(&[]);
    bed.run_as(&nobody.kubeconfig, &["diff", "--as", "jane"], "")
        .exits(2)
        .complains(&format!("User \"{}\" cannot impersonate", nobody.name))
        .complains("hint: ask for the right to `impersonate` whom --as, or the kubeconfig, names");
}

#[test]
fn a_token_a_server_and_its_authority_need_no_kubeconfig() {
    let bed = bed("token-alone");
    let token = token_of(&bed, "deployer");
    let ca = bed.plane.ca().display().to_string();
    let options = [
        "--server",
        bed.plane.server(),
        "--certificate-authority",
        &ca,
        "--token",
        &token,
    ];
    let hint = "hint: `stackanetes roles --for preview --service-account token-alone/deployer` prints the roles";
    let refused = diff(&bed, &options)
        .exits(2)
        .complains("User \"system:serviceaccount:token-alone:deployer\" cannot")
        .complains(hint)
        .hides(&[&token]);
    follow_hint(&bed, &refused);
    wait_until("the ServiceAccount may diff", || diff(&bed, &options).code == 1);
    diff(&bed, &options)
        .exits(1)
        .shows(&format!("token-alone on {}:", bed.plane.server()))
        .shows("+ create ConfigMap token-alone/fine");
    // kubectl comes to the same user by the same options.
    let whoami = ["auth", "whoami", "--output", "json", "--kubeconfig", "/dev/null"];
    let review = bed.plane.kubectl(&[&whoami[..], &options].concat()).expect_success();
    assert!(
        review.contains("system:serviceaccount:token-alone:deployer"),
        "{review}"
    );
}

#[test]
fn a_token_stands_in_for_that_of_the_kubeconfig() {
    let bed = bed("token-instead");
    let token = token_of(&bed, "deployer");
    let asked = bed.audited(|| {
        bed.run(&["diff", "--token", &token])
            .exits(2)
            .complains("system:serviceaccount:token-instead:deployer");
    });
    assert!(asked.is_empty(), "the kubeconfig's own user asked: {asked:?}");
}

#[test]
fn a_token_file_may_end_with_a_line_break() {
    let bed = bed("token-file");
    let folder = bed.beside("tokens");
    fs::create_dir_all(&folder).expect("a directory of our own");
    fs::write(folder.join("token"), format!("{}\n", bed.user.token)).expect("a file of our own");
    let kubeconfig = fs::read_to_string(&bed.user.kubeconfig).expect("a kubeconfig");
    let mut kubeconfig: Value = serde_json::from_str(&kubeconfig).expect("JSON");
    kubeconfig["users"][0]["user"] = json!({"tokenFile": "token"});
    let file = folder.join("config");
    fs::write(&file, kubeconfig.to_string()).expect("a file of our own");
    bed.run_as(&file, &["diff"], "").exits(1).shows("+ create");
    fs::remove_dir_all(folder).expect("a directory of our own");
}

#[test]
fn a_server_that_another_authority_vouches_for_is_not_trusted() {
    let bed = bed("other-authority");
    bed.run(&["diff", "--certificate-authority", OTHER_AUTHORITY])
        .exits(2)
        .complains("failed to reach https://127.0.0.1:")
        .complains("hint: the server's certificate is signed by nobody that is trusted")
        .complains("--certificate-authority");
    bed.run(&["diff", "--certificate-authority", "desired/fine.yaml"])
        .exits(2)
        .complains("desired/fine.yaml: it holds no certificate");
    bed.run(&["diff", "--certificate-authority", "nothing.pem"])
        .exits(2)
        .complains("failed to read the certificate authority")
        .complains("nothing.pem: no such file or directory");
}

/// A server that shows a certificate which it signed itself as an authority, as `openssl req -x509` makes them: its URL.
fn authority_as_server() -> String {
    let pem = fs::read(AUTHORITY_AS_SERVER).expect("a file");
    let certificate = CertificateDer::from_pem_slice(&pem).expect("a certificate");
    let key = PrivateKeyDer::from_pem_slice(&pem).expect("a key");
    let config = ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![certificate], key);
    let config = Arc::new(config.expect("a key for the certificate"));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("https://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut tls = ServerConnection::new(config.clone()).expect("a connection");
            // The client ends it.
            drop(tls.complete_io(&mut stream.expect("a connection")));
        }
    });
    url
}

#[test]
fn a_certificate_that_no_server_may_show_is_told() {
    let bed = bed("authority-as-server");
    let server = authority_as_server();
    for authority in [OTHER_AUTHORITY, AUTHORITY_AS_SERVER] {
        let options = [
            "--server",
            &server,
            "--certificate-authority",
            authority,
            "--token",
            "t",
        ];
        diff(&bed, &options)
            .exits(2)
            .complains(&format!(
                "failed to reach {server}: invalid peer certificate: CaUsedAsEndEntity"
            ))
            .complains("hint: the server's certificate is none that a server may show")
            .complains_not("check that the server is running");
    }
}

#[test]
fn a_certificate_that_is_not_verified_is_warned_of() {
    let bed = bed("unverified-server");
    bed.run(&["diff", "--insecure-skip-tls-verify", "--quiet"])
        .exits(1)
        .complains("warning: the certificate of https://127.0.0.1:")
        .complains("is not verified");
    bed.run(&["diff"]).exits(1).complains_not("not verified");
}

#[test]
fn a_request_ends_when_its_time_is_over() {
    let bed = bed("request-timeout");
    // It takes connections, as every listener does, and answers nothing.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let server = format!("http://{}", listener.local_addr().expect("an address"));
    diff(&bed, &["--server", &server, "--request-timeout", "250ms"])
        .exits(2)
        .complains("no answer within 250 milliseconds");
    bed.run(&["diff", "--request-timeout", "60"]).exits(1);
    bed.run(&["diff", "--request-timeout", "0"]).exits(1);
    bed.run(&["diff", "--request-timeout", "-1s"]).exits(2);
}

#[test]
fn no_credential_is_sent_without_tls() {
    let bed = bed("clear-text");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let server = format!("http://{}", listener.local_addr().expect("an address"));
    let refused = "it has no TLS, and the token would be sent for everybody to read";
    bed.run(&["diff", "--server", &server])
        .exits(2)
        .complains(refused)
        .complains("hint: write https://")
        .hides(&[&bed.user.token]);
    diff(&bed, &["--server", &server, "--token", "hunter2"])
        .exits(2)
        .complains(refused)
        .hides(&["hunter2"]);
    listener.set_nonblocking(true).expect("a listener");
    let nobody = listener.accept().expect_err("nobody came");
    assert_eq!(nobody.kind(), ErrorKind::WouldBlock);
}

/// A kubeconfig whose user has this plugin.
pub fn with_plugin(bed: &Bed, name: &str, plugin: Value) -> PathBuf {
    let kubeconfig = fs::read_to_string(&bed.user.kubeconfig).expect("a kubeconfig");
    let mut kubeconfig: Value = serde_json::from_str(&kubeconfig).expect("JSON");
    let mut exec = json!({"apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never"});
    let fields = plugin.as_object().expect("fields").clone();
    exec.as_object_mut().expect("fields").extend(fields);
    kubeconfig["users"][0]["user"] = json!({"exec": exec});
    let file = bed.dir.join(name);
    fs::write(&file, kubeconfig.to_string()).expect("a file of our own");
    file
}

#[test]
fn a_plugin_that_fails_is_told_with_what_it_said() {
    let bed = bed("plugin");
    // What kubelogin says, and what GKE's kubeconfigs hint at.
    let hint = "Install gke-gcloud-auth-plugin for use with kubectl by following\n        https://cloud.google.com/x";
    let missing = json!({"command": "stackanetes-no-such-login", "installHint": hint});
    bed.run_as(&with_plugin(&bed, "missing", missing), &["diff"], "")
        .exits(2)
        .complains("the credential plugin stackanetes-no-such-login did not start: no such file or directory")
        .complains("hint: Install gke-gcloud-auth-plugin for use with kubectl by following https://cloud.google.com/x");
    let script = "echo 'error: get-token: authentication error: token expired' >&2; echo hunter2; exit 3";
    let fails = json!({"command": "/bin/sh", "args": ["-c", script], "installHint": "brew install kubelogin"});
    bed.run_as(&with_plugin(&bed, "fails", fails), &["diff"], "")
        .exits(2)
        .complains("the credential plugin /bin/sh failed with exit status: 3: error: get-token: authentication error")
        .complains("hint: log in again, or reinstall the plugin: brew install kubelogin")
        .hides(&["hunter2"]);
}

#[test]
fn a_plugin_may_get_the_credential() {
    let bed = bed("plugin-works");
    let status = json!({"token": bed.user.token});
    let credential =
        json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status});
    let script = format!("echo '{credential}'");
    let works = json!({"command": "/bin/sh", "args": ["-c", script]});
    bed.run_as(&with_plugin(&bed, "works", works), &["diff"], "")
        .exits(1)
        .shows("+ create");
}

#[test]
fn every_command_that_asks_a_cluster_has_the_options() {
    let bed = bed("everywhere");
    bed.synced();
    let to = bed.beside("snapshot");
    let to = to.to_str().expect("text");
    for command in [
        &["diff"][..],
        &["sync", "--yes"],
        &["status"],
        &["history"],
        &["snapshot", "--to", to],
        &["roles", "--for", "sync", "--context", "controlplane"],
        &["delete", "--yes"],
    ] {
        let asked = bed.audited(|| {
            let options = [
                "--as",
                "jane",
                "--as-group",
                "system:masters",
                "--request-timeout",
                "60s",
            ];
            bed.run(&[command, &options].concat()).exits(0);
        });
        assert!(!asked.is_empty(), "{command:?}");
        assert!(
            asked.iter().all(|event| event.impersonated["username"] == "jane"),
            "{command:?}"
        );
    }
    let _ = fs::remove_dir_all(to);
}
