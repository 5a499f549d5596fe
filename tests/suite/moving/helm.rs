//! From a Helm release, and back to one, by the real program.

use super::{SHOP, is_unchanged, rolled_out, shop, standing, taken_over_and_given_up};
use crate::bed::Bed;
use crate::built::run_helm;

/// A chart with the manifests as they are.
fn write_chart(bed: &Bed) {
    let chart = bed.dir.join("chart");
    std::fs::create_dir_all(chart.join("templates")).expect("a directory of our own");
    let about = "apiVersion: v2\nname: web\nversion: 1.0.0\n";
    std::fs::write(chart.join("Chart.yaml"), about).expect("a file of our own");
    for (path, text) in SHOP {
        std::fs::write(chart.join("templates").join(path), text).expect("a file of our own");
    }
}

#[test]
fn a_release_is_moved_and_becomes_a_release_again() {
    let bed = shop("move-helm", "migrate: [helm]\n");
    write_chart(&bed);
    run_helm(&bed, &["install", "web", "chart"]);
    rolled_out(&bed);
    let before = standing(&bed);
    bed.diff()
        .exits(1)
        .shows("it is kept by the Helm release move-helm/web");
    taken_over_and_given_up(&bed);
    // What Helm knows of the release goes without `helm uninstall`, which would delete the objects.
    bed.kubectl(&["delete", "secret", "--selector=owner=helm,name=web"]);
    run_helm(&bed, &["install", "web", "chart", "--take-ownership"]);
    is_unchanged(&bed, &before);
    run_helm(&bed, &["upgrade", "web", "chart"]);
    is_unchanged(&bed, &before);
}
