//! `check` finds mistakes without a cluster, and shows each where it stands.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::bed::Run;

const PASSWORD: &str = "hunter2-in-a-parameter";

/// A folder of its own, with nothing around it that could be a cluster.
pub fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&dir);
    for (path, text) in files {
        let path = dir.join("desired").join(path);
        fs::create_dir_all(path.parent().expect("a file has a directory")).expect("a directory of our own");
        fs::write(path, text).expect("a file of our own");
    }
    dir
}

/// Runs `check` there, with nothing in its environment.
#[track_caller]
pub fn check(dir: &Path, args: &[&str]) -> Run {
    run(dir, &[&["check"], args].concat())
}

/// Runs a command there, with nothing in its environment.
#[track_caller]
pub fn run(dir: &Path, args: &[&str]) -> Run {
    let child = Command::new(env!("CARGO_BIN_EXE_stackanetes"))
        .args(args)
        .current_dir(dir)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    Run::finish(child.expect("the command starts")).hides(&[PASSWORD])
}

const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replcas: 3
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      serviceAccountName: webb
      containers:
        - name: web
          env:
            - name: A
              valueFrom:
                secretKeyRef: {name: admin, key: passwrd}
            - name: A
              value: ${{ web.text }}
          ports:
            - containerPort: 80
              name: http
            - containerPort: 80
              name: other
          volumeMounts:
            - name: etc
              mountPath: /etc/web
      volumes:
        - name: etc
          configMap: {name: web-etc, items: [{key: web.conf, path: web.conf}]}
";

const AROUND: &str = "apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {app: web}
  ports:
    - port: 80
      targetPort: htpp
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
spec:
  defaultBackend:
    service: {name: wbe, port: {number: 80}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: web
spec:
  maxUnavailable: ${{ web.most }}
  selector:
    matchLabels: {app: web}
---
apiVersion: example.com/v1
kind: Widget
metadata:
  name: w
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: web
";

const COMPONENT: &str = "configMaps:
  - name: web-etc
    files: {web.cnf: web.cnf}
secrets:
  - name: admin
    values: {user: '${{ web.password }}'}
    generate: {password: {length: 32}}
";

#[test]
fn every_mistake_is_shown_where_it_stands() {
    let parameters = format!("web:\n  most: 100%\n  password: {PASSWORD}\n  text: 7\n");
    let schema = r#"{"properties": {"web": {"properties": {"most": {"type": "string"}, "text": {"type": "integer"},
        "password": {"type": "string", "writeOnly": true}}}}}"#;
    let dir = folder(
        "check-mistakes",
        &[
            ("stackanetes.yaml", "name: demo\nnamespace: prod\n"),
            ("parameters.yaml", &parameters),
            ("parameters.schema.json", schema),
            ("web/component.yaml", COMPONENT),
            ("web/web.cnf", "x\n"),
            ("web/web.yaml", WEB),
            ("web/around.yaml", AROUND),
        ],
    );
    let mut run = check(&dir, &[]).exits(1);
    for (message, place, hint) in [
        (
            "Deployment prod/web has no field `spec.replcas`",
            "web.yaml:6:3",
            "did you mean `replicas`?",
        ),
        (
            "Deployment prod/web runs as ServiceAccount prod/webb, which is not in the directory",
            "web.yaml:13:7",
            "did you mean `web`?",
        ),
        (
            "Deployment prod/web reads the key `passwrd` of Secret prod/admin, which does not have it",
            "web.yaml:19:45",
            "did you mean `password`?",
        ),
        (
            "`spec.template.spec.containers[web].env[A]` of Deployment prod/web is there twice",
            "web.yaml:20:15",
            "",
        ),
        (
            "`spec.template.spec.containers[web].env[A].value` of Deployment prod/web: expected a string, got a number",
            "web.yaml:21:15",
            "",
        ),
        (
            "`spec.template.spec.containers[web].ports[containerPort=80,protocol=TCP]` of Deployment prod/web is there twice",
            "web.yaml:25:15",
            "",
        ),
        (
            "Deployment prod/web reads the key `web.conf` of ConfigMap prod/web-etc, which does not have it",
            "web.yaml:32:47",
            "did you mean `web.cnf`?",
        ),
        (
            "Service prod/web sends traffic to the port `htpp`, and the pods it selects have none of that name",
            "around.yaml:9:7",
            "did you mean `http`?",
        ),
        (
            "Ingress prod/web sends traffic to Service prod/wbe, which is not in the directory",
            "around.yaml:17:15",
            "did you mean `web`?",
        ),
        (
            "PodDisruptionBudget prod/web lets all pods go (of 1): it protects nothing",
            "around.yaml:24:3",
            "",
        ),
    ] {
        run = run.shows(message);
        let after = run.stdout.split(message).nth(1).expect("it is shown");
        let this = after.split("\nerror[").next().unwrap_or_default();
        assert!(this.contains(&format!("desired/web/{place}")), "{place}:{this}");
        assert!(this.contains(hint), "{hint}:{this}");
    }
    // A parameter's own place stands beside it.
    run.shows("desired/parameters.yaml:2:3")
        .shows("desired/parameters.yaml:4:3")
        .shows("fields not checked, for want of a schema: example.com/v1 Widget (1)")
        .shows("9 errors and 1 warning in 8 objects");
}

#[test]
fn a_plain_directory_says_what_it_means() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  serviceAccountName: theirs\n  containers: [{name: a}]\n";
    let dir = folder("check-plain", &[("pod.yaml", pod)]);
    let hint = "annotate Pod default/a with `stackanetes.io/ignore-findings: missing-object`";
    check(&dir, &[]).exits(1).shows(hint).shows("1 error in 1 object");
    check(&dir, &["-n", "other"]).exits(1).shows("Pod other/a");
    let meant = pod.replace(
        "name: a\nspec",
        "name: a\n  annotations:\n    stackanetes.io/check: ignore\nspec",
    );
    let dir = folder("check-plain", &[("pod.yaml", &meant)]);
    check(&dir, &[]).exits(0).shows("nothing found in 1 object");
    check(&dir, &["missing"]).exits(2).complains("missing");
}

/// With its defaults, and with the settings that leave things out.
#[test]
fn the_shipped_directory_is_clean() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for sets in [
        &[][..],
        &["deployment.control_replicas=3"],
        &[
            "traefik.replicas=1",
            "memcached.replicas=1",
            "mariadb.replicas=1",
            "rabbitmq.replicas=1",
        ],
        &["network.ingress.enabled=false"],
        &["memcached.enabled=false"],
        &["cinder.enabled=false"],
        &["glance.enabled=false"],
        &["horizon.enabled=false"],
        &["libvirt.enabled=false"],
        &["mariadb.backup.enabled=false"],
        &["neutron.enabled=false"],
        &["nova.enabled=false"],
        &["openvswitch.enabled=false"],
        &["nova.enabled=false", "placement.enabled=false"],
    ] {
        let args: Vec<&str> = sets.iter().flat_map(|set| ["--set", *set]).collect();
        let run = check(root, &args).exits(0).shows("nothing found in");
        assert!(!run.stdout.contains("not checked"), "{}", run.stdout);
    }
}
