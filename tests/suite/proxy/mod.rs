//! Stands between the command and the API server: counts requests, lets pass what a test lets pass, and does to the
//! others what a broken server, or whatever stands before one, may do.

mod fault;
mod http;

use std::env;
use std::io::{self, BufRead, BufReader, Read, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::control_plane::{User, kubectl_program};

pub use fault::{Body, Fault, Heard};

/// A request, as the rule of a proxy sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its place among all but watches, which come and go as they like: from 1 on. 0 for a watch.
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

    pub fn is_watch(&self) -> bool {
        self.target.contains("watch=")
    }

    fn of(line: &str) -> Self {
        let mut words = line.split(' ');
        let mut word = || words.next().unwrap_or_default().to_owned();
        Self {
            number: 0,
            method: word(),
            target: word(),
        }
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
    /// This goes wrong.
    Fail(Fault),
}

/// A proxy of one user's requests. They come through one at a time, but for watches, so that "after the
/// third request" is a moment.
pub struct Proxy {
    pub kubeconfig: PathBuf,
    kubectl: Child,
    shared: Arc<Shared>,
    cut: Mutex<Receiver<()>>,
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
            cut: Mutex::new(cut),
        }
    }

    /// Sends a request of the test's own by the same way. What the server answers is JSON.
    pub fn ask(&self, method: &str, target: &str, body: Option<(&str, &str)>) -> Value {
        let answer = http::ask(&self.shared.upstream, method, target, body).expect("an answer");
        serde_json::from_slice(&answer).expect("JSON")
    }

    /// The requests that came so far, but for watches.
    pub fn seen(&self) -> Vec<Request> {
        self.shared.state.lock().expect("nobody panics with it").seen.clone()
    }

    /// Waits until a request was cut, or `child` has ended, and kills what is left of it. Whether it was
    /// cut.
    pub fn kill_when_cut(&self, mut child: Child) -> bool {
        loop {
            let cut = self.cut.lock().expect("nobody panics with it");
            let was_cut = cut.recv_timeout(Duration::from_millis(10)).is_ok();
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
    fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        let Some(line) = http::first_line(&mut client)? else {
            return Ok(());
        };
        let mut request = Request::of(&line);
        if request.is_watch() {
            return self.serve_watch(client, &line, &request);
        }
        let mut state = self.state.lock().expect("nobody panics with it");
        request.number = state.seen.len() + 1;
        if state.is_cut {
            drop(state);
            return hold();
        }
        state.seen.push(request.clone());
        match (self.rule)(&request) {
            Then::Answer => {
                let answer = self.pass(&client, &line)?;
                drop(state);
                client.write_all(&answer)?;
                client.shutdown(Shutdown::Both)
            }
            Then::Hold => {
                drop(state);
                hold()
            }
            Then::Cut => {
                self.pass(&client, &line)?;
                state.is_cut = true;
                drop(state);
                // Nobody may be waiting for it.
                let _ = self.cut.send(());
                hold()
            }
            Then::Fail(fault) => {
                let answer = fault.arrives.then(|| self.pass(&client, &line)).transpose()?;
                drop(state);
                if answer.is_none() && fault.heard != Heard::End {
                    http::rest(&client)?;
                }
                fault.heard.tell(client, answer.as_deref())
            }
        }
    }

    fn serve_watch(&self, mut client: TcpStream, line: &str, request: &Request) -> io::Result<()> {
        let fault = match (self.rule)(request) {
            Then::Fail(fault) => Some(fault.heard),
            Then::Answer | Then::Hold | Then::Cut => None,
        };
        if fault == Some(Heard::End) {
            return Ok(());
        }
        let rest = http::rest(&client)?;
        match fault {
            Some(heard @ (Heard::Dropped | Heard::Corrupt)) => {
                heard.tell_watch(http::send(&self.upstream, line, &rest)?, client)
            }
            Some(heard) => heard.tell(client, None),
            None => {
                io::copy(&mut http::send(&self.upstream, line, &rest)?, &mut client)?;
                client.shutdown(Shutdown::Both)
            }
        }
    }

    /// The answer of the server to a request, whose rest is still to be read.
    fn pass(&self, client: &TcpStream, line: &str) -> io::Result<Vec<u8>> {
        let mut answer = Vec::new();
        http::send(&self.upstream, line, &http::rest(client)?)?.read_to_end(&mut answer)?;
        Ok(answer)
    }
}

/// Keeps a connection open for as long as the test process lives.
fn hold() -> io::Result<()> {
    loop {
        thread::park();
    }
}
