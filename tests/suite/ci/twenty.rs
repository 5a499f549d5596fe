//! A repository of twenty services, which other tools have applied: it is moved over, and then changed by five pull
//! requests that go through the workflows.
//!
//! Eight services are plain manifests, of which two read a file that SOPS encrypted; eight are a base of Kustomize with
//! overlays for three environments; four are in two charts. All names are made here.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use super::github::{self, PREVIEW};
use super::{Runner, program, root};
use crate::bed::{Bed, Run, git};
use crate::control_plane::ControlPlane;
use crate::moving::standing_in;
use crate::{built, sops};

const ENVIRONMENTS: [&str; 3] = ["dev", "stage", "prod"];

/// The manifests of one service.
fn service(name: &str, more: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
spec:
  replicas: 1
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers:
        - name: main
          image: example/{name}:1
{more}---
apiVersion: v1
kind: Service
metadata:
  name: {name}
spec:
  selector: {{app: {name}}}
  ports: [{{port: 80}}]
"
    )
}

/// The repository, and where it has been applied.
struct Twenty {
    bed: Bed,
}

impl Twenty {
    /// Writes the repository, and applies it by `kubectl apply`, `kubectl apply -k`, `helm install` and `sops`.
    fn applied() -> Self {
        let bed = Bed::on(ControlPlane::full(), "twenty-prod");
        let twenty = Self { bed };
        for environment in ["dev", "stage"] {
            twenty.kubectl(&["create", "namespace", &format!("twenty-{environment}")], "");
        }
        twenty.write_plain();
        twenty.write_overlays();
        twenty.write_charts();
        twenty.bed.commit("Twenty services");
        git(&twenty.bed.dir, &["branch", "--move", "main"]);
        twenty.apply_by_others();
        twenty
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.bed.dir.join(path);
        fs::create_dir_all(path.parent().expect("a directory")).expect("a directory of our own");
        fs::write(path, text).expect("a file of our own");
    }

    fn write_plain(&self) {
        let settings = "name: twenty\nnamespace: twenty-prod\nrollout: ignore\nmigrate: [helm]\nexclude: [/charts/]\n";
        self.write("desired/stackanetes.yaml", settings);
        for number in 1..=8 {
            let reads = "          envFrom: [{secretRef: {name: database}}]\n";
            let name = format!("plain-{number}");
            let more = if number <= 2 { reads } else { "" };
            self.write(&format!("desired/plain/{name}.yaml"), &service(&name, more));
        }
        self.write_sealed("first-password");
    }

    /// Writes the Secret of two services, encrypted.
    fn write_sealed(&self, password: &str) {
        let path = "desired/plain/database.yaml";
        let secret = format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: database}}\nstringData: {{password: {password}}}\n"
        );
        self.write(path, &secret);
        sops::encrypt(&self.bed.dir, path, &["--encrypted-regex", "^(data|stringData)$"]);
    }

    fn write_overlays(&self) {
        let settings = "name: apps-${{ site.name }}\nnamespace: twenty-${{ site.name }}\nrollout: ignore\nkustomize: overlays/${{ site.name }}\n";
        self.write("apps/stackanetes.yaml", settings);
        self.write("apps/parameters.yaml", "site: {name: dev}\n");
        self.write(
            "apps/parameters.schema.json",
            r#"{"properties": {"site": {"properties": {"name": {"type": "string"}}}}}"#,
        );
        let mut resources = String::new();
        for number in 1..=8 {
            let name = format!("app-{number}");
            self.write(&format!("apps/base/{name}.yaml"), &service(&name, ""));
            resources += &format!("  - {name}.yaml\n");
        }
        self.write("apps/base/kustomization.yaml", &format!("resources:\n{resources}"));
        for environment in ENVIRONMENTS {
            self.write(
                &format!("apps/environments/{environment}.yaml"),
                &format!("site: {{name: {environment}}}\n"),
            );
            let overlay = format!(
                "namespace: twenty-{environment}\nresources: [../../base]\nlabels:\n  - pairs: {{site: {environment}}}\npatches:\n  - path: replicas.yaml\n"
            );
            self.write(&format!("apps/overlays/{environment}/kustomization.yaml"), &overlay);
            self.write(&format!("apps/overlays/{environment}/replicas.yaml"), &replicas(1));
        }
    }

    fn write_charts(&self) {
        for chart in ["front", "back"] {
            let folder = format!("desired/charts/{chart}");
            self.write(
                &format!("{folder}/Chart.yaml"),
                &format!("apiVersion: v2\nname: {chart}\nversion: 1.0.0\n"),
            );
            self.write(&format!("{folder}/values.yaml"), "tag: \"1\"\n");
            for number in 1..=2 {
                let name = format!("{chart}-{number}");
                let manifests = service(&name, "").replace(
                    &format!("example/{name}:1"),
                    &format!("example/{name}:{{{{ .Values.tag }}}}"),
                );
                self.write(&format!("{folder}/templates/{name}.yaml"), &manifests);
            }
            let component = format!("helm: {{chart: ../charts/{chart}, release: {chart}}}\n");
            self.write(&format!("desired/{chart}/component.yaml"), &component);
        }
    }

    fn kubectl(&self, args: &[&str], stdin: &str) {
        self.bed.plane.kubectl_stdin(args, stdin).expect_success();
    }

    fn apply_by_others(&self) {
        let path = |inside: &str| self.bed.dir.join(inside).display().to_string();
        for number in 1..=8 {
            let file = path(&format!("desired/plain/plain-{number}.yaml"));
            self.kubectl(&["apply", "--namespace", "twenty-prod", "-f", &file], "");
        }
        let decrypted = sops::run(&self.bed.dir, &["decrypt", "desired/plain/database.yaml"]);
        assert!(decrypted.status.success(), "{decrypted:?}");
        let secret = String::from_utf8(decrypted.stdout).expect("text");
        self.kubectl(&["apply", "--namespace", "twenty-prod", "-f", "-"], &secret);
        for environment in ENVIRONMENTS {
            self.kubectl(&["apply", "-k", &path(&format!("apps/overlays/{environment}"))], "");
        }
        for chart in ["front", "back"] {
            built::run_helm(&self.bed, &["install", chart, &format!("desired/charts/{chart}")]);
        }
        for environment in ENVIRONMENTS {
            let namespace = format!("twenty-{environment}");
            self.kubectl(
                &[
                    "wait",
                    "--namespace",
                    &namespace,
                    "--for=condition=Available",
                    "deployments",
                    "--all",
                    "--timeout=300s",
                ],
                "",
            );
        }
    }

    /// Runs the command with what it needs of programs and identities.
    fn run(&self, args: &[&str]) -> Run {
        let mut command = self.bed.command(args);
        command.envs(trusted());
        Run::finish(command.spawn().expect("the command can be run"))
    }

    /// What stands in all environments, by environment, kind and name.
    fn standing(&self) -> BTreeMap<String, Value> {
        let mut standing = BTreeMap::new();
        for environment in ENVIRONMENTS {
            let here = standing_in(self.bed.plane, &format!("twenty-{environment}"));
            let here = here
                .into_iter()
                .map(|(name, object)| (format!("{environment} {name}"), object));
            standing.extend(here);
        }
        standing
    }

    /// Everything is ours, and as git says: so many objects of the directory that is for one environment.
    fn is_in_sync(&self, objects: usize) {
        self.run(&["diff"])
            .exits(0)
            .shows(&format!("in sync: {objects} objects"));
        for environment in ENVIRONMENTS {
            self.run(&["diff", "apps", "--environment", environment])
                .exits(0)
                .shows("in sync: 16 objects");
        }
    }

    /// A pull request that does this: its preview, the merge, and the sync of exactly what was reviewed. Gives the
    /// comment.
    fn pull_request(&self, inputs: [(&'static str, &'static str); 2], change: impl FnOnce()) -> String {
        let git = |args: &[&str]| git(&self.bed.dir, args);
        git(&["switch", "--quiet", "--create", "topic"]);
        change();
        git(&["add", "desired", "apps"]);
        git(&["commit", "--quiet", "--message", "A change"]);
        let runner = Runner::new(&self.bed);
        let kubeconfig = fs::read_to_string(&self.bed.user.kubeconfig).expect("a kubeconfig");
        let base = ("github.event.pull_request.base.sha", "main");
        let values = [base, inputs[0], inputs[1], ("secrets.kubeconfig", &kubeconfig)];
        github::run_trusting(&runner, PREVIEW, &values, trusted()).exits(0);
        git(&["switch", "--quiet", "main"]);
        git(&["merge", "--quiet", "--no-ff", "--no-edit", "topic"]);
        git(&["branch", "--quiet", "--delete", "topic"]);
        let synced = github::run_trusting(&runner, ("sync.yml", "Sync"), &values, trusted()).exits(0);
        synced.shows("complete:").shows_not("waits to be approved");
        runner.result("comment.md")
    }
}

impl Drop for Twenty {
    fn drop(&mut self) {
        for environment in ["dev", "stage"] {
            let namespace = format!("twenty-{environment}");
            let _ = self
                .bed
                .plane
                .kubectl(&["delete", "namespace", &namespace, "--wait=false"]);
        }
    }
}

/// The environment of a runner that is trusted with programs and with the identity of SOPS.
fn trusted() -> [(&'static str, String); 3] {
    let folder = built::path();
    [
        (
            "PATH",
            format!(
                "{folder}:{}:/usr/local/bin:/usr/bin:/bin",
                root().join("tests/suite/ci").display()
            ),
        ),
        ("SOPS_AGE_KEY", sops::KEY.to_owned()),
        ("STACKANETES_ALLOW_PROGRAMS", "1".to_owned()),
    ]
}

/// The patch of an overlay for its first service.
fn replicas(count: u32) -> String {
    format!("apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: app-1}}\nspec:\n  replicas: {count}\n")
}

#[test]
fn twenty_services_are_moved_over_without_a_restart_and_changed_by_five_pull_requests() {
    if program("jq").is_none() {
        return;
    }
    let twenty = Twenty::applied();
    let before = twenty.standing();
    let pods = before.keys().filter(|name| name.contains(" Pod ")).count();
    assert_eq!(pods, 36, "twenty services, and eight of them twice more");

    let diff = twenty.run(&["diff"]).exits(1).shows_not("to delete");
    diff.shows("25 objects are not ours").shows("nothing restarts");
    twenty.run(&["sync", "--yes", "--adopt"]).exits(0).shows("complete:");
    for environment in ENVIRONMENTS {
        let args = ["sync", "apps", "--environment", environment, "--yes", "--adopt"];
        twenty.run(&args).exits(0).shows("16 updated");
    }
    assert_eq!(twenty.standing(), before);
    twenty.is_in_sync(25);

    change_by_pull_requests(&twenty);
    twenty.is_in_sync(23);
}

/// Five pull requests: each does what its comment says, and restarts what it says.
fn change_by_pull_requests(twenty: &Twenty) {
    const DESIRED: [(&str, &str); 2] = [("inputs.directory", "desired"), ("inputs.environment", "")];
    const PROD: [(&str, &str); 2] = [("inputs.directory", "apps"), ("inputs.environment", "prod")];
    let replace = |path: &str, from: &str, to: &str| {
        let text = fs::read_to_string(twenty.bed.dir.join(path)).expect("a file of ours");
        assert!(text.contains(from), "{path}");
        twenty.write(path, &text.replace(from, to));
    };
    let restarted = |before: &BTreeMap<String, Value>| {
        let now = twenty.standing();
        let sets = now
            .keys()
            .filter(|name| name.contains(" ReplicaSet ") && !before.contains_key(*name));
        sets.map(|name| name.rsplit_once('-').expect("a hash").0.to_owned())
            .collect::<Vec<_>>()
    };

    let before = twenty.standing();
    let comment = twenty.pull_request(DESIRED, || {
        replace("desired/plain/plain-3.yaml", "plain-3:1", "plain-3:2");
    });
    assert!(comment.contains("**1 to update; 24 unchanged**"), "{comment}");
    assert_eq!(restarted(&before), ["prod ReplicaSet plain-3"]);

    let before = twenty.standing();
    let comment = twenty.pull_request(PROD, || twenty.write("apps/overlays/prod/replicas.yaml", &replicas(3)));
    assert!(comment.contains("apps/overlays/prod/replicas.yaml:5"), "{comment}");
    assert_eq!(restarted(&before), [""; 0]);

    let before = twenty.standing();
    let comment = twenty.pull_request(DESIRED, || {
        twenty.write("desired/charts/back/values.yaml", "tag: \"2\"\n");
    });
    assert!(comment.contains("**2 to update; 23 unchanged**"), "{comment}");
    assert_eq!(restarted(&before), ["prod ReplicaSet back-1", "prod ReplicaSet back-2"]);

    let before = twenty.standing();
    let comment = twenty.pull_request(DESIRED, || twenty.write_sealed("second-password"));
    assert!(
        comment.contains("**1 to update; 24 unchanged**") && !comment.contains("password: "),
        "{comment}"
    );
    assert!(
        !comment.contains("second-password") && !comment.contains("first-password"),
        "{comment}"
    );
    assert_eq!(restarted(&before), [""; 0], "rollout: ignore");

    let comment = twenty.pull_request(DESIRED, || twenty.bed.remove("plain/plain-8.yaml"));
    assert!(comment.contains("**2 to delete; 23 unchanged**"), "{comment}");
}
