//! A program that runs for a test, and ends with it.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::{Place, is_root, path};

/// What is to be run: a command and its environment, with nothing else in it.
pub struct Program {
    pub command: Vec<String>,
    pub environment: Vec<(String, String)>,
    /// Whether it refuses to run as root.
    pub unprivileged: bool,
}

/// One that runs. Dropping it kills it, and all that it started.
pub struct Process {
    name: String,
    child: Child,
}

impl Program {
    pub fn new(command: &[&str]) -> Program {
        Program {
            command: command.iter().map(|word| (*word).to_owned()).collect(),
            environment: Vec::new(),
            unprivileged: false,
        }
    }

    pub fn env(mut self, name: &str, value: impl ToString) -> Program {
        self.environment.push((name.to_owned(), value.to_string()));
        self
    }

    pub fn unprivileged(mut self) -> Program {
        self.unprivileged = true;
        self
    }

    /// Starts it, with its output in the log of that name.
    pub fn start(&self, place: &Place, name: &str) -> Process {
        let log = place.dir.join(format!("{name}.log"));
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(log)
            .expect("a file of our own");
        let child = self
            .prepare(place)
            .stdout(log.try_clone().expect("a file that is open"))
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("failed to run {name}: {error}"));
        Process {
            name: name.to_owned(),
            child,
        }
    }

    /// Runs it to its end; what it printed on standard output. Panics if it failed.
    #[track_caller]
    pub fn run(&self, place: &Place, name: &str) -> String {
        self.run_with(place, name, "")
    }

    #[track_caller]
    pub fn run_with(&self, place: &Place, name: &str, stdin: &str) -> String {
        let log = File::create(place.dir.join(format!("{name}.log"))).expect("a file of our own");
        let mut child = self
            .prepare(place)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("failed to run {name}: {error}"));
        let _ = child.stdin.take().expect("it is piped").write_all(stdin.as_bytes());
        let output = child.wait_with_output().expect("it ends");
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{name} failed: {}{stdout}{}",
            output.status,
            place.end_of_log(name)
        );
        stdout
    }

    fn prepare(&self, place: &Place) -> Command {
        // It gets a SIGTERM should this process be gone without ending it.
        let mut command = Command::new("/usr/bin/setpriv");
        command.args(["--pdeathsig", "TERM"]);
        if self.unprivileged && is_root() {
            command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
        }
        command
            .arg("--")
            .args(&self.command)
            .current_dir(&place.dir)
            .env_clear()
            .env("PATH", path())
            .env("HOME", &place.dir)
            .env("LC_ALL", "C.UTF-8")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .process_group(0);
        command
    }
}

impl Process {
    /// Kills it, and all that it started, at once.
    pub fn kill(&mut self) {
        self.signal("KILL");
        let _ = self.child.wait();
    }

    /// Asks it to end, and waits for that.
    pub fn stop(&mut self) -> ExitStatus {
        self.signal("TERM");
        self.end()
    }

    /// Waits for its end.
    pub fn end(&mut self) -> ExitStatus {
        // As long as a pod has.
        let deadline = Instant::now() + Duration::from_secs(90);
        loop {
            if let Some(status) = self.child.try_wait().expect("it is our child") {
                return status;
            }
            assert!(Instant::now() < deadline, "{} does not end", self.name);
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until something is so, as long as the program runs.
    #[track_caller]
    pub fn wait_until(&mut self, place: &Place, what: &str, mut is_so: impl FnMut() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(180);
        while !is_so() {
            let ended = self.child.try_wait().expect("it is our child");
            let log = || place.end_of_log(&self.name);
            assert!(ended.is_none(), "{} has ended ({ended:?}):\n{}", self.name, log());
            assert!(Instant::now() < deadline, "waited in vain until {what}:\n{}", log());
            thread::sleep(Duration::from_millis(100));
        }
    }

    fn signal(&self, signal: &str) {
        // To its whole group. The id is not reused as long as nobody has waited for the child.
        let group = format!("-{}", self.child.id());
        let mut kill = Command::new("/bin/kill");
        let _ = kill.args(["-s", signal, "--", &group]).stderr(Stdio::null()).status();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
