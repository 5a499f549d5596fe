//! A kind whose schema changes while its objects are there: lists and maps become atomic, and atomic
//! ones do not stay so. What was recorded of owners is fitted to the new schema at the next write.

use std::time::{Duration, Instant};

use futures::StreamExt as _;
use serde_json::{Value, json};
use stackanetes::ssa::schema::Schema;

use super::agree;
use super::sequence::Sequence;
use super::server::{Server, Target};
use super::step::{Answer, Step, Write};
use super::subjects::{self, Subject};
use crate::control_plane::ControlPlane;

const SEQUENCES: u64 = 60;

/// The definition of `Shifter`, with the schema that `Gadget` has in this version.
fn definition(version: usize) -> Value {
    let text = subjects::DEFINITIONS[0]
        .replace("gadget", "shifter")
        .replace("Gadget", "Shifter");
    let mut definition: Value = serde_json::from_str(&text).expect("JSON");
    let schema = definition["spec"]["versions"][version]["schema"].clone();
    let versions = definition["spec"]["versions"].as_array_mut().expect("versions");
    versions.truncate(1);
    versions[0]["schema"] = schema;
    definition
}

fn shifter() -> Subject {
    Subject {
        versions: &["example.com/v1"],
        kind: "Shifter",
        plural: "shifters",
        ..subjects::custom::gadget()
    }
}

#[test]
fn owners_are_fitted_to_a_schema_that_changes() {
    let plane = ControlPlane::bare();
    let namespace = "differential-shift";
    plane.kubectl(&["create", "namespace", namespace]).expect_success();
    let subjects = [shifter()];
    let schemas = [0, 1].map(|version| {
        let mut schema = Schema::bundled().clone();
        schema.add_custom(&definition(version));
        schema
    });
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let recorded: Vec<(usize, u64, Vec<Step>)> = runtime.block_on(async {
        let server = Server::connect(plane).await;
        let mut sequences: Vec<_> = (0..SEQUENCES)
            .map(|seed| (seed, Sequence::new(seed, &subjects, namespace)))
            .collect();
        let mut recorded = Vec::new();
        // There, and back, and there again.
        for version in [0, 1, 0, 1] {
            define(plane, &server, &subjects[0], namespace, version).await;
            let runs = futures::stream::iter(&mut sequences).map(|(seed, sequence)| {
                let server = server.clone();
                async move { (version, *seed, sequence.run(&server, 4).await) }
            });
            recorded.extend(runs.buffer_unordered(16).collect::<Vec<_>>().await);
        }
        recorded
    });
    let steps = recorded
        .iter()
        .flat_map(|(version, seed, steps)| steps.iter().map(move |step| (version, seed, step)));
    let differing: Vec<_> = steps
        .filter_map(|(version, seed, step)| {
            let error = agree::check(&schemas[*version], step, &agree::local).err()?;
            let left = super::leave(*seed, step);
            Some(format!("seed {seed}, schema {version} ({left}): {error}"))
        })
        .collect();
    assert!(
        differing.is_empty(),
        "{} writes came out differently:\n{}",
        differing.len(),
        differing.iter().take(3).cloned().collect::<Vec<_>>().join("\n\n")
    );
}

/// Changes the definition, and waits until the API server goes by it: `atomicList` is a set in one of
/// the schemas, and a set may not have an item twice.
async fn define(plane: &ControlPlane, server: &Server, subject: &Subject, namespace: &str, version: usize) {
    let definition = definition(version).to_string();
    plane
        .kubectl_stdin(&["apply", "--server-side", "-f", "-"], &definition)
        .expect_success();
    let config = json!({
        "apiVersion": subject.versions[0],
        "kind": subject.kind,
        "metadata": {"name": "probe", "namespace": namespace},
        "spec": {"atomicList": ["a", "a"], "tags": ["a", "a"]},
    });
    let is_set = |answer: &Answer, field: &str| matches!(answer, Answer::Untyped(text) if text.contains(field));
    let wanted = ["spec.tags", "spec.atomicList"][version];
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let target = Target {
            subject,
            version: subject.versions[0],
            namespace,
            name: "probe",
            manager: "probe",
            subresource: "",
        };
        let write = Write::Apply {
            config: config.clone(),
            force: true,
        };
        let answer = server.write(&target, &write).await;
        if is_set(&answer, wanted) {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "the API server does not go by the definition: {answer:?}"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
