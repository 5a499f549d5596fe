//! The control plane does what tests rely on.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread;

use super::{AuditEvent, ControlPlane, Form, Rule, User};

#[test]
fn control_plane_ends_when_it_is_dropped() {
    let control_plane = ControlPlane::start(Form::Bare);
    let pids = control_plane.pids().clone();
    let kubeconfig = control_plane.admin_kubeconfig().to_owned();
    assert_eq!(
        pids.keys().collect::<Vec<_>>(),
        ["etcd", "kube-apiserver", "kube-controller-manager"]
    );
    assert!(pids.values().all(|pid| is_running(*pid)));
    assert!(kubeconfig.exists());

    drop(control_plane);

    assert!(!pids.values().any(|pid| is_running(*pid)));
    assert!(!kubeconfig.exists());
}

#[test]
fn workloads_run_on_the_full_control_plane() {
    let control_plane = ControlPlane::full();
    let namespace = "workloads";
    control_plane
        .kubectl(&["create", "namespace", namespace])
        .expect_success();
    control_plane
        .kubectl_stdin(&["apply", "--namespace", namespace, "-f", "-"], WORKLOADS)
        .expect_success();

    for (object, condition) in [
        ("deployment/api", "condition=Available"),
        ("job/passes", "condition=Complete"),
        ("job/fails", "condition=Failed"),
        ("statefulset/db", "jsonpath={.status.readyReplicas}=1"),
        ("daemonset/agent", "jsonpath={.status.numberAvailable}=2"),
        ("pvc/data-db-0", "jsonpath={.status.phase}=Bound"),
    ] {
        let condition = format!("--for={condition}");
        let args = ["wait", object, &condition, "--timeout=60s", "--namespace", namespace];
        control_plane.kubectl(&args).expect_success();
    }

    for label in ["openstack-control-plane=enabled", "openstack-compute-node=enabled"] {
        let nodes = control_plane.kubectl(&["get", "nodes", "--output=name", "--selector", label]);
        assert_eq!(nodes.expect_success().lines().count(), 1, "{label}");
    }
}

#[test]
fn user_has_the_rights_it_was_granted_and_no_others() {
    let control_plane = ControlPlane::bare();
    let reads = Rule {
        groups: &[""],
        resources: &["configmaps"],
        verbs: &["get", "list"],
    };
    let everywhere = control_plane.user(&[reads]);
    let in_default = control_plane.user_in("default", &[reads]);
    let nowhere = control_plane.user(&[]);

    let list = |user: &User, namespace| {
        let args = ["get", "configmaps", "--namespace", namespace];
        user.kubectl(&args).status.success()
    };
    assert!(list(&everywhere, "default") && list(&everywhere, "kube-system"));
    assert!(list(&in_default, "default") && !list(&in_default, "kube-system"));
    assert!(!list(&nowhere, "default"));
    let create = everywhere.kubectl(&["create", "configmap", "new"]);
    assert!(create.stderr.contains("cannot create"), "{}", create.stderr);
}

#[test]
fn audit_holds_the_requests_of_one_user_in_order() {
    let control_plane = ControlPlane::bare();
    let user = control_plane.admin();
    let kubectl = |args: &[&str]| user.kubectl(args).expect_success();
    let exists = || control_plane.get("configmap", Some("default"), "it").is_some();

    kubectl(&["create", "configmap", "it", "--dry-run=server"]);
    assert!(!exists());
    kubectl(&["create", "configmap", "it", "--from-literal=key=value"]);
    kubectl(&["delete", "configmap", "it", "--dry-run=server"]);
    assert!(exists());
    kubectl(&["delete", "configmap", "it", "--wait=false"]);
    assert!(!exists());
    kubectl(&["create", "token", "default"]);

    let events = user.audit();
    let told: Vec<_> = events
        .iter()
        .filter(|event| event.namespace == "default")
        .map(tell)
        .collect();
    assert_eq!(
        told,
        [
            "create configmaps it 201 dry-run",
            "create configmaps it 201 write",
            "delete configmaps it 200 dry-run",
            "delete configmaps it 200 write",
            "create serviceaccounts/token default 201 write",
        ]
    );
    let create = events.iter().find(|event| event.is_write());
    let create = create.expect("a write");
    assert_eq!(create.request["data"]["key"], "value");
    assert!(create.user_agent.starts_with("kubectl/v1."));
}

fn tell(event: &AuditEvent) -> String {
    let resource = format!("{}/{}", event.resource, event.subresource);
    let effect = match (event.is_write(), event.dry_run) {
        (true, _) => "write",
        (false, true) => "dry-run",
        (false, false) => "read",
    };
    [
        &event.verb,
        resource.trim_end_matches('/'),
        &event.name,
        &event.code.to_string(),
        effect,
    ]
    .join(" ")
}

#[test]
fn user_can_reach_the_server_through_a_relay() {
    let control_plane = ControlPlane::bare();
    let user = control_plane.user(&[]);
    let server = control_plane.server().trim_start_matches("https://");
    let relay = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = relay.local_addr().expect("an address");
    thread::spawn(move || relay_connections(&relay, server));

    let kubeconfig = user.kubeconfig_for(&format!("https://{address}"));
    let through_relay = format!("--kubeconfig={}", kubeconfig.display());
    user.kubectl(&["get", "--raw=/version", &through_relay])
        .expect_success();

    let asked: Vec<_> = user.audit().into_iter().map(|event| event.uri).collect();
    assert_eq!(asked, ["/version"]);
}

/// Passes bytes on, both ways, for as long as the test process lives.
fn relay_connections(relay: &TcpListener, server: &str) {
    for client in relay.incoming() {
        let mut client = client.expect("a connection");
        let mut server = TcpStream::connect(server).expect("the server listens");
        let mut answers = server.try_clone().expect("a socket can be shared");
        let mut to_client = client.try_clone().expect("a socket can be shared");
        // A copy ends when either side closes; that is no failure.
        thread::spawn(move || io::copy(&mut client, &mut server));
        thread::spawn(move || io::copy(&mut answers, &mut to_client));
    }
}

fn is_running(pid: u64) -> bool {
    Command::new("sh")
        .arg("-c")
        .arg(format!("kill -0 {pid} 2>&-"))
        .status()
        .expect("sh is there")
        .success()
}

const WORKLOADS: &str = r"
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      nodeSelector: {openstack-control-plane: enabled}
      containers: [{name: main, image: none}]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      containers: [{name: main, image: none}]
  volumeClaimTemplates:
    - metadata: {name: data}
      spec:
        accessModes: [ReadWriteOnce]
        resources: {requests: {storage: 1Gi}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      hostNetwork: true
      containers: [{name: main, image: none}]
---
apiVersion: batch/v1
kind: Job
metadata: {name: passes}
spec:
  template:
    spec:
      restartPolicy: OnFailure
      containers: [{name: main, image: none}]
---
apiVersion: batch/v1
kind: Job
metadata: {name: fails}
spec:
  backoffLimit: 0
  template:
    metadata: {labels: {outcome: failure}}
    spec:
      restartPolicy: Never
      containers: [{name: main, image: none}]
";
