//! Where a history is played: a repository, two namespaces, and what is known of both.

use std::fmt;

use serde_json::Value;

use super::files::Files;
use super::made::Rotated;
use super::properties::{self, State};
use super::ran::Ran;
use super::second;
use super::server::Server;
use super::step::{History, Id, Other, Step, Sync};
use super::synced::{Said, Synced};
use super::tally::Tally;
use super::theirs::Theirs;
use crate::bed::Bed;
use crate::proxy::{Proxy, Then};

/// A property that does not hold.
#[derive(Debug)]
pub struct Violation {
    /// The step after which it does not.
    pub step: usize,
    pub found: properties::Found,
}

/// A history as it is played.
pub struct Place<'a> {
    bed: &'a Bed,
    server: Server,
    files: Files,
    theirs: Theirs,
    ran: Ran,
    rotated: Rotated,
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
            theirs: Theirs::default(),
            ran: Ran::default(),
            rotated: Rotated::default(),
            tally: Tally::default(),
        }
    }

    /// Plays a history until a property does not hold.
    pub async fn play(&mut self, history: &History) -> Result<(), Violation> {
        let history = history.named(&self.bed.namespace);
        for (step, happens) in history.steps.iter().enumerate() {
            self.tally.step(happens);
            match happens {
                Step::Write { file, object, refused } => self.files.write(file, object, *refused),
                Step::Drop(id) => self.files.drop(id),
                Step::Settings(settings) => self.files.settings(settings),
                Step::Component { name, says } => self.files.component(name, says, &self.bed.namespace),
                Step::Other(other) => self.other(other).await,
                Step::Second(objects) => {
                    let found = self.second(objects).await;
                    found.map_err(|found| Violation { step, found })?;
                }
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
        second::end(self.bed);
        self.tally
    }

    async fn other(&mut self, other: &Other) {
        if self.server.write(other).await {
            self.theirs.wrote(other);
        }
    }

    /// Syncs another ApplySet, which leaves the members of this one alone.
    async fn second(&mut self, objects: &[Value]) -> Result<(), properties::Found> {
        let (set, before) = (self.server.set().await, self.server.snapshot().await);
        let said = second::sync(self.bed, objects);
        let after = self.server.snapshot().await;
        second::ends(&said, &before)?;
        second::is_kept_out(set.as_deref(), &before, &after)?;
        let wanted = objects.iter().map(Id::of);
        self.theirs.gain(wanted, &after, set.as_deref());
        Ok(())
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
                self.ran.doubt(&self.files);
                self.rotated.doubt(&self.files);
                let after = self.server.snapshot().await;
                self.theirs.lose(&after, self.server.set().await.as_deref());
                return properties::outside(&self.files, &before, &after);
            }
            None => Said::of(self.bed, &[&SYNC[..], &options[..]].concat()),
        };
        let after = self.server.snapshot().await;
        let part: Vec<&str> = sync.part.iter().map(String::as_str).collect();
        let again = Said::of(self.bed, &[&DIFF[..], &part].concat());
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
            theirs: &self.theirs,
            ran: &self.ran,
            rotated: &self.rotated,
            synced: &synced,
        })?;
        self.ran.learn(&self.files, &synced);
        self.rotated.learn(&self.files, &synced);
        self.theirs.lose(&synced.after, self.server.set().await.as_deref());
        Ok(())
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

const DIFF: [&str; 4] = ["diff", "--format", "json", "--allow-empty"];

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
