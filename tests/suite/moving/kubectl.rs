//! From `kubectl apply`, and back to it.

use super::{is_unchanged, manifests, rolled_out, shop, standing, taken_over_and_given_up};

#[test]
fn what_kubectl_apply_made_is_moved_and_moved_back_and_a_key_dropped_then_goes() {
    let bed = shop("move-kubectl", "");
    bed.kubectl_stdin(&["apply", "-f", "-"], &manifests());
    rolled_out(&bed);
    let before = standing(&bed);
    taken_over_and_given_up(&bed);
    bed.kubectl_stdin(&["apply", "-f", "-"], &manifests());
    is_unchanged(&bed, &before);
    bed.kubectl_stdin(&["apply", "-f", "-"], &manifests().replace("  size: \"3\"\n", ""));
    let settings = bed.get("configmap", "settings").expect("it stays");
    assert_eq!(settings["data"], serde_json::json!({"mode": "fast"}));
}

#[test]
fn server_side_apply_of_kubectl_is_moved_and_takes_over_again_without_a_conflict() {
    let bed = shop("move-server-side", "migrate: [kubectl]\n");
    let apply = ["apply", "--server-side", "-f", "-"];
    bed.kubectl_stdin(&apply, &manifests());
    rolled_out(&bed);
    let before = standing(&bed);
    taken_over_and_given_up(&bed);
    bed.kubectl_stdin(&apply, &manifests());
    is_unchanged(&bed, &before);
}
