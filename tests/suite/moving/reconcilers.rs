//! From Flux and from Argo CD, and back: by Flux' own library, and by what each of them writes on its objects.

use std::process::Command;

use super::{SHOP, is_unchanged, manifests, rolled_out, shop, standing, taken_over_and_given_up};
use crate::bed::Bed;
use crate::control_plane::GoProgram;

/// Applies the manifests as Flux' controllers do, with the labels by which they know their objects.
fn flux_applies(bed: &Bed) {
    let folder = bed.beside("flux");
    std::fs::create_dir_all(&folder).expect("a directory of our own");
    for (path, text) in SHOP {
        let namespace = format!("metadata:\n  namespace: {}\n{LABELS}", bed.namespace);
        std::fs::write(folder.join(path), text.replacen("metadata:\n", &namespace, 1)).expect("a file of our own");
    }
    let program = GoProgram {
        module: "tests/benchmarks/flux-ssa",
        name: "flux-ssa",
        package: ".",
        linked: String::new(),
    };
    let mut command = Command::new(program.built());
    command
        .arg("apply")
        .arg(&folder)
        .env_clear()
        .env("KUBECONFIG", &bed.user.kubeconfig);
    let run = command.output().expect("the program can be run");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    std::fs::remove_dir_all(folder).expect("a directory of our own");
}

/// What kustomize-controller writes.
const LABELS: &str =
    "  labels:\n    kustomize.toolkit.fluxcd.io/name: apps\n    kustomize.toolkit.fluxcd.io/namespace: flux-system\n";

#[test]
fn what_flux_applied_is_moved_and_applied_by_flux_again() {
    let bed = shop("move-flux", "migrate: [flux-ssa]\n");
    flux_applies(&bed);
    rolled_out(&bed);
    let before = standing(&bed);
    bed.diff().exits(1).shows(
        "warning: the Flux Kustomization flux-system/apps keeps 3 objects of this plan and puts its own state back",
    );
    taken_over_and_given_up(&bed);
    flux_applies(&bed);
    is_unchanged(&bed, &before);
}

#[test]
fn what_argo_cd_applied_is_moved_and_tracked_again() {
    let bed = shop("move-argo-cd", "migrate: [argocd-controller]\n");
    let track = |kind: &str, group: &str, name: &str| {
        let tracked = format!("argocd.argoproj.io/tracking-id=web:{group}/{kind}:move-argo-cd/{name}");
        bed.kubectl(&["annotate", "--field-manager=argocd-controller", kind, name, &tracked]);
    };
    let tracked = || {
        track("ConfigMap", "", "settings");
        track("Deployment", "apps", "web");
        track("Service", "", "web");
    };
    let apply = ["apply", "--field-manager=argocd-controller", "-f", "-"];
    bed.kubectl_stdin(&apply, &manifests());
    tracked();
    rolled_out(&bed);
    let before = standing(&bed);
    bed.diff()
        .exits(1)
        .shows("the Argo CD Application web keeps 3 objects of this plan and puts its own state back");
    taken_over_and_given_up(&bed);
    bed.kubectl_stdin(&apply, &manifests());
    tracked();
    is_unchanged(&bed, &before);
}
