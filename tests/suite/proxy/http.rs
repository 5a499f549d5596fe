//! As much of HTTP as it takes to stand between: the first line, the rest of a request, one exchange.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// The first line of a request, and not a byte more; nothing where the client has gone.
pub fn first_line(client: &mut TcpStream) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    let mut byte = [0];
    while !line.ends_with(b"\n") {
        if client.read(&mut byte)? == 0 {
            return Ok(None);
        }
        line.push(byte[0]);
    }
    Ok(Some(String::from_utf8_lossy(&line).into_owned()))
}

/// The rest of a request, as the server gets it: its headers, asking to close the connection, and its body.
pub fn rest(client: &TcpStream) -> io::Result<Vec<u8>> {
    let mut reader = BufReader::new(client);
    let mut rest = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().expect("a length");
        }
        match name.to_ascii_lowercase().as_str() {
            // Without the second what passes can be read.
            "connection" | "accept-encoding" => {}
            _ if line == "\r\n" => break,
            _ => rest += &line,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok([rest.as_bytes(), b"Connection: close\r\n\r\n", &body].concat())
}

/// Sends a request to `server`, whose answer is still to be read.
pub fn send(server: &str, line: &str, rest: &[u8]) -> io::Result<TcpStream> {
    let mut server = TcpStream::connect(server)?;
    server.write_all(line.as_bytes())?;
    server.write_all(rest)?;
    Ok(server)
}

/// The body of the answer to a request of our own. By HTTP/1.0, so that it comes in one piece.
pub fn ask(server: &str, method: &str, target: &str, body: Option<(&str, &str)>) -> io::Result<Vec<u8>> {
    let content = body.map(|(media_type, text)| {
        let length = text.len();
        format!("Content-Type: {media_type}\r\nContent-Length: {length}\r\n")
    });
    let text = body.map(|(_, text)| text).unwrap_or_default();
    let rest = format!("Host: localhost\r\n{}\r\n{text}", content.unwrap_or_default());
    let line = format!("{method} {target} HTTP/1.0\r\n");
    let mut answer = Vec::new();
    send(server, &line, rest.as_bytes())?.read_to_end(&mut answer)?;
    Ok(answer.split_off(body_at(&answer)))
}

/// Where the body of an answer begins.
pub fn body_at(answer: &[u8]) -> usize {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    end.map_or(answer.len(), |end| end + 4)
}
