//! An overlay and a chart on a real API server.

use super::{Workshop, path};
use crate::bed::{Bed, Run};
use crate::control_plane::ControlPlane;

/// A directory of kustomizations, or of a chart, in a bed.
fn bed_of(shop: &Workshop, name: &str) -> Bed {
    let bed = Bed::on(ControlPlane::full(), name);
    for path in crate::sandbox::files(&shop.desk.dir.join("desired")) {
        let inside = path
            .strip_prefix(shop.desk.dir.join("desired"))
            .expect("below it")
            .display();
        let text = std::fs::read_to_string(&path).expect("text");
        if inside.to_string() != "stackanetes.yaml" {
            bed.write(
                &inside.to_string(),
                &text.replace("namespace: shop", &format!("namespace: {name}")),
            );
        }
    }
    bed
}

/// Runs the command with both programs, and allows them.
fn run(bed: &Bed, args: &[&str]) -> Run {
    let mut command = bed.command(&[args, &["--allow-programs"]].concat());
    Run::finish(command.env("PATH", path()).spawn().expect("the command can be run"))
}

#[test]
fn an_overlay_is_in_sync_after_a_sync_and_its_change_is_one_change() {
    let bed = bed_of(&Workshop::with_overlay("server", "production"), "built-overlay");
    bed.write("base/namespace.yaml", &crate::bed::namespace("built-overlay"));
    bed.write(
        "stackanetes.yaml",
        "name: built-overlay\nnamespace: built-overlay\nkustomize: overlays/production\n",
    );
    bed.commit("First");
    run(&bed, &["sync", "--yes", "--adopt", "--timeout", "60s"]).exits(0);
    run(&bed, &["diff"]).exits(0).shows("in sync:");
    let service = bed.get("service", "production-web").expect("it was made");
    assert_eq!(service["spec"]["ports"][0]["port"], 443);
    bed.write(
        "overlays/production/replicas.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 5\n",
    );
    let second = bed.commit("Five of them");
    let diff = run(&bed, &["diff"]).exits(1);
    diff.shows("1 to update")
        .shows("spec.replicas desired/overlays/production/replicas.yaml:6 - 3 + 5")
        .shows(&format!("git: {} Five of them", &second[..7]));
}

#[test]
fn a_chart_is_in_sync_after_a_sync() {
    let bed = bed_of(&Workshop::with_chart("server-chart"), "built-chart");
    let helm = "helm: {chart: charts/web, release: web, values: [values.yaml]}\n";
    bed.write(
        "stackanetes.yaml",
        &format!("name: built-chart\nnamespace: built-chart\n{helm}"),
    );
    bed.commit("First");
    let sync = run(&bed, &["sync", "--yes", "--timeout", "60s"]).exits(0);
    sync.complains("2 hooks of Helm charts are left out");
    run(&bed, &["diff"]).exits(0).shows("in sync:");
    assert!(bed.get("deployment", "web").is_some() && bed.get("job", "web-migrate").is_none());
}
