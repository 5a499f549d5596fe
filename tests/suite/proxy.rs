//! Stands between the command and the API server: counts requests, and lets pass what a test lets pass.

use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::control_plane::{User, kubectl_program};

/// A request, as the rule of a proxy sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its place among all but watches, which come and go as they like: from 1 on.
    pub number: usize,
    pub method: String,
    /// The path and the query.
    pub target: String,
}

impl Request {
    /// Whether the server may store something because of it.
    pub fn is_write(&self) -> bool {
        self.method != "GET" && !self.target.contains("dryRun=All")
    }

    fn is_watch(&self) -> bool {
        self.target.contains("watch=")
    }
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// The server answers it.
    Answer,
    /// Nobody ever answers it, nor does the server get it.
    Hold,
    /// The server has it and does it, but nobody hears the answer, and no later request comes through.
    Cut,
}

/// A proxy of one user's requests. They come through one at a time, but for watches, so that "after the
/// third request" is a moment.
pub struct Proxy {
    pub kubeconfig: PathBuf,
    kubectl: Child,
    shared: Arc<Shared>,
    cut: Receiver<()>,
}

struct Shared {
    upstream: String,
    rule: Box<dyn Fn(&Request) -> Then + Send + Sync>,
    state: Mutex<State>,
    cut: Sender<()>,
}

#[derive(Default)]
struct State {
    seen: Vec<Request>,
    is_cut: bool,
}

impl Proxy {
    pub fn start(user: &User, rule: impl Fn(&Request) -> Then + Send + Sync + 'static) -> Proxy {
        // It speaks TLS to the server, and none to us.
        let mut kubectl = kubectl_program()
            .args(["proxy", "--port=0", "--disable-filter=true"])
            .env_clear()
            .envs(env::var_os("PATH").map(|path| ("PATH", path)))
            .env("KUBECONFIG", &user.kubeconfig)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("kubectl can be run");
        let mut line = String::new();
        let stdout = kubectl.stdout.take().expect("standard output is piped");
        BufReader::new(stdout).read_line(&mut line).expect("text");
        let upstream = line.trim().rsplit(' ').next().expect("an address").to_owned();
        assert!(upstream.contains(':'), "kubectl proxy says {line:?}");
        let (sender, cut) = mpsc::channel();
        let shared = Arc::new(Shared {
            upstream,
            rule: Box::new(rule),
            state: Mutex::default(),
            cut: sender,
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let serving = shared.clone();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let shared = serving.clone();
                // A client that goes away is no failure.
                thread::spawn(move || drop(shared.serve(client)));
            }
        });
        Proxy {
            kubeconfig: user.kubeconfig_for(&format!("http://{address}")),
            kubectl,
            shared,
            cut,
        }
    }

    /// The requests that came so far, but for watches.
    pub fn seen(&self) -> Vec<Request> {
        self.shared.state.lock().expect("nobody panics with it").seen.clone()
    }

    /// Waits until a request was cut, or `child` has ended, and kills what is left of it. Whether it was
    /// cut.
    pub fn kill_when_cut(&self, mut child: Child) -> bool {
        loop {
            let was_cut = self.cut.recv_timeout(std::time::Duration::from_millis(10)).is_ok();
            let has_ended = child.try_wait().expect("it is our child").is_some();
            if was_cut || has_ended {
                // One that has ended cannot be killed, nor need it be.
                let _ = child.kill();
                child.wait().expect("it ends");
                return was_cut;
            }
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.kubectl.kill();
        let _ = self.kubectl.wait();
    }
}

impl Shared {
    /// One request a connection: the client is told to close it.
    fn serve(&self, client: TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(client.try_clone()?);
        let mut head = String::new();
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let (name, value) = line.split_once(':').unwrap_or((&line, ""));
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().expect("a length");
            }
            let is_end = line == "\r\n";
            match name.to_ascii_lowercase().as_str() {
                // Without the second what passes can be read.
                "connection" | "accept-encoding" => {}
                _ if is_end => head += "Connection: close\r\n\r\n",
                _ => head += &line,
            }
            if is_end {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let mut words = head.split(' ');
        let mut word = || words.next().unwrap_or_default().to_owned();
        let mut request = Request {
            number: 0,
            method: word(),
            target: word(),
        };
        let forward = || -> io::Result<TcpStream> {
            let mut server = TcpStream::connect(&self.upstream)?;
            server.write_all(head.as_bytes())?;
            server.write_all(&body)?;
            Ok(server)
        };
        if request.is_watch() {
            let mut client = client;
            io::copy(&mut forward()?, &mut client)?;
            return client.shutdown(Shutdown::Both);
        }
        let mut state = self.state.lock().expect("nobody panics with it");
        request.number = state.seen.len() + 1;
        if state.is_cut {
            drop(state);
            return hold();
        }
        state.seen.push(request.clone());
        let then = (self.rule)(&request);
        if then == Then::Hold {
            drop(state);
            return hold();
        }
        let mut answer = Vec::new();
        forward()?.read_to_end(&mut answer)?;
        if then == Then::Cut {
            state.is_cut = true;
            drop(state);
            // Nobody may be waiting for it.
            let _ = self.cut.send(());
            return hold();
        }
        drop(state);
        let mut client = client;
        client.write_all(&answer)?;
        client.shutdown(Shutdown::Both)
    }
}

/// Keeps a connection open for as long as the test process lives.
fn hold() -> io::Result<()> {
    loop {
        thread::park();
    }
}
