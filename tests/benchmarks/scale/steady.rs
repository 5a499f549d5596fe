//! Diffs of what is in sync, which find nothing.

use crate::arguments::{Part, Rival};
use crate::bench::Job;
use crate::repository::Repository;
use crate::scene::Scene;
use crate::table::{Row, Table};

/// Measures the diffs of all tools in turn, and sees that ours finds what there is to find.
pub fn table(scene: &mut Scene, repository: &Repository) -> Table {
    let diff = scene.bench.ours(repository, "diff");
    scene.bench.run(&diff);
    let mut jobs = vec![diff.clone()];
    if scene.has(Rival::Floor) {
        jobs.push(scene.bench.lists_of(&diff));
    }
    if scene.has(Rival::Kubectl) {
        jobs.push(Job::kubectl(repository, "diff --server-side --concurrency=8"));
    }
    if scene.has(Rival::Flux) {
        jobs.push(scene.bench.flux(repository, "diff"));
    }
    let objects = scene.set.count;
    let table = Table::new(
        Part::Steady,
        objects,
        &format!("Diff of {objects} objects that are in sync"),
    );
    let mut table = table.in_turn(&mut scene.bench, &jobs, scene.arguments.rounds);
    table.rows.push(verified(scene, repository));
    sees_what_others_change(scene, repository);
    table
}

/// The same diff with a dry-run for each object. It must agree, so it ends with the exit code 0 too.
fn verified(scene: &mut Scene, repository: &Repository) -> Row {
    let verify = scene.bench.ours(repository, "diff --verify");
    let mut row = Row::new(&format!("{}, once", verify.name));
    row.measure(&mut scene.bench, &verify);
    row
}

/// Another writer changes some objects between two diffs, and the second one shows it.
fn sees_what_others_change(scene: &mut Scene, repository: &Repository) {
    let file = repository.manifests().join("00001.yaml");
    let file = file.to_str().expect("a path that is text");
    let label = [
        "label",
        "--overwrite",
        "--filename",
        file,
        "app.kubernetes.io/part-of=another",
    ];
    scene.bench.plane.kubectl(&label).expect_success();
    let diff = scene.bench.ours(repository, "diff");
    let shown = scene.bench.run(&diff.clone().exits(1));
    assert!(shown.contains("app-000000") && shown.contains("another"), "{shown}");
    let sync = scene.sync(repository);
    scene.bench.run(&sync);
    scene.bench.run(&diff);
}
