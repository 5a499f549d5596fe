//! Applies: of everything into a namespace that is not there yet, and of what changed since.

use crate::arguments::{Part, Rival};
use crate::bench::{Job, tell};
use crate::floor;
use crate::objects::{CHANGED, Set, Shape};
use crate::repository::Repository;
use crate::scene::Scene;
use crate::table::{Row, Table};

/// Who writes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Writer {
    Stackanetes,
    Besides(Rival),
}

/// Measures first applies, and applies of ten changes, by all tools in turn.
///
/// There are no workloads, whose controllers would compute at the same time. Each apply has a namespace
/// of its own, which is deleted before the next one begins.
pub fn tables(scene: &mut Scene) -> Vec<Table> {
    let writers = [Rival::Floor, Rival::Kubectl, Rival::Flux]
        .into_iter()
        .filter(|rival| scene.has(*rival));
    let writers: Vec<Writer> = [Writer::Stackanetes]
        .into_iter()
        .chain(writers.map(Writer::Besides))
        .collect();
    let mut first: Vec<Row> = Vec::new();
    let mut change: Vec<Row> = Vec::new();
    for round in 0..scene.arguments.rounds {
        for writer in &writers {
            let mut set = scene.set.clone();
            set.has_workloads = false;
            set.name = format!("write-{}-{round}", writer.name());
            let repository = scene.bench.repository(&set.name);
            repository.write(&set);
            let job = writer.job(scene, &repository, &set);
            add(&mut first, scene, &job);
            if *writer != Writer::Besides(Rival::Floor) {
                set.edition += 1;
                repository.write(&set);
                add(&mut change, scene, &job);
            }
            delete(scene, &set);
        }
    }
    let objects = scene.set.count;
    let table = |title: &str, rows| Table {
        rows,
        ..Table::new(Part::Write, objects, title)
    };
    let of = format!("of {objects} objects without workloads");
    vec![
        table(&format!("First apply {of}"), first),
        table(&format!("Apply {of}, of which {CHANGED} changed"), change),
    ]
}

impl Writer {
    fn name(self) -> &'static str {
        match self {
            Writer::Stackanetes => "ours",
            Writer::Besides(Rival::Kubectl) => "kubectl",
            Writer::Besides(Rival::Flux) => "flux",
            Writer::Besides(Rival::Floor) => "floor",
        }
    }

    fn job(self, scene: &Scene, repository: &Repository, set: &Set) -> Job {
        match self {
            Writer::Stackanetes => scene.bench.ours(repository, "sync --yes"),
            Writer::Besides(Rival::Kubectl) => Job::kubectl(repository, "apply --server-side"),
            Writer::Besides(Rival::Flux) => scene.bench.flux(repository, "apply"),
            Writer::Besides(Rival::Floor) => {
                let file = scene.bench.file("applies", &floor::lines(&set.objects()));
                scene
                    .bench
                    .floor("applies of the same objects, 16 at once", "apply", file)
            }
        }
    }
}

/// Measures a run of `job` in the row of that name.
fn add(rows: &mut Vec<Row>, scene: &mut Scene, job: &Job) {
    let place = rows.iter().position(|row| row.name == job.name).unwrap_or_else(|| {
        rows.push(Row::new(&job.name));
        rows.len() - 1
    });
    rows[place].measure(&mut scene.bench, job);
}

/// Returns when everything is gone.
fn delete(scene: &Scene, set: &Set) {
    let plane = &scene.bench.plane;
    plane.kubectl(&["delete", "namespace", &set.name]).expect_success();
    if set.shape == Shape::Custom {
        let definition = ["delete", "customresourcedefinition", "widgets.benchmark.example.com"];
        plane.kubectl(&definition).expect_success();
    }
    tell(&format!("deleted namespace {}", set.name), None);
}
