//! Directories and components whose objects Kustomize and Helm make, by the real programs.

mod allowed;
mod cluster;
mod git;
mod helm;
mod hooks;
mod kustomize;
mod refused;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::bed::{Bed, Run, write_script};
use crate::control_plane::GoProgram;
use crate::sandbox::{Desk, files};

/// A directory, and the programs in `PATH`.
struct Workshop {
    desk: Desk,
}

impl Workshop {
    /// An empty directory.
    fn new(name: &str) -> Self {
        let desk = Desk::new(&format!("built-{name}"));
        desk.remove("desired/namespace.yaml");
        Self { desk }
    }

    /// The kustomizations of `fixtures/kustomize/shop`, of which this one is built.
    fn with_overlay(name: &str, overlay: &str) -> Self {
        let shop = Self::new(name);
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/kustomize/shop");
        for path in files(&fixture) {
            let inside = path.strip_prefix(&fixture).expect("below it").display();
            shop.write(&inside.to_string(), &fs::read_to_string(&path).expect("text"));
        }
        shop.says(&format!("kustomize: overlays/{overlay}\n"));
        shop
    }

    /// The chart that `helm create` makes, with a hook of it besides, in a directory that renders it.
    fn with_chart(name: &str) -> Self {
        let shop = Self::new(name);
        let charts = shop.desk.dir.join("desired/charts");
        fs::create_dir_all(&charts).expect("a directory of our own");
        let mut command = Command::new(helm());
        command.args(["create", "web"]).current_dir(charts).env_clear();
        let run = command.env("HOME", &shop.desk.dir).output().expect("helm can be run");
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        shop.write("charts/web/templates/migrate.yaml", MIGRATE);
        shop.write("values.yaml", "replicaCount: 2\nimage: {tag: \"1.29\"}\n");
        shop.says("helm: {chart: charts/web, release: web, values: [values.yaml]}\n");
        shop
    }

    /// Writes the settings of the directory, below its name and its namespace.
    fn says(&self, settings: &str) {
        self.write("stackanetes.yaml", &format!("name: shop\nnamespace: shop\n{settings}"));
    }

    /// Writes a file of the directory.
    fn write(&self, path: &str, text: &str) {
        self.desk.write(&format!("desired/{path}"), text);
    }

    /// Replaces a part of a file of the directory, which must be there.
    fn replace(&self, path: &str, part: &str, by: &str) {
        let text = fs::read_to_string(self.desk.dir.join("desired").join(path)).expect("a file of ours");
        assert!(text.contains(part), "no {part} in {path}");
        self.write(path, &text.replace(part, by));
    }

    fn commit(&self, subject: &str) -> String {
        crate::bed::commit(&self.desk.dir, subject)
    }

    /// Runs the command, with the programs in `PATH`, and allows them.
    fn run(&self, args: &[&str]) -> Run {
        self.run_with(&path(), &[args, &["--allow-programs"]].concat())
    }

    /// Runs the command with this `PATH`.
    fn run_with(&self, path: &str, args: &[&str]) -> Run {
        let mut command = self.desk.command(args);
        Run::finish(command.env("PATH", path).spawn().expect("the command can be run"))
    }

    /// Syncs into a sandbox, which has the namespace.
    fn sync(&self) -> Run {
        if !self.desk.dir.join("box").exists() {
            self.desk.write("namespace.yaml", &crate::bed::namespace("shop"));
            let namespace = ["sync", "--yes", "-f", "namespace.yaml", "--sandbox", "box"];
            self.run_with("", &namespace).exits(0);
        }
        self.run(&["sync", "--yes", "--sandbox", "box"])
    }

    fn diff(&self) -> Run {
        self.run(&["diff", "--sandbox", "box"])
    }
}

/// A hook, as charts have them.
const MIGRATE: &str = r#"apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "web.fullname" . }}-migrate
  annotations:
    "helm.sh/hook": pre-install,pre-upgrade
    "helm.sh/hook-delete-policy": hook-succeeded
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
        - {name: migrate, image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}", args: [migrate]}
"#;

/// A `PATH` with both real programs.
pub fn path() -> String {
    let folders = [kustomize(), helm()].map(|program| program.parent().expect("a folder").display().to_string());
    folders.join(":")
}

fn kustomize() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| built("kustomize", "sigs.k8s.io/kustomize/kustomize/v5"))
}

pub fn helm() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| built("helm", "helm.sh/helm/v4/cmd/helm"))
}

/// Runs the real helm in the repository and the namespace of a bed, as its user.
pub fn run_helm(bed: &Bed, args: &[&str]) {
    let mut command = bed.program(helm());
    command.args(args).args(["--namespace", &bed.namespace]);
    let run = command.output().expect("helm can be run");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "helm {args:?}: {said}");
}

/// A program that is built once.
fn built(name: &str, package: &str) -> PathBuf {
    let program = GoProgram {
        module: "tests/generators",
        name,
        package,
        linked: String::new(),
    };
    program.built()
}

/// A folder with a script in place of a program, which is first in `PATH`.
fn fake(shop: &Workshop, name: &str, script: &str) -> String {
    let folder = shop.desk.dir.join("fake");
    fs::create_dir_all(&folder).expect("a folder of our own");
    write_script(&folder.join(name), script);
    let system = std::env::var("PATH").unwrap_or_default();
    format!("{}:{system}", folder.display())
}

/// What a diff says of a command line that is run without standard input.
fn piped(command: &mut Command, text: &str) -> Run {
    use std::io::Write as _;

    let mut child = command.stdin(Stdio::piped()).spawn().expect("the command can be run");
    let mut input = child.stdin.take().expect("it is piped");
    input.write_all(text.as_bytes()).expect("it is read");
    drop(input);
    Run::finish(child)
}
