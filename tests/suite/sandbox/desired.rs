//! The shipped `desired/` in a sandbox, and in a snapshot, beside the cluster that it was synced to.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use stackanetes::object::LiveObject;

use super::alike::same_object;
use super::commands::{files, read};
use crate::bed::Bed;

/// What a key decides that each cluster makes for itself: digests of secret values.
const SEALED: [&str; 2] = ["stackanetes.io/secrets", "stackanetes.io/inputs-digest"];

/// The objects that are the same in no two clusters: the record of syncs, its Lease and its key.
const OWN: [&str; 2] = ["stackanetes-openstack", "stackanetes-openstack-key"];

/// A directory beside the bed's repository.
fn beside(bed: &Bed, name: &str) -> PathBuf {
    let name = format!("{}-{name}", bed.dir.file_name().expect("a name").display());
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&dir);
    dir
}

/// Synced into a sandbox, every object is there as it is in the cluster: the same owned fields with the
/// same owners and values, and nothing that the cluster has not. Left aside are the server's defaults, times,
/// UIDs and versions, statuses, generated values, and what is digested with each cluster's own key.
pub fn it_is_the_same_in_a_sandbox(bed: &Bed) {
    let dir = beside(bed, "box");
    let root = dir.to_str().expect("text");
    bed.run(&["sync", "--yes", "--sandbox", root])
        .exits(0)
        .shows("complete:")
        .complains_not("warning");
    bed.run(&["diff", "--sandbox", root]).exits(0).shows("in sync:");
    let status = |run: &[&str]| {
        bed.run(run)
            .exits(0)
            .stdout
            .lines()
            .find(|line| line.contains(" Current"))
            .map(str::to_owned)
    };
    assert_eq!(status(&["status", "--sandbox", root]), status(&["status"]));
    let mut compared = 0;
    for path in objects(&dir) {
        let mut local = read(&path);
        let (name, namespace) = (
            local["metadata"]["name"].clone(),
            local["metadata"]["namespace"].clone(),
        );
        let is_initial = local["kind"] == "Namespace" && name != "openstack";
        if is_initial || OWN.contains(&name.as_str().expect("text")) {
            continue;
        }
        let kind = path
            .parent()
            .and_then(Path::file_name)
            .expect("a folder")
            .to_str()
            .expect("text");
        let real = bed.plane.get(kind, namespace.as_str(), name.as_str().expect("text"));
        let mut real = real.unwrap_or_else(|| panic!("{} is not in the cluster", path.display()));
        let generated = real["metadata"]["annotations"]["stackanetes.io/generated"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        for object in [&mut local, &mut real] {
            put_aside(object, &generated);
        }
        if let Err(why) = same_object(&LiveObject::new(real), &LiveObject::new(local)) {
            panic!("{}: {why}", path.display());
        }
        compared += 1;
    }
    assert!(compared > 50, "{compared}");
    fs::remove_dir_all(&dir).expect("a directory of our own");
}

/// Gives what each cluster makes for itself one value.
fn put_aside(object: &mut Value, generated: &str) {
    for key in generated
        .split(',')
        .filter_map(|made| made.split('=').next())
        .filter(|key| !key.is_empty())
    {
        object["data"][key] = "Z2VuZXJhdGVk".into();
    }
    let mut is_sealed = false;
    for pointer in ["/metadata/annotations", "/spec/template/metadata/annotations"] {
        let annotations = object.pointer_mut(pointer).and_then(Value::as_object_mut);
        for (_, value) in annotations
            .into_iter()
            .flatten()
            .filter(|(key, _)| SEALED.contains(&key.as_str()))
        {
            *value = "sealed".into();
            is_sealed = true;
        }
    }
    // Of what was applied, the digest of the values covers them.
    let applied = object["metadata"]["annotations"]["stackanetes.io/applied"].as_str();
    if let Some((fields, _)) = applied
        .filter(|_| is_sealed)
        .and_then(|applied| applied.split_once('.'))
    {
        object["metadata"]["annotations"]["stackanetes.io/applied"] = fields.into();
    }
}

/// A snapshot of the cluster is in sync with the same commit, shows what a later one changes, and holds no
/// value of a Secret.
pub fn it_is_the_same_in_a_snapshot(bed: &Bed) {
    let dir = beside(bed, "snapshot");
    let root = dir.to_str().expect("text");
    bed.run(&["snapshot", "--to", root])
        .exits(0)
        .shows("objects of openstack on");
    let members = bed.diff().exits(0).stdout;
    let members = members
        .lines()
        .find(|line| line.starts_with("in sync:"))
        .expect("it is in sync");
    bed.run(&["diff", "--sandbox", root])
        .exits(0)
        .shows("on the snapshot")
        .shows(members)
        .shows("not compared: the values of");
    // Nor does an apply change anything of what is recorded, proof or not.
    bed.run(&["diff", "--verify", "--sandbox", root])
        .exits(0)
        .shows(members);
    let secrets: Value = serde_json::from_str(&bed.kubectl(&["get", "secrets", "--output", "json"])).expect("JSON");
    let values = secrets["items"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|secret| secret["data"].as_object());
    let values: Vec<&str> = values
        .flat_map(|data| data.values().filter_map(Value::as_str))
        .collect();
    assert!(values.len() >= 10, "{}", values.len());
    for path in files(&dir) {
        let text = fs::read_to_string(&path).expect("text");
        for value in values.iter().filter(|value| value.len() > 11) {
            let decoded = STANDARD.decode(value).expect("base64");
            let decoded = String::from_utf8(decoded).ok().filter(|decoded| decoded.len() > 11);
            assert!(!text.contains(value), "{}", path.display());
            assert!(
                !decoded.is_some_and(|decoded| text.contains(&decoded)),
                "{}",
                path.display()
            );
        }
    }
    let parameter = "deployment.control_replicas=3";
    let steps = |run: &[&str]| -> Vec<String> {
        let run = bed.run(&[run, &["--set", parameter]].concat()).exits(1);
        let lines = run
            .stdout
            .lines()
            .skip(1)
            .take_while(|line| !line.contains(" unchanged"));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(steps(&["diff", "--sandbox", root]), steps(&["diff"]));
    fs::remove_dir_all(&dir).expect("a directory of our own");
}

fn objects(root: &Path) -> Vec<PathBuf> {
    let files = files(root).into_iter();
    let objects =
        files.filter(|path| path.extension().is_some_and(|end| end == "yaml") && !path.ends_with("sandbox.yaml"));
    objects.collect()
}
