//! Runs a program on a copy of the directory's files: with a clean environment, and for a limited time.
//!
//! What is not enforced is told in the manual: the program has the rights of the user, and could read other files
//! or reach the network if it tried. Its environment leads it to neither.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::failure::ProgramFailure;

/// How many bytes a program may print.
const MOST_PRINTED: u64 = 64 << 20;
/// How many bytes of what it complains of are kept: the last ones.
const MOST_SAID: usize = 16 << 10;
/// How often it is looked whether a program that printed all has ended.
const LOOK: Duration = Duration::from_millis(5);
/// An address at which nobody can listen, for programs that would go to the network.
const NOWHERE: &str = "http://127.0.0.1:0";

/// A program that was found, with its arguments.
#[derive(Debug)]
pub(super) struct Invocation {
    pub(super) path: PathBuf,
    pub(super) args: Vec<OsString>,
}

/// What became of a run.
#[derive(Debug)]
pub(super) struct ProgramResult {
    /// What the program printed.
    pub(super) printed: Result<String, ProgramFailure>,
    pub(super) took: Duration,
}

/// A private folder for one run, which is removed with everything in it.
#[derive(Debug)]
pub(super) struct PrivateFolder {
    folder: TempDir,
}

impl PrivateFolder {
    /// A new one, which only the user can look into.
    pub(super) fn new() -> Result<Self, ProgramFailure> {
        let mut folder = tempfile::Builder::new();
        folder.prefix("stackanetes-");
        #[cfg(unix)]
        let folder = {
            use std::os::unix::fs::PermissionsExt as _;
            folder.permissions(fs::Permissions::from_mode(0o700))
        };
        let folder = folder.tempdir()?;
        let place = Self { folder };
        for folder in [place.files(), place.home(), place.scratch()] {
            fs::create_dir(folder)?;
        }
        Ok(place)
    }

    /// Where the files are that the program works on.
    pub(super) fn files(&self) -> PathBuf {
        self.folder.path().join("files")
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    fn scratch(&self) -> PathBuf {
        self.folder.path().join("tmp")
    }
}

/// The path of the program of this name, as `PATH` has it. Folders that it names by a relative path are left out: the
/// directory itself must not bring the program.
pub(super) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
    let mut programs = folders.map(|folder| folder.join(name).with_extension(std::env::consts::EXE_EXTENSION));
    programs.find(|program| is_executable(program))
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}

/// Runs a program to its end, or until the limit.
pub(super) fn run(place: &PrivateFolder, program: Invocation, limit: Duration) -> ProgramResult {
    let start = Instant::now();
    let printed = start_in(place, program).and_then(|child| finish(child, start + limit, limit));
    ProgramResult {
        printed,
        took: start.elapsed(),
    }
}

fn start_in(place: &PrivateFolder, program: Invocation) -> Result<Child, ProgramFailure> {
    let mut command = Command::new(&program.path);
    command.args(&program.args).current_dir(place.files()).env_clear();
    command.env("HOME", place.home()).env("TMPDIR", place.scratch());
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    for variable in [
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
    ] {
        command.env(variable, NOWHERE);
    }
    // No protocol, and no question (git(1)).
    command.env("GIT_ALLOW_PROTOCOL", "").env("GIT_TERMINAL_PROMPT", "0");
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn().map_err(|error| ProgramFailure::Start {
        program: program.path,
        error,
    })
}

/// What a program printed, once it has ended; it is killed where it does not in time, or prints too much.
fn finish(mut child: Child, deadline: Instant, limit: Duration) -> Result<String, ProgramFailure> {
    let printed = collect(child.stdout.take(), |pipe| {
        let mut bytes = Vec::new();
        pipe.take(MOST_PRINTED + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    });
    let said = collect(child.stderr.take(), last_of);
    let result = wait(&mut child, &printed, deadline).map_err(|stopped| match stopped {
        Stopped::Late => ProgramFailure::TimedOut { limit },
        Stopped::TooMuch => ProgramFailure::TooMuch { most: MOST_PRINTED },
        Stopped::Io(error) => ProgramFailure::Io(error),
    });
    if result.is_err() {
        kill(&mut child);
    }
    let (bytes, status) = result?;
    // What it started and left behind may hold its standard error open: it is not waited for.
    let said = said
        .recv_timeout(LOOK * 100)
        .ok()
        .and_then(Result::ok)
        .unwrap_or_default();
    if !status.success() {
        let said = String::from_utf8_lossy(&said).into_owned();
        return Err(ProgramFailure::Exit { status, said });
    }
    String::from_utf8(bytes).map_err(|_| ProgramFailure::NotText)
}

/// Why a program is ended before it ends by itself.
enum Stopped {
    Late,
    TooMuch,
    Io(io::Error),
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

type Collected = Receiver<io::Result<Vec<u8>>>;

fn wait(child: &mut Child, printed: &Collected, deadline: Instant) -> Result<(Vec<u8>, ExitStatus), Stopped> {
    let left = deadline.saturating_duration_since(Instant::now());
    let bytes = match printed.recv_timeout(left) {
        Ok(bytes) => bytes?,
        Err(RecvTimeoutError::Timeout) => return Err(Stopped::Late),
        Err(RecvTimeoutError::Disconnected) => Vec::new(),
    };
    if bytes.len() as u64 > MOST_PRINTED {
        return Err(Stopped::TooMuch);
    }
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((bytes, status));
        }
        if Instant::now() >= deadline {
            return Err(Stopped::Late);
        }
        thread::sleep(LOOK);
    }
}

/// Reads a pipe in a thread of its own, so that neither of two can fill up.
fn collect<P: Read + Send + 'static>(
    pipe: Option<P>,
    read: impl FnOnce(P) -> io::Result<Vec<u8>> + Send + 'static,
) -> Collected {
    let (done, collected) = mpsc::sync_channel(1);
    if let Some(pipe) = pipe {
        // Nobody waits any more for what a killed program said.
        thread::spawn(move || done.send(read(pipe)));
    }
    collected
}

/// The last bytes of a pipe, all of which is read.
fn last_of(mut pipe: impl Read) -> io::Result<Vec<u8>> {
    let mut kept = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        match pipe.read(&mut chunk)? {
            0 => return Ok(kept),
            count => kept.extend_from_slice(&chunk[..count]),
        }
        if kept.len() > MOST_SAID {
            kept.drain(..kept.len() - MOST_SAID);
        }
    }
}

/// Kills a program that has not been waited for yet, and all that it started.
fn kill(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> (PrivateFolder, ProgramResult) {
        let place = PrivateFolder::new().expect("a folder");
        let program = Invocation {
            path: "/bin/sh".into(),
            args: vec!["-c".into(), script.into()],
        };
        let run = run(&place, program, limit);
        (place, run)
    }

    fn whole(script: &str) -> Result<String, ProgramFailure> {
        shell(script, Duration::from_secs(600)).1.printed
    }

    #[test]
    fn a_program_runs_in_a_private_folder_without_the_users_environment() {
        let place = PrivateFolder::new().expect("a folder");
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&place.folder.path().metadata().expect("metadata").permissions());
        assert_eq!(mode & 0o777, 0o700);
        let printed = whole("pwd; echo $HOME; echo ${CARGO_MANIFEST_DIR-nothing}").expect("it ends well");
        let lines: Vec<&str> = printed.lines().collect();
        assert!(lines[0].ends_with("/files") && lines[1].ends_with("/home"), "{printed}");
        assert_eq!(lines[2], "nothing");
    }

    #[test]
    fn what_a_failed_program_complained_of_is_kept_at_its_end() {
        let error = whole("seq 1 100000 >&2; echo out; exit 7").expect_err("it fails");
        let ProgramFailure::Exit { status, said } = &error else {
            panic!("{error}")
        };
        assert_eq!(status.code(), Some(7));
        assert!(said.len() <= MOST_SAID && said.ends_with("99999\n100000\n"));
        assert_eq!(error.to_string().lines().count(), 13);
    }

    #[test]
    fn a_program_that_prints_without_end_is_killed() {
        assert!(matches!(
            whole("exec yes"),
            Err(ProgramFailure::TooMuch { most: MOST_PRINTED })
        ));
    }

    #[test]
    fn what_is_no_text_is_an_error() {
        assert!(matches!(whole("printf '\\377'"), Err(ProgramFailure::NotText)));
    }

    #[test]
    fn a_program_that_hangs_is_killed_with_all_that_it_started() {
        // The child has the pipe too: the run ends only if it is not waited for, or killed.
        let (place, run) = shell("sleep 100000 & echo $! >child; wait", Duration::from_secs(1));
        assert!(
            matches!(run.printed, Err(ProgramFailure::TimedOut { .. })),
            "{:?}",
            run.printed
        );
        let child = fs::read_to_string(place.files().join("child")).unwrap_or_default();
        let is_running = || {
            let stat = fs::read_to_string(format!("/proc/{}/stat", child.trim())).unwrap_or_default();
            !stat.is_empty() && !stat.contains(") Z")
        };
        while !child.is_empty() && is_running() {
            thread::sleep(LOOK);
        }
    }

    #[test]
    fn a_program_that_leaves_another_behind_is_not_waited_for() {
        let printed = whole("sleep 3 >/dev/null 2>/dev/null & echo done").expect("it ends well");
        assert_eq!(printed, "done\n");
    }
}
