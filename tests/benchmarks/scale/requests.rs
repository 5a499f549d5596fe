//! What a tool asked of the API server, by the server's own account: its audit log.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use serde::Deserialize;

/// The log of an API server, read from where it was read to before.
pub struct AuditLog {
    path: PathBuf,
    /// What each line about the user whose requests are counted has in it.
    of_user: String,
    /// In bytes.
    read_to: u64,
}

/// A request. A watch is one, however long it lasts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Request {
    #[serde(rename = "auditID")]
    id: String,
    verb: String,
    /// The path and the query.
    #[serde(rename = "requestURI")]
    pub uri: String,
}

impl AuditLog {
    /// The requests of `user` are read from the file `path`.
    pub fn new(path: PathBuf, user: &str) -> AuditLog {
        AuditLog {
            path,
            of_user: format!("\"user\":{{\"username\":\"{user}\""),
            read_to: 0,
        }
    }

    /// The requests since the last call.
    ///
    /// The server writes about a request before it ends the answer, but about the end of a watch after
    /// its client has gone: so this reads until nothing more comes.
    pub fn new_requests(&mut self) -> Vec<Request> {
        let mut requests: BTreeMap<String, Request> = BTreeMap::new();
        loop {
            let lines = self.new_lines();
            if lines.is_empty() {
                return requests.into_values().collect();
            }
            for line in lines.lines().filter(|line| line.contains(&self.of_user)) {
                let request: Request = serde_json::from_str(line).expect("the audit log is JSON");
                requests.insert(request.id.clone(), request);
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// The whole lines that were written since the last call.
    fn new_lines(&mut self) -> String {
        let mut file = File::open(&self.path).expect("the audit log is there");
        file.seek(SeekFrom::Start(self.read_to))
            .expect("a file can be sought in");
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).expect("the audit log can be read");
        bytes.truncate(bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1));
        self.read_to += bytes.len() as u64;
        String::from_utf8(bytes).expect("the audit log is text")
    }
}

impl Request {
    /// Whether it asks for the first page of a list.
    pub fn begins_list(&self) -> bool {
        self.verb == "list" && !self.uri.contains("continue=")
    }
}

/// How many requests there were, by what they were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<String, usize>);

impl Tally {
    /// An apply that is not stored is a `dry-run`; the rest goes by the server's verbs.
    pub fn of(requests: &[Request]) -> Tally {
        let mut tally = Tally::default();
        for request in requests {
            let is_dry_run = request.uri.contains("dryRun=All");
            let verb = if is_dry_run { "dry-run" } else { &request.verb };
            *tally.0.entry(verb.to_owned()).or_default() += 1;
        }
        tally
    }
}

impl fmt::Display for Tally {
    /// As `12 list, 3 get`: what there is most of first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut counts: Vec<_> = self.0.iter().collect();
        counts.sort_by(|(verb, count), (other_verb, other)| other.cmp(count).then(verb.cmp(other_verb)));
        if counts.is_empty() {
            return f.write_str("none");
        }
        let counts: Vec<String> = counts.iter().map(|(verb, count)| format!("{count} {verb}")).collect();
        f.write_str(&counts.join(", "))
    }
}
