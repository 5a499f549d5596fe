//! What `check` finds, a diff shows; and a sync writes nothing that is wrong in any cluster.

use serde_json::Value;

use crate::bed::{Bed, config_map};
use crate::check::folder;

/// A Service that selects nobody's pods, with this port.
fn service(name: &str, port: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec:\n  selector: {{app: {name}}}\n  ports: [{port}]\n"
    )
}

#[test]
fn a_mistake_that_the_server_refuses_too_holds_up_its_object_alone() {
    let bed = Bed::new("mistakes-certain");
    bed.write("one.yaml", &config_map("one", &[("a", "1")]));
    bed.write("web.yaml", &service("web", "{port: 80, prot: TCP}"));
    bed.diff()
        .exits(1)
        .shows(
            "warning[unknown-field]: Service mistakes-certain/web has no field `spec.ports[port=80,protocol=TCP].prot`",
        )
        .shows("desired/web.yaml:6:22")
        .shows("hint: did you mean `port`?")
        .shows("warning[empty-selection]: Service mistakes-certain/web selects no pods")
        .shows("! refused Service mistakes-certain/web")
        .shows_not("blocked");
    bed.sync().exits(1).shows("incomplete: 1 created, 1 refused");
    bed.run(&["diff", "--no-check"]).exits(1).shows_not("unknown-field]");

    // Nobody has to correct what is no mistake of this change.
    bed.write("web.yaml", &service("web", "{port: 80}"));
    bed.commit("A Service");
    bed.synced();
    bed.write("one.yaml", &config_map("one", &[("a", "2")]));
    bed.diff()
        .exits(1)
        .shows_not("warning[")
        .shows("not new, and not shown: 1 finding; `stackanetes check` shows all");
    bed.synced();
}

#[test]
fn what_a_change_brings_is_told_also_of_an_object_that_stays_as_it_is() {
    let bed = Bed::new("mistakes-new");
    let pod = "apiVersion: v1\nkind: PodTemplate\nmetadata: {name: web}\ntemplate:\n  spec:\n    containers:\n      - {name: a, image: a, envFrom: [{configMapRef: {name: settings}}, {configMapRef: {name: never}}]}\n";
    bed.write("pod.yaml", pod);
    bed.write("settings.yaml", &config_map("settings", &[("a", "1")]));
    bed.commit("Settings");
    bed.synced();
    bed.remove("settings.yaml");
    for args in [&["diff"][..], &["diff", "--from", "HEAD"]] {
        bed.run(args)
            .exits(1)
            .shows("warning[missing-object]: PodTemplate mistakes-new/web reads ConfigMap mistakes-new/settings")
            .shows_not("ConfigMap mistakes-new/never")
            .shows_not("blocked")
            .shows("not new, and not shown: 1 finding");
    }
    let told: Value = serde_json::from_str(&bed.run(&["diff", "--format", "json"]).stdout).expect("JSON");
    assert_eq!(told["findings"][0]["identifier"], "missing-object");
    assert_eq!(told["findings"][0]["severity"], "warning");
    assert_eq!(told["findings"][0]["places"][0]["file"], "desired/pod.yaml");
    assert_eq!(told["otherFindings"], 1);
}

#[test]
fn a_mistake_that_was_synced_before_stops_only_a_sync_of_its_object() {
    let bed = Bed::new("mistakes-old");
    let options = |threads: u32| format!("[DEFAULT]\nthreads = {threads}\nthraeds = 1\n");
    let schema = r#"{"options": {"DEFAULT": {"help": "", "opts": [{"name": "threads", "dest": "threads", "type": "integer value", "default": 1}]}}}"#;
    bed.write(
        "web/component.yaml",
        "configMaps:\n  - name: etc\n    files: {web.conf: web.conf}\n    options: {web.conf: web.json}\n",
    );
    bed.write("web/web.json", schema);
    bed.write("web/web.conf", &options(1));
    bed.write("one.yaml", &config_map("one", &[("a", "1")]));
    bed.commit("A misspelt option");
    bed.sync()
        .exits(2)
        .complains("unknown-option in ConfigMap mistakes-old/etc");
    bed.run(&["sync", "--yes", "--no-check"]).exits(0);
    bed.write("one.yaml", &config_map("one", &[("a", "2")]));
    bed.synced();
    bed.write("web/web.conf", &options(2));
    bed.diff()
        .exits(1)
        .shows("error[unknown-option]: [DEFAULT] has no option `thraeds`");
    bed.sync().exits(2);
}

#[test]
fn a_sandbox_refuses_what_a_cluster_would() {
    let dir = folder(
        "mistakes-sandbox",
        &[("web.yaml", &service("web", "{port: 80, prot: TCP}"))],
    );
    crate::check::run(&dir, &["sync", "--sandbox", "sandbox", "--name", "shop", "--yes"])
        .exits(1)
        .shows("warning[unknown-field]: Service default/web")
        .shows("incomplete: 1 refused");
}
