//! How many objects a second are merged and compared, by our library and by the API server's own,
//! Go's structured-merge-diff: the same objects, the same schema, one thread each, in turn.
//!
//! `cargo run --release --example benchmark-merge [OBJECTS]` (needs Go)
//!
//! Prints medians of five runs, and ratios. Before that it sees that both came to the same owners.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark fails by panicking, and prints what it found"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use serde_json::{Value, json};
use stackanetes::object::field::ManagedFields;
use stackanetes::plan::compare::differences;
use stackanetes::ssa::merge::{self, OnConflict, Writer};
use stackanetes::ssa::schema::Schema;

const RUNS: usize = 5;

fn main() {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        // This program, as one of the two that are measured.
        Some("measure") => {
            let [objects, owned] = [0, 1].map(|_| PathBuf::from(arguments.next().expect("a file")));
            measure(&objects, &owned);
        }
        count => compare(count.map_or(10_000, |count| count.parse().expect("a number of objects"))),
    }
}

fn compare(count: usize) {
    let dir = std::env::temp_dir().join(format!("stackanetes-benchmark-{}", std::process::id()));
    fs::create_dir_all(&dir).expect("a directory");
    let (objects, go) = (dir.join("objects"), dir.join("structured-merge-diff"));
    let lines: Vec<String> = (0..count).map(|number| work(number).to_string()).collect();
    fs::write(&objects, lines.join("\n")).expect("written");
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = here.join("tests/benchmarks/structured-merge-diff");
    let built = Command::new("go")
        .args(["build", "-o"])
        .arg(&go)
        .arg(".")
        .current_dir(source)
        .status();
    assert!(built.expect("Go is installed").success(), "it is built");

    let schema = here.join("src/ssa/schema/kubernetes.json");
    let ours = std::env::current_exe().expect("this program");
    let (our_owned, their_owned) = (dir.join("ours"), dir.join("theirs"));
    let mut runs = [Vec::new(), Vec::new()];
    for _ in 0..RUNS {
        runs[0].push(run(Command::new(&ours).arg("measure").arg(&objects).arg(&our_owned)));
        runs[1].push(run(Command::new(&go).arg(&schema).arg(&objects).arg(&their_owned)));
    }
    same_owners(&our_owned, &their_owned);
    println!("{count} objects: apply with force, compare with the live object; one thread");
    println!("                        objects/s   peak memory");
    let [ours, theirs] = runs.map(|runs| {
        let median = |key: &str| {
            let mut values: Vec<f64> = runs.iter().map(|run| run[key].as_f64().expect("a number")).collect();
            values.sort_by(f64::total_cmp);
            values[RUNS / 2]
        };
        (median("seconds"), median("peak_kib") / 1024.0)
    });
    for (name, (seconds, mebibytes)) in [("stackanetes", ours), ("structured-merge-diff", theirs)] {
        #[expect(clippy::cast_precision_loss, reason = "a count of objects")]
        let rate = count as f64 / seconds;
        println!("{name:<22} {rate:>10.0}   {mebibytes:>7.0} MiB");
    }
    println!(
        "{:<22} {:>10.2}   {:>7.2}",
        "ratio",
        theirs.0 / ours.0,
        ours.1 / theirs.1
    );
    fs::remove_dir_all(&dir).expect("removed");
}

fn run(command: &mut Command) -> Value {
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("what it measured")
}

/// What the API server never lets anybody own is in the sets of its library all the same.
const NOBODYS: [&str; 2] = ["f:apiVersion", "f:kind"];

fn same_owners(ours: &Path, theirs: &Path) {
    let read = |path: &Path| -> Vec<Value> {
        let text = fs::read_to_string(path).expect("read");
        text.lines()
            .map(|line| {
                let mut fields: Value = serde_json::from_str(line).expect("FieldsV1");
                let map = fields.as_object_mut().expect("a map");
                map.retain(|name, _| !NOBODYS.contains(&name.as_str()));
                if let Some(metadata) = map.get_mut("f:metadata").and_then(Value::as_object_mut) {
                    metadata.retain(|name, _| !["f:name", "f:namespace"].contains(&name.as_str()));
                    if metadata.is_empty() {
                        map.remove("f:metadata");
                    }
                }
                fields
            })
            .collect()
    };
    let (ours, theirs) = (read(ours), read(theirs));
    assert_eq!(ours.len(), theirs.len());
    for (number, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
        assert_eq!(ours, theirs, "the owned fields of object {number}");
    }
}

/// Does the work once, and prints how long it took.
fn measure(objects: &Path, owned: &Path) {
    let text = fs::read_to_string(objects).expect("read");
    let todo: Vec<(Value, Value)> = text
        .lines()
        .map(|line| {
            let mut line: Value = serde_json::from_str(line).expect("JSON");
            (line["live"].take(), line["config"].take())
        })
        .collect();
    drop(text);
    let schema = Schema::bundled();
    let writer = Writer::new("ours", "2026-01-03T00:00:00Z");
    let mut fields = Vec::with_capacity(todo.len());
    let mut changed = 0;
    let began = Instant::now();
    for (live, config) in &todo {
        let merged = merge::apply(schema, Some(live), config, &writer, OnConflict::Force).expect("it is merged");
        let mut keys = ManagedFields::read(live).all();
        keys.extend(&merged.managed_fields.all());
        changed += differences(live, &merged.object, &keys).len();
        let entries = merged.object["metadata"]["managedFields"].as_array().expect("entries");
        let ours = entries.iter().find(|entry| entry["manager"] == "ours");
        fields.push(ours.expect("an entry of ours")["fieldsV1"].to_string());
    }
    let seconds = began.elapsed().as_secs_f64();
    fs::write(owned, fields.join("\n")).expect("written");
    println!(
        "{}",
        json!({"seconds": seconds, "changed": changed, "peak_kib": peak()})
    );
}

/// The most memory that this process had, in KiB, where Linux tells it.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok())
        .unwrap_or(0)
}

/// One object as a cluster may have it, applied by us and edited by others, and what git says now.
fn work(number: usize) -> Value {
    let (before, after) = configs(number);
    let schema = Schema::bundled();
    let ours = Writer::new("ours", "2026-01-01T00:00:00Z");
    let created = merge::apply(schema, None, &before, &ours, OnConflict::Refuse)
        .expect("created")
        .object;
    let mut edited = created.clone();
    edited["metadata"]["annotations"]["example.com/seen"] = json!("yes");
    edited["metadata"]["labels"]["tier"] = json!("edited");
    let theirs = Writer::new("controller", "2026-01-02T00:00:00Z");
    let live = merge::update(schema, Some(&created), &edited, &theirs)
        .expect("edited")
        .object;
    json!({"live": live, "config": after})
}

/// What git said of the object, and what it says now: every third did not change.
fn configs(number: usize) -> (Value, Value) {
    let name = format!("object-{number}");
    let metadata = json!({"name": name, "namespace": "default",
        "labels": {"app": name, "tier": "shop", "part-of": "benchmark"}, "annotations": {"example.com/team": "shop"}});
    let env = |count: usize| -> Vec<Value> {
        (0..count)
            .map(|one| json!({"name": format!("VARIABLE_{one}"), "value": format!("value {one}")}))
            .collect()
    };
    let pod = |image: &str, variables: usize| {
        json!({"metadata": {"labels": {"app": name}}, "spec": {
            "serviceAccountName": name, "terminationGracePeriodSeconds": 30,
            "securityContext": {"runAsNonRoot": true, "runAsUser": 42424},
            "containers": [
                {"name": "main", "image": image, "command": ["/bin/run", "--all"], "env": env(variables),
                 "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
                 "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "1Gi"}},
                 "readinessProbe": {"httpGet": {"path": "/healthz", "port": "http"}, "periodSeconds": 5},
                 "volumeMounts": [{"name": "config", "mountPath": "/etc/run"}, {"name": "tmp", "mountPath": "/tmp"}]},
                {"name": "side", "image": "envoy", "env": env(2)}],
            "volumes": [{"name": "config", "configMap": {"name": name}}, {"name": "tmp", "emptyDir": {}}]}})
    };
    let of = |is_new: bool| -> Value {
        let (image, variables) = if is_new { ("run:2", 7) } else { ("run:1", 8) };
        let port = if is_new { 8081 } else { 8080 };
        match number % 6 {
            0 | 1 => json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {
                "replicas": 3, "selector": {"matchLabels": {"app": name}}, "template": pod(image, variables)}}),
            2 => json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {
                "selector": {"app": name}, "ports": [
                    {"name": "http", "port": 80, "protocol": "TCP", "targetPort": port},
                    {"name": "dns", "port": 53, "protocol": "UDP"}]}}),
            3 => {
                let data: serde_json::Map<_, _> = (0..variables)
                    .map(|key| (format!("key-{key}"), json!(format!("{image}\n").repeat(20))))
                    .collect();
                json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})
            }
            4 => json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": {
                "rules": [{"host": format!("{name}.example.com"), "http": {"paths": [{"path": "/", "pathType": "Prefix",
                    "backend": {"service": {"name": name, "port": {"number": port}}}}]}}]}}),
            _ => json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": metadata, "rules": [
                {"apiGroups": [""], "resources": ["pods", image], "verbs": ["get", "list", "watch"]}]}),
        }
    };
    (of(false), of(!number.is_multiple_of(3)))
}
