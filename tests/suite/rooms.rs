//! The rooms of the crate: who may use whom, as `src/lib.rs` says in its documentation.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What no line of a pure room names: async, clocks, and whatever reads or writes.
const IMPURE: [&str; 13] = [
    "std::fs",
    "std::env",
    "TcpStream",
    "UdpSocket",
    "std::process",
    "std::thread",
    "std::time::SystemTime",
    "std::time::Instant",
    "tokio::",
    "Timestamp::now",
    "async fn",
    "rand::",
    "std::io::std",
];

/// The rooms, and parts of rooms, that are pure.
const PURE: [&str; 13] = [
    "view",
    "plan",
    "kinds",
    "ssa",
    "applyset",
    "sops",
    "yaml",
    "object",
    "diagnostic",
    "source/parameters",
    "source/render",
    "source/rules",
    "check",
];

/// A line of a file of the crate, outside of its tests and its documentation.
struct Line {
    /// Below `src`, with slashes.
    file: String,
    number: usize,
    text: String,
}

impl Line {
    fn room(&self) -> &str {
        let first = self.file.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let imports = self.text.split("crate::").skip(1);
        imports.filter_map(|rest| {
            rest.split(|letter: char| !letter.is_ascii_lowercase() && letter != '_')
                .next()
        })
    }

    fn told(&self, what: &str) -> String {
        format!("src/{}:{}: {what}: {}", self.file, self.number, self.text.trim())
    }
}

fn files(directory: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

/// Every line of code of the crate but those of its tests.
fn lines() -> Vec<Line> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    files(&source, &mut paths);
    let mut lines = Vec::new();
    for path in paths {
        let file = path
            .strip_prefix(&source)
            .expect("below src")
            .to_string_lossy()
            .replace('\\', "/");
        let in_tests = file
            .split('/')
            .any(|part| part == "tests" || part == "tests.rs" || part == "testing.rs");
        if in_tests {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a readable file");
        let code = text
            .lines()
            .take_while(|line| *line != "#[cfg(test)]" || text.contains("#[cfg(test)]\nmod tests;"));
        for (index, text) in code
            .enumerate()
            .filter(|(_, text)| !text.trim_start().starts_with("//"))
        {
            lines.push(Line {
                file: file.clone(),
                number: index + 1,
                text: text.to_owned(),
            });
        }
    }
    assert!(lines.len() > 10_000, "the sources were not found");
    lines
}

/// The rooms from the highest to the lowest, as the crate's documentation numbers them.
fn rooms() -> Vec<String> {
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs");
    let text = fs::read_to_string(library).expect("src/lib.rs");
    let numbered = text
        .lines()
        .filter_map(|line| line.strip_prefix("//! ")?.split_once(". [`"));
    let named = numbered.filter(|(number, _)| number.parse::<usize>().is_ok());
    named
        .map(|(_, rest)| {
            rest.split('`')
                .next()
                .unwrap_or_default()
                .trim_start_matches("mod@")
                .to_owned()
        })
        .collect()
}

fn fails(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
#[expect(
    clippy::print_stdout,
    reason = "how many there are is worth reading, with --nocapture"
)]
fn every_room_is_in_the_list_and_uses_only_those_below() {
    let rooms = rooms();
    let rank: BTreeMap<&str, usize> = rooms
        .iter()
        .enumerate()
        .map(|(rank, room)| (room.as_str(), rank))
        .collect();
    let lines = lines();
    let mut wrong = Vec::new();
    let mut arrows = BTreeSet::new();
    for line in lines.iter().filter(|line| !["lib", "main"].contains(&line.room())) {
        let Some(own) = rank.get(line.room()) else {
            wrong.push(line.told("is in no room that src/lib.rs lists"));
            continue;
        };
        // Names in braces could be rooms that nobody looks at here.
        if line.text.contains("crate::{") {
            wrong.push(line.told("imports rooms in braces: write a line for each"));
        }
        let others = line
            .names()
            .filter(|name| rank.contains_key(name) && *name != line.room());
        arrows.extend(others.map(|name| (line.room(), name)));
        let upward = line
            .names()
            .filter(|name| rank.get(name).is_some_and(|other| other < own));
        wrong.extend(upward.map(|name| line.told(&format!("`{}` uses `{name}`, which is above it", line.room()))));
    }
    let files: BTreeSet<&str> = lines.iter().map(|line| line.file.as_str()).collect();
    let (rooms, files, arrows) = (rooms.len(), files.len(), arrows.len());
    println!(
        "{rooms} rooms, {files} files, {arrows} arrows between rooms, {} wrong",
        wrong.len()
    );
    fails(&wrong);
}

#[test]
fn only_the_cluster_names_the_kubernetes_client() {
    let lines = lines();
    let outside = lines.iter().filter(|line| line.room() != "cluster");
    let named = outside.filter(|line| {
        let is_part = |before: Option<char>| before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
        line.text
            .match_indices("kube::")
            .any(|(at, _)| !is_part(line.text[..at].chars().last()))
    });
    fails(&named.map(|line| line.told("names `kube`")).collect::<Vec<_>>());
}

/// A server knows nothing of what an ApplySet notes on its objects, so the sandbox that stands for one does not either.
#[test]
fn a_cluster_does_not_read_what_an_applyset_notes() {
    let lines = lines();
    let cluster = lines.iter().filter(|line| line.room() == "cluster");
    let named = cluster.filter(|line| line.names().any(|name| name == "applyset"));
    fails(
        &named
            .map(|line| line.told("reads what an ApplySet notes"))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn only_the_ui_prints() {
    let lines = lines();
    let outside = lines.iter().filter(|line| !line.file.starts_with("cli/ui"));
    let prints = ["println!", "eprintln!", "print!(", "stdout()", "stderr()"];
    let named = outside.filter(|line| prints.iter().any(|print| line.text.contains(print)));
    fails(&named.map(|line| line.told("prints")).collect::<Vec<_>>());
}

#[test]
fn the_pure_rooms_have_no_io_no_clock_and_no_async() {
    let lines = lines();
    let pure = lines
        .iter()
        .filter(|line| PURE.iter().any(|room| line.file.starts_with(&format!("{room}/"))));
    let named = pure.filter(|line| IMPURE.iter().any(|what| line.text.contains(what)));
    fails(&named.map(|line| line.told("is not pure")).collect::<Vec<_>>());
}
