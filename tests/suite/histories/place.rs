//! Where a history is played: a repository, two namespaces, and what is known of both.

use std::collections::BTreeSet;
use std::fmt;

use super::files::Files;
use super::properties::{self, State};
use super::server::Server;
use super::step::{History, Id, Other, Step, Sync, Write};
use super::synced::{Said, Synced};
use super::tally::Tally;
use crate::bed::Bed;
use crate::proxy::{Proxy, Then};

/// A property that does not hold.
#[derive(Debug)]
pub struct Violation {
    /// The step after which it does not.
    pub step: usize,
    pub found: properties::Found,
}

/// What others did.
#[derive(Debug, Default)]
pub struct Others {
    /// What they wrote to.
    pub touched: BTreeSet<Id>,
    /// What they made.
    pub made: BTreeSet<Id>,
}

/// A history as it is played.
pub struct Place<'a> {
    bed: &'a Bed,
    server: Server,
    files: Files,
    others: Others,
    tally: Tally,
}

impl<'a> Place<'a> {
    /// The bed's namespace is the history's own name.
    pub async fn new(bed: &'a Bed) -> Place<'a> {
        let server = Server::connect(bed.plane, &bed.namespace).await;
        server.begin().await;
        Place {
            bed,
            server,
            files: Files::default(),
            others: Others::default(),
            tally: Tally::default(),
        }
    }

    /// Plays a history until a property does not hold.
    pub async fn play(&mut self, history: &History) -> Result<(), Violation> {
        let history = history.named(&self.bed.namespace);
        for (step, happens) in history.steps.iter().enumerate() {
            match happens {
                Step::Write { file, object, refused } => self.files.write(file, object, *refused),
                Step::Drop(id) => self.files.drop(id),
                Step::Other(other) => self.other(other).await,
                Step::Sync(sync) => {
                    let found = self.sync(sync).await;
                    found.map_err(|found| Violation { step, found })?;
                }
            }
        }
        Ok(())
    }

    /// Leaves nothing in the cluster. What happened in it.
    pub async fn end(self) -> Tally {
        self.server.end().await;
        self.tally
    }

    async fn other(&mut self, other: &Other) {
        if !self.server.write(other).await {
            return;
        }
        self.others.touched.insert(other.object.clone());
        if let Write::Create { .. } = other.write {
            self.others.made.insert(other.object.clone());
        }
    }

    async fn sync(&mut self, sync: &Sync) -> Result<(), properties::Found> {
        self.files.save(self.bed);
        self.bed.commit("Another state");
        let before = self.server.snapshot().await;
        let options: Vec<&str> = sync.part.iter().chain(&sync.lifts).map(String::as_str).collect();
        let said = match sync.killed {
            Some(after) => {
                self.killed(&options, after);
                self.server.expire().await;
                let after = self.server.snapshot().await;
                return properties::outside(&self.files, &before, &after);
            }
            None => Said::of(self.bed, &[&SYNC[..], &options[..]].concat()),
        };
        let after = self.server.snapshot().await;
        let part: Vec<&str> = sync.part.iter().map(String::as_str).collect();
        let again = Said::of(self.bed, &[&["diff", "--format", "json"], &part[..]].concat());
        let how = sync.clone();
        let synced = Synced {
            how,
            before,
            said,
            after,
            again,
        };
        self.tally.add(&synced);
        properties::check(&State {
            files: &self.files,
            others: &self.others,
            synced: &synced,
        })
    }

    /// Syncs, and kills the process after so many requests.
    fn killed(&self, options: &[&str], after: usize) {
        let proxy = Proxy::start(&self.bed.user, move |request| {
            if request.number == after {
                Then::Cut
            } else {
                Then::Answer
            }
        });
        // What it prints as JSON is more than a pipe holds that nobody reads.
        let text = ["--quiet", "--format", "text"];
        let child = self
            .bed
            .start_as(&proxy.kubeconfig, &[&SYNC[..2], &SYNC[4..], &text, options].concat());
        proxy.kill_when_cut(child);
    }
}

const SYNC: [&str; 13] = [
    "sync",
    "--yes",
    "--format",
    "json",
    "--timeout",
    "60s",
    "--lock-timeout",
    "60s",
    // However slow the machine is.
    "--lease-duration",
    "10m",
    "--max-prune",
    "100%",
    "--allow-empty",
];

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "step {}: {}", self.step, self.found)
    }
}
