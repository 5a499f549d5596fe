//! Where the tools run: a cluster, the way to it, and a directory.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::arguments::{Arguments, Rival};
use crate::control_plane::{ControlPlane, Form, GoProgram, kubectl_program};
use crate::measure::{self, Cost, Sample};
use crate::relay::Relay;
use crate::repository::Repository;
use crate::requests::{AuditLog, Request, Tally};

/// The cluster and all that is needed to run the tools on it.
pub struct Bench {
    pub plane: ControlPlane,
    relay: Relay,
    log: AuditLog,
    kubeconfig: PathBuf,
    programs: Programs,
    /// Within that of the control plane, which is removed at its end.
    directory: PathBuf,
}

/// The programs that are measured.
#[derive(Clone)]
pub struct Programs {
    pub stackanetes: PathBuf,
    flux: PathBuf,
}

/// A command that is measured, as it stands in a table.
#[derive(Clone, Debug)]
pub struct Job {
    /// What the table calls it.
    pub name: String,
    command: Vec<OsString>,
    directory: PathBuf,
    /// The exit code that it must have.
    code: i32,
}

impl Programs {
    /// Builds what is to be measured.
    pub fn built(arguments: &Arguments) -> Programs {
        let flux = GoProgram {
            module: "tests/benchmarks/flux-ssa",
            name: "flux-ssa",
            package: ".",
            linked: String::new(),
        };
        let has_flux = arguments.beside.contains(&Rival::Flux);
        let stackanetes = arguments.stackanetes.clone().unwrap_or_else(build);
        Programs {
            stackanetes: stackanetes.canonicalize().expect("the program to measure is there"),
            flux: if has_flux { flux.built() } else { PathBuf::new() },
        }
    }
}

/// Builds the program of this source, as people run it.
fn build() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--release", "--bin", "stackanetes", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .status();
    assert!(status.expect("cargo can be run").success(), "stackanetes is built");
    let this = std::env::current_exe().expect("a process has a program");
    let target = this.ancestors().nth(3).expect("cargo puts it three levels deep");
    target.join("release/stackanetes")
}

impl Bench {
    /// Starts a cluster. It ends when this is dropped, or when this process ends in whatever way.
    pub fn start(arguments: &Arguments, programs: &Programs) -> Bench {
        let has_workloads = !arguments.without_workloads;
        let plane = ControlPlane::start(if has_workloads { Form::Full } else { Form::Bare });
        let address = plane.server().trim_start_matches("https://");
        let relay = Relay::start(address.parse().expect("an address"), arguments.delay);
        let user = plane.admin();
        let kubeconfig = user.kubeconfig_for(&format!("https://{}", relay.address));
        let directory = plane.audit_log().with_file_name("benchmark");
        fs::create_dir(&directory).expect("a directory of our own");
        let log = AuditLog::new(plane.audit_log().to_owned(), &user.name);
        Bench {
            relay,
            log,
            kubeconfig,
            programs: programs.clone(),
            directory,
            plane,
        }
    }

    /// An empty repository of this name.
    pub fn repository(&self, name: &str) -> Repository {
        Repository::new(self.directory.join(name))
    }

    /// A file beside the repositories, with this text.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.directory.join(name);
        fs::write(&path, text).expect("a file of our own");
        path
    }

    /// Our own command, in a repository.
    pub fn ours(&self, repository: &Repository, arguments: &str) -> Job {
        let mut command = vec![self.programs.stackanetes.clone().into_os_string()];
        command.extend(arguments.split(' ').map(OsString::from));
        Job::new(format!("`stackanetes {arguments}`"), command, &repository.dir)
    }

    /// Flux' library on the manifests of a repository: `diff` or `apply`.
    pub fn flux(&self, repository: &Repository, what: &str) -> Job {
        let command = vec![
            self.programs.flux.clone().into(),
            what.into(),
            repository.manifests().into(),
        ];
        Job::new(format!("Flux' `ssa`, {what}, 16 at once"), command, &repository.dir)
    }

    /// This program in another part, which reads a file.
    pub fn floor(&self, name: &str, part: &str, file: PathBuf) -> Job {
        let this = std::env::current_exe().expect("a process has a program");
        Job::new(
            name.to_owned(),
            vec![this.into(), part.into(), file.into()],
            &self.directory,
        )
    }

    /// The LISTs that a run of `job` makes, as a job of their own. What `job` keeps from one run to the
    /// next must be there already.
    pub fn lists_of(&mut self, job: &Job) -> Job {
        let _ = self.log.new_requests();
        self.run_once(job);
        let lists = self.log.new_requests().into_iter().filter(Request::begins_list);
        let lists: Vec<String> = lists.map(|request| request.uri).collect();
        let file = self.file("lists", &lists.join("\n"));
        self.floor("the same LISTs, read and dropped", "list", file)
    }

    /// Runs `job` and measures it.
    pub fn measure(&mut self, job: &Job) -> Sample {
        let _ = self.log.new_requests();
        let passed = self.relay.passed();
        let server = self.plane.pids()["kube-apiserver"];
        let computed = measure::computed(server);
        let cost = self.run_once(job);
        Sample {
            cost,
            server: measure::computed(server).saturating_sub(computed),
            passed: self.relay.passed() - passed,
            requests: Tally::of(&self.log.new_requests()),
        }
    }

    /// Runs `job`, and expects that it ends as it must.
    pub fn run(&self, job: &Job) -> String {
        self.run_once(job);
        fs::read_to_string(self.directory.join("stdout")).expect("text")
    }

    fn run_once(&self, job: &Job) -> Cost {
        let directory = &self.directory;
        let [report, stdout, stderr] = ["report", "stdout", "stderr"].map(|name| directory.join(name));
        let status = Command::new(std::env::current_exe().expect("a process has a program"))
            .arg("measure")
            .arg(&report)
            .args(&job.command)
            .current_dir(&job.directory)
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("HOME", directory.join("home"))
            .env("XDG_CACHE_HOME", directory.join("home/.cache"))
            .env("KUBECONFIG", &self.kubeconfig)
            .stdin(Stdio::null())
            .stdout(File::create(&stdout).expect("a file of our own"))
            .stderr(File::create(&stderr).expect("a file of our own"))
            .status();
        assert!(
            status.expect("this program can be run").success(),
            "{} is measured",
            job.name
        );
        let cost: Cost = serde_json::from_slice(&fs::read(&report).expect("a report")).expect("JSON");
        let told = || [&stdout, &stderr].map(|path| end_of(path)).join("\n");
        assert_eq!(cost.code, Some(job.code), "the exit code of {}:\n{}", job.name, told());
        cost
    }
}

/// The last of what was printed.
fn end_of(path: &Path) -> String {
    let text = fs::read(path).unwrap_or_default();
    String::from_utf8_lossy(&text[text.len().saturating_sub(4000)..]).into_owned()
}

impl Job {
    fn new(name: String, command: Vec<OsString>, directory: &Path) -> Job {
        Job {
            name,
            command,
            directory: directory.to_owned(),
            code: 0,
        }
    }

    /// kubectl on the manifests of a repository.
    pub fn kubectl(repository: &Repository, arguments: &str) -> Job {
        let kubectl = kubectl_program();
        let mut command = vec![kubectl.get_program().to_owned()];
        command.extend(kubectl.get_args().map(OsString::from));
        command.extend(arguments.split(' ').map(OsString::from));
        command.extend(["--recursive", "--filename"].map(OsString::from));
        command.push(repository.manifests().into());
        Job::new(format!("`kubectl {arguments}`"), command, &repository.dir)
    }

    /// It must end with this exit code.
    pub fn exits(self, code: i32) -> Job {
        Job { code, ..self }
    }
}

/// What is told of a run while it lasts.
#[expect(clippy::print_stderr, reason = "a person waits for minutes")]
pub fn tell(what: &str, took: Option<Duration>) {
    match took {
        Some(took) => eprintln!("{what}: {:.2} s", took.as_secs_f64()),
        None => eprintln!("{what}"),
    }
}
