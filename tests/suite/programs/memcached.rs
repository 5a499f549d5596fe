//! Memcached with the shipped arguments.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;

use super::{Place, Process, Shipped, listens};

/// Starts the one of this number.
pub fn start(place: &Place, shipped: &Shipped, number: u8) -> Process {
    let address = place.address(number);
    let mut process = shipped
        .program("StatefulSet", "memcached", &[("status.podIP", &address.to_string())])
        // Loopback is what all of them share here.
        .with(&[(",127.0.0.1", "")])
        .unprivileged()
        .start(place, &format!("memcached-{number}"));
    process.wait_until(place, "memcached listens", || listens(address, 11211));
    process
}

#[test]
fn keeps_what_it_is_given_and_no_more_than_it_may() {
    if !super::available() {
        return;
    }
    let place = Place::new("memcached");
    let shipped = Shipped::render(&["--set", "memcached.memory=64"]);
    let _memcached = start(&place, &shipped, 1);

    let mut stream = TcpStream::connect((place.address(1), 11211)).expect("it listens");
    let mut lines = BufReader::new(stream.try_clone().expect("a stream that is open")).lines();
    let mut line = move || lines.next().expect("an answer").expect("text");
    write!(stream, "set key 0 60 5\r\nvalue\r\nget key\r\n").expect("it is open");
    assert_eq!(
        [line(), line(), line(), line()],
        ["STORED", "VALUE key 0 5", "value", "END"]
    );

    write!(stream, "stats settings\r\n").expect("it is open");
    let settings: Vec<_> = std::iter::from_fn(|| Some(line()))
        .take_while(|line| line != "END")
        .collect();
    assert!(
        settings.contains(&format!("STAT maxbytes {}", 64 << 20)),
        "{settings:?}"
    );
    assert!(settings.contains(&"STAT dump_enabled no".to_owned()), "{settings:?}");
}
