//! What needs no cluster.

use crate::arguments::Part;
use crate::scene::Scene;
use crate::table::Table;

/// Measures rendering, and two commits compared that differ in ten objects.
pub fn table(scene: &mut Scene) -> Table {
    let mut set = scene.set.clone();
    let repository = scene.bench.repository("commits");
    repository.write(&set);
    set.edition += 1;
    repository.write(&set);
    let jobs = [
        scene.bench.ours(&repository, "render"),
        // The same manifests as a plain directory, without `stackanetes.yaml`.
        scene.bench.ours(&repository, "render desired/objects"),
        scene.bench.ours(&repository, "diff --from HEAD~1 --to HEAD").exits(1),
        scene.bench.ours(&repository, "--help"),
    ];
    let title = format!("{} objects in git, without a cluster", set.count);
    let table = Table::new(Part::Git, set.count, &title);
    table.in_turn(&mut scene.bench, &jobs, scene.arguments.rounds)
}
