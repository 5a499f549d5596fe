//! The real programs, run on loopback from what the shipped `desired/` renders: its configuration
//! files, its scripts, its commands and its environment. What has to differ here from a cluster is
//! said in each test, as what is replaced by what; [`Shipped::file`] fails when there is no such thing.
//!
//! `tests/programs/install` gets the programs. Where they are not, these tests say what is missing and
//! pass, unless `STACKANETES_PROGRAMS=required`.

mod data_plane;
mod galera;
mod keystone;
mod memcached;
mod openstack;
mod process;
mod rabbitmq;
mod shipped;

use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use process::Process;
use shipped::Shipped;

use crate::wanted::skipped_for_want_of;

/// What these tests run of Debian. Keystone has a mark of its own.
const NEEDED: [&str; 9] = [
    "mariadbd",
    "mariadb-backup",
    "socat",
    "haproxy",
    "memcached",
    "rabbitmq-server",
    "epmd",
    "uwsgi-core",
    "setpriv",
];

/// Where programs are found: Keystone's environment first, then where Debian has its own.
fn path() -> String {
    let system = "/usr/lib/rabbitmq/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    format!("{}/bin:{system}", environment().display())
}

/// The Python environment that `tests/programs/install` makes.
fn environment() -> PathBuf {
    let program = env::current_exe().expect("a process has a program");
    let target = program.ancestors().nth(3).expect("cargo puts it three levels deep");
    target.join("programs/venv")
}

/// Whether the programs are there. Says what is missing where they are not.
fn available() -> bool {
    static MISSING: OnceLock<Vec<String>> = OnceLock::new();
    let missing = MISSING.get_or_init(|| {
        let path = path();
        let found = |name: &&str| path.split(':').any(|dir| Path::new(dir).join(name).is_file());
        let mut missing: Vec<_> = NEEDED
            .iter()
            .filter(|name| !found(name))
            .map(|name| (*name).to_owned())
            .collect();
        if !environment().join("complete").is_file() {
            missing.push(format!("Keystone in {}", environment().display()));
        }
        missing
    });
    if missing.is_empty() {
        return true;
    }
    skipped_for_want_of(&missing.join(", "));
    false
}

/// A place for a test's files and servers: a directory, and addresses of its own, on which everything
/// may listen on the port that it has in a cluster. Gone in the end.
struct Place {
    dir: PathBuf,
    network: [u8; 2],
}

impl Place {
    fn new(name: &str) -> Place {
        // Short, for the paths of sockets, and open to the user that servers run as.
        let dir = env::temp_dir().join(format!("stackanetes-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).expect("a directory of our own");
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o777)).expect("a directory of our own");
        let seed = std::process::id().to_le_bytes();
        let own = name
            .bytes()
            .fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
        let network = (0..=u8::MAX)
            .map(|step| [seed[0].wrapping_add(step), seed[1] ^ own])
            .find(|network| is_free(*network))
            .expect("some network of loopback is free");
        Place { dir, network }
    }

    /// One of its addresses; `number` is 1 to 254.
    fn address(&self, number: u8) -> IpAddr {
        IpAddr::V4(Ipv4Addr::new(127, self.network[0], self.network[1], number))
    }

    fn path(&self, path: &str) -> String {
        let path = self.dir.join(path);
        path.to_str().expect("a path that is text").to_owned()
    }

    /// Makes a directory that any user may write to; its path.
    fn directory(&self, path: &str) -> String {
        let path = self.path(path);
        fs::create_dir_all(&path).expect("a directory of our own");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).expect("a directory of our own");
        path
    }

    /// Writes a file; its path.
    fn write(&self, path: &str, text: &str) -> String {
        let path = self.dir.join(path);
        fs::create_dir_all(path.parent().expect("a file has a directory")).expect("a directory of our own");
        fs::write(&path, text).expect("a file of our own");
        path.to_str().expect("a path that is text").to_owned()
    }

    /// The log of a process.
    fn log(&self, name: &str) -> String {
        fs::read_to_string(self.dir.join(format!("{name}.log"))).unwrap_or_default()
    }

    /// How the log of a process that failed ends.
    fn end_of_log(&self, name: &str) -> String {
        let log = self.log(name);
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = writeln!(io::stderr(), "the logs are in {}", self.dir.display());
        } else {
            let _ = fs::remove_dir_all(&self.dir);
        }
    }
}

/// Whether nobody listens on a port that the tests use, on the first addresses of a network. That of
/// 127.0.0.1 is left to others.
fn is_free(network: [u8; 2]) -> bool {
    network[0] != 0
        && [3306, 4567, 5000, 5672, 11211].iter().all(|port| {
            (1..=3).all(|host| TcpListener::bind((Ipv4Addr::new(127, network[0], network[1], host), *port)).is_ok())
        })
}

/// A port of this address that nobody listens on, here or at the loopback addresses that everybody uses: epmd listens
/// there too, and ends if it cannot.
fn free_port(address: IpAddr) -> u16 {
    loop {
        let listener = TcpListener::bind((address, 0)).expect("a free port");
        let port = listener.local_addr().expect("it has an address").port();
        let is_taken = |loopback: IpAddr| {
            let bound = TcpListener::bind((loopback, port));
            bound.is_err_and(|error| error.kind() == io::ErrorKind::AddrInUse)
        };
        let loopbacks = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        if !loopbacks
            .into_iter()
            .filter(|loopback| *loopback != address)
            .any(is_taken)
        {
            return port;
        }
    }
}

fn listens(address: IpAddr, port: u16) -> bool {
    TcpStream::connect_timeout(&SocketAddr::new(address, port), Duration::from_secs(1)).is_ok()
}

/// Whether a GET of this path is answered by 200.
fn answers(address: IpAddr, port: u16, path: &str) -> bool {
    get(address, port, path).is_some()
}

/// What a server answers, if it answers well.
fn get(address: IpAddr, port: u16, path: &str) -> Option<String> {
    use std::io::Read as _;
    let mut stream = TcpStream::connect_timeout(&SocketAddr::new(address, port), Duration::from_secs(1)).ok()?;
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let _ = write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n");
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    (answer.split(' ').nth(1) == Some("200")).then_some(answer)
}

/// Whether this process is root, as whom MariaDB and memcached refuse to run.
fn is_root() -> bool {
    static ROOT: OnceLock<bool> = OnceLock::new();
    *ROOT.get_or_init(|| {
        let id = Command::new("id").arg("-u").stdin(Stdio::null()).output();
        id.is_ok_and(|output| output.stdout.starts_with(b"0\n"))
    })
}
