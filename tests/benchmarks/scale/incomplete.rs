//! Diffs of what is in sync, after a sync that was not a complete one.

use crate::arguments::{Part, Rival};
use crate::objects;
use crate::repository::Repository;
use crate::scene::{PATIENCE, Scene};
use crate::table::Table;

/// The file of the object that never becomes ready.
const UNREADY: &str = "unready.yaml";

/// Measures our diff and the floor, after each of three kinds of sync.
///
/// No sync of everything was complete before: the first one of all selects objects, though it selects all.
pub fn tables(scene: &mut Scene, repository: &Repository) -> Vec<Table> {
    let name = scene.set.name.clone();
    let (label, value) = objects::PART_OF;
    let selects = format!("--selector {label}={value}");
    let selected = after(scene, repository, &selects);
    let told = after(scene, repository, &format!("--namespace {name}"));

    repository.add(UNREADY, &objects::unready(&name));
    let sync = scene.bench.ours(repository, "sync --yes --timeout 5s").exits(1);
    scene.bench.run(&sync);
    let unready = measured(
        scene,
        repository,
        "after a sync with a Deployment that did not become ready",
    );
    repository.remove(UNREADY);
    vec![selected, told, unready]
}

fn after(scene: &mut Scene, repository: &Repository, option: &str) -> Table {
    let sync = format!("sync --yes --timeout {PATIENCE} {option}");
    let sync = scene.bench.ours(repository, &sync);
    scene.bench.run(&sync);
    measured(scene, repository, &format!("after `sync {option}`"))
}

fn measured(scene: &mut Scene, repository: &Repository, when: &str) -> Table {
    let namespace = format!("diff --namespace {}", scene.set.name);
    let mut jobs = ["diff", &namespace]
        .map(|diff| scene.bench.ours(repository, diff))
        .to_vec();
    if scene.has(Rival::Floor) {
        scene.bench.run(&jobs[0]);
        jobs.push(scene.bench.lists_of(&jobs[0].clone()));
    }
    let objects = scene.set.count;
    let title = format!("Diff of {objects} objects that are in sync, {when}");
    let table = Table::new(Part::Incomplete, objects, &title);
    table.in_turn(&mut scene.bench, &jobs, scene.arguments.rounds)
}
