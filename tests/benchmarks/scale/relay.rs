//! Stands between the tools and the API server: counts bytes, and may delay them.
//!
//! What passes is not looked into, so that TLS and the version of HTTP are those of tool and server.

use std::io::{Read, Result, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// How much is read at once, in bytes.
const BUFFER: usize = 256 * 1024;

/// A relay on loopback, which serves until the process ends.
pub struct Relay {
    /// Where it listens.
    pub address: SocketAddr,
    passed: Arc<AtomicU64>,
}

/// What each connection needs to know.
#[derive(Clone)]
struct Way {
    server: SocketAddr,
    delay: Duration,
    passed: Arc<AtomicU64>,
}

impl Relay {
    /// Relays to `server`. Whatever arrives is passed on after `delay`, in both directions.
    pub fn start(server: SocketAddr, delay: Duration) -> Relay {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let passed = Arc::new(AtomicU64::new(0));
        let way = Way {
            server,
            delay,
            passed: passed.clone(),
        };
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let way = way.clone();
                // A connection that breaks is no failure of the relay: its client and server see it.
                thread::spawn(move || drop(way.serve(client)));
            }
        });
        Relay { address, passed }
    }

    /// How many bytes were passed on so far, in both directions, with what TLS adds.
    pub fn passed(&self) -> u64 {
        self.passed.load(Ordering::Relaxed)
    }
}

impl Way {
    fn serve(self, client: TcpStream) -> Result<()> {
        // A connection is there after a round trip.
        thread::sleep(self.delay * 2);
        let server = TcpStream::connect(self.server)?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let (from_server, to_client) = (server.try_clone()?, client.try_clone()?);
        let back = self.clone();
        thread::spawn(move || back.pass(from_server, to_client));
        self.pass(client, server);
        Ok(())
    }

    /// Passes on until either side ends, and tells the other.
    fn pass(&self, from: TcpStream, mut to: TcpStream) {
        let _ = if self.delay.is_zero() {
            self.copy(from, &mut to)
        } else {
            self.copy_late(from, &mut to)
        };
        let _ = to.shutdown(Shutdown::Write);
    }

    fn copy(&self, mut from: TcpStream, to: &mut TcpStream) -> Result<()> {
        let mut buffer = vec![0; BUFFER];
        loop {
            let read = from.read(&mut buffer)?;
            if read == 0 {
                return Ok(());
            }
            to.write_all(&buffer[..read])?;
            self.passed.fetch_add(read as u64, Ordering::Relaxed);
        }
    }

    /// As many bytes as come may be under way: time is added, and no limit of what passes in it.
    fn copy_late(&self, mut from: TcpStream, to: &mut TcpStream) -> Result<()> {
        let (sender, under_way) = mpsc::channel();
        let delay = self.delay;
        thread::spawn(move || {
            let mut buffer = vec![0; BUFFER];
            while let Ok(read @ 1..) = from.read(&mut buffer) {
                if sender.send((Instant::now() + delay, buffer[..read].to_vec())).is_err() {
                    break;
                }
            }
        });
        self.deliver(&under_way, to)
    }

    fn deliver(&self, under_way: &Receiver<(Instant, Vec<u8>)>, to: &mut TcpStream) -> Result<()> {
        for (due, bytes) in under_way {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            to.write_all(&bytes)?;
            self.passed.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        }
        Ok(())
    }
}
