//! What may go wrong between a client and an API server, as a proxy of theirs, or a broken server, does it.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};

use serde_json::json;

use super::http::body_at;

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Whether the server gets the request, and does what it says.
    pub arrives: bool,
    /// What the client hears.
    pub heard: Heard,
}

/// What a client hears in the place of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Heard {
    /// A `Status` with this code; 429 asks to come back after a second.
    Status(u16),
    /// 200, and this.
    Body(Body),
    /// Half of the true answer. Only of a request that arrives.
    Half,
    /// Nothing, for as long as it listens.
    Silence,
    /// Nothing: the connection is closed, or, where the request was not read, reset.
    End,
    /// Of a watch: its first bytes, and then nothing more.
    Dropped,
    /// Of a watch: events that cannot be read.
    Corrupt,
    /// Of a watch: that the version it shall begin at is forgotten.
    Expired,
}

/// A body that is not what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Body {
    Empty,
    Malformed,
    Null,
    EmptyObject,
    /// Another object than was asked for.
    Other,
    Html,
}

impl Body {
    fn text(self) -> String {
        match self {
            Body::Empty => String::new(),
            Body::Malformed => r#"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"#.to_owned(),
            Body::Null => "null".to_owned(),
            Body::EmptyObject => "{}".to_owned(),
            Body::Other => json!({
                "kind": "ConfigMap", "apiVersion": "v1",
                "metadata": {"name": "another", "namespace": "kube-public", "uid": "7a5c", "resourceVersion": "5"},
                "data": {"a": "1"},
            })
            .to_string(),
            Body::Html => "<!DOCTYPE html>\n<html><body><h1>Sign in</h1></body></html>\n".to_owned(),
        }
    }
}

impl Heard {
    /// Lets the client hear it. `answer` is what the server answered, if it was asked.
    pub fn tell(self, mut client: TcpStream, answer: Option<&[u8]>) -> io::Result<()> {
        match self {
            Heard::Status(code) => client.write_all(status(code).as_bytes())?,
            Heard::Body(body) => {
                let media_type = if body == Body::Html {
                    "text/html"
                } else {
                    "application/json"
                };
                client.write_all(response("200 OK", media_type, "", &body.text()).as_bytes())?;
            }
            Heard::Half => {
                let answer = answer.expect("only what arrives has an answer");
                let body = body_at(answer);
                client.write_all(&answer[..usize::midpoint(body, answer.len())])?;
            }
            // Until the client has had enough.
            Heard::Silence => drop(io::copy(&mut client, &mut io::sink())?),
            Heard::End => return Ok(()),
            Heard::Expired => {
                let event = json!({"type": "ERROR", "object": status_object(410)}).to_string() + "\n";
                client.write_all(response("200 OK", "application/json", "", &event).as_bytes())?;
            }
            Heard::Dropped | Heard::Corrupt => unreachable!("a watch is told as it comes"),
        }
        client.shutdown(Shutdown::Both)
    }

    /// Lets the client hear of a watch, which `server` begins to answer.
    pub fn tell_watch(self, mut server: TcpStream, mut client: TcpStream) -> io::Result<()> {
        let mut some = [0; 4096];
        let length = server.read(&mut some)?;
        let head = body_at(&some[..length]);
        client.write_all(&some[..head])?;
        if self == Heard::Dropped {
            client.write_all(&some[head..length])?;
            return client.shutdown(Shutdown::Both);
        }
        let mut from = head;
        let mut until = length;
        while until > 0 {
            // The lengths of the chunks stay what they are.
            let changed = some[from..until]
                .iter()
                .map(|byte| if *byte == b'{' { b'[' } else { *byte });
            client.write_all(&changed.collect::<Vec<u8>>())?;
            (from, until) = (0, server.read(&mut some)?);
        }
        client.shutdown(Shutdown::Both)
    }
}

/// The `Status` of an API server, in its words.
fn status_object(code: u16) -> serde_json::Value {
    let (reason, message) = match code {
        409 => (
            "Conflict",
            "Operation cannot be fulfilled: the object has been modified; please apply your changes to the latest \
             version and try again",
        ),
        410 => ("Expired", "too old resource version: 1 (2)"),
        422 => ("Invalid", "the object is invalid: spec: Invalid value"),
        429 => (
            "TooManyRequests",
            "the server has received too many requests and has asked us to try again later",
        ),
        500 => (
            "InternalError",
            "Internal error occurred: etcdserver: request timed out",
        ),
        503 => (
            "ServiceUnavailable",
            "the server is currently unable to handle the request",
        ),
        504 => (
            "Timeout",
            "the server was unable to return a response in the time allotted",
        ),
        _ => unreachable!("no fault has the code {code}"),
    };
    json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": code,
    })
}

fn status(code: u16) -> String {
    let header = if code == 429 { "Retry-After: 1\r\n" } else { "" };
    response(
        &format!("{code} Fault"),
        "application/json",
        header,
        &status_object(code).to_string(),
    )
}

fn response(status: &str, media_type: &str, header: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\n{header}Connection: close\r\n\r\n{body}"
    )
}
