//! Files that SOPS encrypted, by the real program: what it writes is read, and what it rejects is rejected.

mod closed;
mod compared;
mod components;
mod hidden;
mod manifests;
mod parameters;
mod rejected;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use crate::control_plane::GoProgram;
use crate::sandbox::Desk;

/// An identity of these tests alone, and its recipient.
pub const KEY: &str = "AGE-SECRET-KEY-1UR4R0WHKK82NVEVJUURSWW3LH2RUTDXMYLV8PFYRTPMXXR3R5C8Q9QAWJM";
pub const RECIPIENT: &str = "age1x04rqm3vsaw6d4mz4jmupvxzxuhxq2vgtcdqvlesrja2dedjc49qc6zf9n";
/// Another one, for which nothing is encrypted.
const OTHER_KEY: &str = "AGE-SECRET-KEY-1D3CEZWJF8X9RMKZLTK70MNML9MJTER4JWPG6S68053YMQXHJ2HXQ09PAW4";

/// The options of `sops encrypt` that leave in the open what tells objects apart.
const DATA: [&str; 2] = ["--encrypted-regex", "^(data|stringData|spec)$"];

/// A directory, and beside it the identity in `keys.txt`.
struct Vault {
    desk: Desk,
}

impl Vault {
    fn new(name: &str) -> Self {
        let desk = Desk::new(&format!("sops-{name}"));
        desk.write("keys.txt", &format!("# public key: {RECIPIENT}\n{KEY}\n"));
        desk.write("other.txt", OTHER_KEY);
        Self { desk }
    }

    /// Runs the real program in it.
    fn sops(&self, args: &[&str]) -> Output {
        run(&self.desk.dir, args)
    }

    /// Encrypts a text into a file of the directory.
    fn encrypt(&self, file: &str, text: impl AsRef<[u8]>, options: &[&str]) {
        let path = format!("desired/{file}");
        self.desk.write(&path, "");
        fs::write(self.desk.dir.join(&path), text).expect("a file of our own");
        encrypt(&self.desk.dir, &path, options);
    }

    /// Changes one value of a file, as `sops set` does.
    fn set(&self, file: &str, path: &str, value: &str) {
        let run = self.sops(&["set", &format!("desired/{file}"), path, value]);
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    }

    fn text(&self, file: &str) -> String {
        fs::read_to_string(self.desk.dir.join("desired").join(file)).expect("a file of ours")
    }

    /// Runs the command with the identity.
    fn run(&self, args: &[&str]) -> crate::bed::Run {
        self.desk.run(&[args, &["--age-key-file", "keys.txt"]].concat())
    }

    /// The same without.
    fn run_closed(&self, args: &[&str]) -> crate::bed::Run {
        self.desk.run(args)
    }

    /// What a sync applies.
    fn rendered(&self) -> String {
        self.run(&["render", "--show-secrets"]).exits(0).stdout
    }
}

/// Runs the real program in a directory, without any identity but that of the tests.
pub fn run(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(program());
    command.args(args).current_dir(dir).env_clear();
    command.env("HOME", dir).env("SOPS_AGE_KEY", KEY);
    command.stdin(Stdio::null()).output().expect("sops can be run")
}

/// Encrypts a file of a directory, in its place and for the identity of the tests.
pub fn encrypt(dir: &Path, path: &str, options: &[&str]) {
    let args = ["encrypt", "--in-place", "--age", RECIPIENT];
    let run = run(dir, &[&args[..], options, &[path]].concat());
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}

/// The real program, which is built once.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| built("sops", "github.com/getsops/sops/v3/cmd/sops"))
}

/// The program that makes identities, of the library that `sops` uses.
pub fn age_keygen() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| built("age-keygen", "filippo.io/age/cmd/age-keygen"))
}

fn built(name: &str, package: &str) -> PathBuf {
    let program = GoProgram {
        module: "tests/sops",
        name,
        package,
        linked: String::new(),
    };
    program.built()
}
