//! Drift that a sync put back, and that comes again.

use serde_json::{Value, json};

use crate::bed::Bed;

const AGAIN: &str = "again since the sync of";

fn patch(bed: &Bed, writer: &str, data: &serde_json::Value) {
    bed.patch(writer, "configmap", "settings", &json!({"data": data}));
}

#[test]
fn drift_that_was_put_back_and_comes_again_from_the_same_writer_is_said() {
    let bed = Bed::new("again-same");
    bed.write_config_map("settings", &[("mode", "fast"), ("size", "1")]);
    bed.commit("Settings");
    bed.synced();
    patch(&bed, "kubectl-edit", &json!({"mode": "slow"}));
    bed.diff().exits(1).shows("drift: kubectl-edit").shows_not(AGAIN);
    bed.synced().shows_not(AGAIN);

    // Another field, and another writer, are nothing that was put back before.
    patch(&bed, "kubectl-edit", &json!({"size": "2"}));
    patch(&bed, "dashboard", &json!({"mode": "slow"}));
    bed.diff().exits(1).shows_not(AGAIN);
    bed.synced();

    patch(&bed, "kubectl-edit", &json!({"mode": "slower"}));
    let words = "warning: kubectl-edit has changed data.mode of ConfigMap again-same/settings again since the sync of";
    bed.diff()
        .exits(1)
        .shows(words)
        .shows("stop kubectl-edit, or leave the field to it");
    let plan = bed.run(&["diff", "--format", "json"]).exits(1);
    let plan: Value = serde_json::from_str(&plan.stdout).expect("JSON");
    let again = &plan["again"][0];
    assert_eq!(again["object"]["name"], "settings");
    assert_eq!(
        (&again["path"], &again["writer"]),
        (&json!("data.mode"), &json!("kubectl-edit"))
    );
    assert!(again["since"].is_string(), "{again}");
    // A sync between that puts nothing back does not make it forgotten.
    bed.synced().shows(words);
    bed.write_config_map("other", &[("a", "1")]);
    bed.synced().shows_not(AGAIN);
    patch(&bed, "kubectl-edit", &json!({"mode": "slow"}));
    bed.diff().exits(1).shows(words);
}

#[test]
fn drift_within_a_list_is_known_again() {
    let bed = Bed::new("again-list");
    bed.write(
        "web.yaml",
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selector: {app: web}\n  ports: [{port: 80, \
         protocol: TCP, targetPort: 8080}]\n",
    );
    bed.commit("Web");
    bed.synced();
    let drift = r#"{"spec": {"ports": [{"port": 80, "targetPort": 9090}]}}"#;
    for round in 0..2 {
        bed.kubectl(&[
            "patch",
            "service",
            "web",
            "--field-manager=kubectl-set",
            "--patch",
            drift,
        ]);
        let diff = bed.diff().exits(1).shows("drift: kubectl-set");
        if round == 0 {
            diff.shows_not(AGAIN);
        } else {
            diff.shows("kubectl-set has changed spec.ports[").shows(AGAIN);
        }
        bed.synced();
    }
}
