//! One run of the benchmark: so many objects on a cluster of their own.

use crate::arguments::{Arguments, Part, Rival};
use crate::bench::{Bench, Job, Programs, tell};
use crate::objects::Set;
use crate::repository::Repository;
use crate::table::Table;
use crate::{git, incomplete, steady, write};

/// How long a sync may wait for workloads to become ready.
pub const PATIENCE: &str = "20m";

/// A cluster and the objects that are measured on it.
pub struct Scene<'a> {
    pub bench: Bench,
    pub arguments: &'a Arguments,
    /// The name that the objects and their namespace have from part to part, and how many there are.
    pub set: Set,
}

impl<'a> Scene<'a> {
    /// Measures what the arguments want measured, with `count` objects.
    pub fn play(arguments: &'a Arguments, programs: &Programs, count: usize) -> Vec<Table> {
        tell(&format!("{count} objects: starting a control plane"), None);
        let mut scene = Scene {
            bench: Bench::start(arguments, programs),
            arguments,
            set: Set {
                name: "benchmark".to_owned(),
                shape: arguments.shape,
                count,
                has_workloads: !arguments.without_workloads,
                edition: 0,
            },
        };
        let wants = |part| arguments.parts.contains(&part);
        let mut tables = Vec::new();
        if wants(Part::Incomplete) || wants(Part::Steady) {
            let repository = scene.bench.repository("objects");
            repository.write(&scene.set);
            if wants(Part::Incomplete) {
                tables.extend(incomplete::tables(&mut scene, &repository));
            }
            if wants(Part::Steady) {
                let sync = scene.sync(&repository);
                scene.bench.run(&sync);
                // It is what the others are read beside.
                tables.insert(0, steady::table(&mut scene, &repository));
            }
        }
        if wants(Part::Write) {
            tables.extend(write::tables(&mut scene));
        }
        if wants(Part::Git) {
            tables.push(git::table(&mut scene));
        }
        tables
    }

    /// Our sync of everything, which must succeed.
    pub fn sync(&self, repository: &Repository) -> Job {
        self.bench.ours(repository, &format!("sync --yes --timeout {PATIENCE}"))
    }

    /// Whether this is measured too.
    pub fn has(&self, rival: Rival) -> bool {
        self.arguments.beside.contains(&rival)
    }
}
