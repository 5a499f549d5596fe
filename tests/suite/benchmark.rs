//! The parts of the benchmark `benchmark-scale` that others rely on: objects, a relay, and an account of requests.

#[path = "../benchmarks/scale/objects.rs"]
#[expect(dead_code, reason = "the benchmark uses the rest of it")]
mod objects;
#[path = "../benchmarks/scale/relay.rs"]
mod relay;
#[path = "../benchmarks/scale/repository.rs"]
#[expect(dead_code, reason = "the benchmark uses the rest of it")]
mod repository;
#[path = "../benchmarks/scale/requests.rs"]
mod requests;

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

use clap::ValueEnum as _;
use serde_json::json;

use objects::{CHANGED, Set, Shape};
use relay::Relay;
use repository::Repository;
use requests::{AuditLog, Tally};

#[test]
fn an_edition_is_in_sync_once_it_is_synced_and_the_next_one_changes_ten_objects() {
    for shape in Shape::value_variants() {
        let directory = tempfile::tempdir().expect("a directory of our own");
        let repository = Repository::new(directory.path().join("repository"));
        let mut set = Set {
            name: "shop".to_owned(),
            shape: *shape,
            count: 44,
            has_workloads: false,
            edition: 0,
        };
        repository.write(&set);
        let run = |arguments: &[&str], code: i32| {
            let output = stackanetes(&repository, arguments);
            let told = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
            assert_eq!(output.status.code(), Some(code), "{shape:?}: {}", told.join("\n"));
            told.join("\n")
        };
        run(&["sync", "--yes"], 0);
        run(&["diff"], 0);
        set.edition += 1;
        repository.write(&set);
        let told = run(&["diff"], 1);
        assert!(told.contains(&format!("{CHANGED} to update")), "{shape:?}: {told}");
    }
}

/// Runs the command in the repository, on a sandbox beside it.
fn stackanetes(repository: &Repository, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_stackanetes"))
        .args(arguments)
        .args(["--sandbox", "../cluster"])
        .current_dir(&repository.dir)
        .env_clear()
        .env("HOME", &repository.dir)
        .output()
        .expect("the command can be run")
}

#[test]
fn a_relay_counts_what_passes_and_holds_it_for_as_long_as_it_is_told_each_way() {
    let delay = Duration::from_millis(30);
    for delay in [Duration::ZERO, delay] {
        let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let relay = Relay::start(server.local_addr().expect("an address"), delay);
        let answering = thread::spawn(move || {
            let (mut client, _) = server.accept().expect("a client");
            let mut asked = String::new();
            client.read_to_string(&mut asked).expect("text");
            client.write_all(b"an answer").expect("it is taken");
            asked
        });
        let began = Instant::now();
        let mut client = TcpStream::connect(relay.address).expect("it listens");
        client.write_all(b"a question").expect("it is taken");
        client.shutdown(std::net::Shutdown::Write).expect("it is told on");
        let mut answer = String::new();
        client.read_to_string(&mut answer).expect("text");
        assert!(began.elapsed() >= delay * 2, "{:?}", began.elapsed());
        assert_eq!(answering.join().expect("it answers"), "a question");
        assert_eq!(answer, "an answer");
        assert_eq!(relay.passed(), 19);
    }
}

#[test]
fn requests_are_those_of_one_user_since_the_last_time_and_a_watch_is_one() {
    let directory = tempfile::tempdir().expect("a directory of our own");
    let path = directory.path().join("audit.log");
    let line = |id: &str, user: &str, verb: &str, uri: &str| {
        json!({"auditID": id, "user": {"username": user}, "verb": verb, "requestURI": uri}).to_string() + "\n"
    };
    let mut written = line(
        "1",
        "ours",
        "patch",
        "/api/v1/namespaces/a/configmaps/b?dryRun=All&fieldManager=x",
    );
    written += &line("2", "ours", "watch", "/api/v1/pods?watch=true");
    written += &line("2", "ours", "watch", "/api/v1/pods?watch=true");
    written += &line("3", "another", "list", "/api/v1/pods");
    written += &line("4", "ours", "patch", "/api/v1/namespaces/a/configmaps/b?fieldManager=x");
    std::fs::write(&path, &written).expect("a file of our own");
    let mut log = AuditLog::new(path.clone(), "ours");
    let tally = Tally::of(&log.new_requests());
    assert_eq!(tally.to_string(), "1 dry-run, 1 patch, 1 watch");

    written += &line("5", "ours", "list", "/api/v1/pods?limit=500");
    written += &line("6", "ours", "list", "/api/v1/pods?continue=x&limit=500");
    written += r#"{"auditID": "7", "user""#;
    std::fs::write(&path, &written).expect("a file of our own");
    let requests = log.new_requests();
    let first: Vec<_> = requests.iter().filter(|request| request.begins_list()).collect();
    assert_eq!(Tally::of(&requests).to_string(), "2 list");
    assert_eq!(first.len(), 1);
    assert_eq!(first[0].uri, "/api/v1/pods?limit=500");
}
