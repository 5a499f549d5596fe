//! The program that is a whole control plane: built once from the Go module
//! `tests/controlplane`, then found again.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// What `KUBEBUILDER_ASSETS` names: a directory with programs to use instead
/// of building them. One named `controlplane` makes a build unnecessary; of
/// `etcd`, `kube-apiserver`, `kubectl` and the others, those that are there
/// replace the ones in `controlplane`.
pub fn assets() -> Option<&'static Path> {
    static ASSETS: OnceLock<Option<PathBuf>> = OnceLock::new();
    ASSETS
        .get_or_init(|| env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from))
        .as_deref()
}

/// The path of the program, which is built if it has not been.
pub fn controlplane() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| asset("controlplane").unwrap_or_else(build))
}

/// A kubectl to which arguments can be added.
pub fn kubectl() -> Command {
    if let Some(kubectl) = asset("kubectl") {
        return Command::new(kubectl);
    }
    let mut command = Command::new(controlplane());
    command.arg("kubectl");
    command
}

/// Where everything of the control planes is kept: in cargo's target directory, of which this
/// process' program is `PROFILE/deps/NAME` or `PROFILE/examples/NAME`.
pub fn directory() -> PathBuf {
    let program = env::current_exe().expect("a process has a program");
    let target = program.ancestors().nth(3).expect("cargo puts it three levels deep");
    target.join("controlplane")
}

fn asset(name: &str) -> Option<PathBuf> {
    let program = assets()?.join(name);
    program.is_file().then_some(program)
}

/// A program that is built from a Go module of `tests/`.
pub struct GoProgram<'a> {
    /// The module's folder.
    pub module: &'a str,
    /// The program's name, and that of its folder in the target directory.
    pub name: &'a str,
    /// What is built: a package of the module, or one that it requires.
    pub package: &'a str,
    /// What the linker is told besides.
    pub linked: String,
}

/// Builds the control plane unless it was built from the same sources before.
fn build() -> PathBuf {
    let module = "tests/controlplane";
    let version = kubernetes_version(&Path::new(env!("CARGO_MANIFEST_DIR")).join(module));
    // Without these, clients cannot tell which version the server has.
    let versions = ["k8s.io/component-base", "k8s.io/client-go/pkg"]
        .map(|package| format!("-X {package}/version.gitVersion={version}"));
    GoProgram {
        module,
        name: "controlplane",
        package: ".",
        linked: versions.join(" "),
    }
    .built()
}

impl GoProgram<'_> {
    /// Its path. It is built unless it was built from the same sources before.
    pub fn built(&self) -> PathBuf {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join(self.module);
        let directory = directory().with_file_name(self.name).join(fingerprint(&sources));
        let program = directory.join(self.name);
        if program.is_file() {
            return program;
        }
        fs::create_dir_all(&directory)
            .unwrap_or_else(|error| panic!("failed to make {}: {error}", directory.display()));
        // Not by eprintln, whose output the test runner withholds until the end.
        let _ = writeln!(
            io::stderr(),
            "building {} from {}; the first time takes minutes",
            self.name,
            sources.display()
        );

        // Held until the end, so that only one of several processes builds.
        let lock = File::create(directory.join("lock")).expect("a lock file can be made");
        lock.lock().expect("the lock file can be locked");
        if !program.is_file() {
            let unfinished = directory.join("unfinished");
            self.build(&sources, &unfinished);
            fs::rename(&unfinished, &program).expect("the program can be renamed");
        }
        program
    }

    fn build(&self, sources: &Path, output: &Path) {
        let status = Command::new("go")
            .current_dir(sources)
            .args(["build", "-mod=readonly", "-trimpath", "-buildvcs=false"])
            .arg(format!("-ldflags=-s -w {}", self.linked))
            .arg("-o")
            .arg(output)
            .arg(self.package)
            .env("CGO_ENABLED", "0")
            .env("GOWORK", "off")
            .status();
        match status {
            Ok(status) if status.success() => {}
            Ok(status) => panic!("failed to build {}: go build: {status}", self.name),
            Err(error) if error.kind() == ErrorKind::NotFound => panic!(
                "these tests need {}, which is built with Go: install Go 1.26 (https://go.dev/dl), or set \
                 KUBEBUILDER_ASSETS to a directory that has a `controlplane` program built from tests/controlplane",
                self.name
            ),
            Err(error) => panic!("failed to run go: {error}"),
        }
    }
}

/// The version of Kubernetes that `go.mod` requires, such as `v1.37.2`.
fn kubernetes_version(sources: &Path) -> String {
    fs::read_to_string(sources.join("go.mod"))
        .expect("go.mod can be read")
        .lines()
        .find_map(|line| line.trim().strip_prefix("k8s.io/kubernetes "))
        .expect("go.mod requires k8s.io/kubernetes")
        .to_owned()
}

/// Changes when a source of the program does.
fn fingerprint(sources: &Path) -> String {
    let mut files: Vec<(OsString, Vec<u8>)> = fs::read_dir(sources)
        .expect("the sources can be listed")
        .map(|entry| {
            let entry = entry.expect("the sources can be listed");
            let content = fs::read(entry.path()).expect("a source can be read");
            (entry.file_name(), content)
        })
        .collect();
    files.sort();
    let mut hasher = DefaultHasher::new();
    files.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
