//! The local merge makes of every write what a real API server makes of it.
//!
//! Sequences of writes, which a seed decides, run against the API server; each write is done locally
//! too, on the object as the API server had it before. Managed fields, conflicts and values must be
//! the same.
//!
//! `MERGE_SEED=17 cargo test --test suite differential` runs one sequence again, and
//! `MERGE_SEQUENCES=10000` that many. A write that came out differently is left as JSON in
//! `target/tmp`; in `fixtures/merge` it is a test that needs no API server.

mod agree;
mod broken;
mod fragment;
mod occurred;
mod patched;
mod preview;
pub mod random;
mod sequence;
mod server;
mod shift;
mod step;
mod subjects;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Instant;

use futures::StreamExt as _;
use serde_json::Value;
use stackanetes::ssa::merge;
use stackanetes::ssa::schema::{self, Schema};

use crate::control_plane::ControlPlane;
use sequence::Sequence;
use server::Server;
use step::{Answer, Step, Write};

const SEQUENCES: u64 = 500;
const AT_ONCE: usize = 24;

/// The bundled schema, and the custom kinds.
fn our_schema() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let mut schema = Schema::bundled().clone();
        for definition in subjects::DEFINITIONS {
            schema.add_custom(&serde_json::from_str(definition).expect("JSON"));
        }
        schema
    })
}

/// The seeds to run.
fn seeds() -> Vec<u64> {
    let number = |name: &str| -> Option<u64> {
        let text = env::var(name).ok()?;
        Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
    };
    match number("MERGE_SEED") {
        Some(seed) => vec![seed],
        None => (0..number("MERGE_SEQUENCES").unwrap_or(SEQUENCES)).collect(),
    }
}

/// Defines the custom kinds and makes a namespace.
fn prepare(plane: &ControlPlane, namespace: &str) {
    for definition in subjects::DEFINITIONS {
        plane
            .kubectl_stdin(&["apply", "--server-side", "-f", "-"], definition)
            .expect_success();
    }
    for name in ["gadgets.example.com", "looses.example.com"] {
        let definition = format!("customresourcedefinition/{name}");
        plane
            .kubectl(&["wait", "--for=condition=Established", "--timeout=30s", &definition])
            .expect_success();
    }
    plane.kubectl(&["create", "namespace", namespace]).expect_success();
}

/// The sequences of this run, which are run against the API server once.
fn recorded() -> &'static [(u64, Vec<Step>)] {
    static RECORDED: OnceLock<Vec<(u64, Vec<Step>)>> = OnceLock::new();
    RECORDED.get_or_init(|| record(&seeds(), "differential"))
}

fn record(seeds: &[u64], namespace: &str) -> Vec<(u64, Vec<Step>)> {
    let plane = ControlPlane::bare();
    prepare(plane, namespace);
    let subjects = subjects::all();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let server = Server::connect(plane).await;
        let runs = futures::stream::iter(seeds).map(|seed| {
            let mut sequence = Sequence::new(*seed, &subjects, namespace);
            let server = server.clone();
            async move {
                let count = sequence.length();
                (*seed, sequence.run(&server, count).await)
            }
        });
        runs.buffer_unordered(AT_ONCE).collect().await
    })
}

/// Leaves a write where a person can look at it, and make a fixture of it.
fn leave(seed: u64, step: &Step) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("divergence-{seed}.json"));
    let text = serde_json::to_string_pretty(step).expect("a step is JSON");
    fs::write(&path, text + "\n").expect("a file of our own");
    path.display().to_string()
}

#[test]
#[expect(clippy::print_stdout, reason = "what happened is worth reading, with --nocapture")]
fn the_local_merge_agrees_with_the_api_server() {
    let began = Instant::now();
    let sequences = recorded();
    let ran = began.elapsed();
    let began = Instant::now();
    let mut divergences = Vec::new();
    for (seed, steps) in sequences {
        let differing = steps.iter().enumerate().find_map(|(index, step)| {
            let error = agree::check(our_schema(), step, &agree::local).err()?;
            Some((index, step, error))
        });
        if let Some((index, step, error)) = differing {
            let left = leave(*seed, step);
            divergences.push(format!("MERGE_SEED={seed}, step {index} ({left}): {error}"));
        }
    }
    let occurred = occurred::count(sequences.iter().flat_map(|(_, steps)| steps));
    println!("{occurred:#?}");
    let never: Vec<_> = occurred.iter().filter(|(_, count)| **count == 0).collect();
    assert!(
        sequences.len() < 300 || never.is_empty(),
        "this never happened: {never:?}"
    );
    let writes: usize = sequences.iter().map(|(_, steps)| steps.len()).sum();
    println!(
        "{} sequences, {writes} writes, {ran:?}; compared in {:?}",
        sequences.len(),
        began.elapsed()
    );
    assert!(
        divergences.is_empty(),
        "{} of {} sequences came out differently:\n{}",
        divergences.len(),
        sequences.len(),
        divergences.iter().take(5).cloned().collect::<Vec<_>>().join("\n\n")
    );
}

/// Where it is proved that an apply changes nothing, the API server changes nothing.
#[test]
#[expect(clippy::print_stdout, reason = "what happened is worth reading, with --nocapture")]
fn what_is_proved_to_change_nothing_changes_nothing() {
    let (mut proved, mut unproved) = (0, 0);
    for (seed, steps) in recorded() {
        let mut last: BTreeMap<&str, &Value> = BTreeMap::new();
        for step in steps {
            let (Write::Apply { config, .. }, Some(live), "") = (&step.write, &step.live, step.subresource.as_str())
            else {
                continue;
            };
            if last.get(step.manager.as_str()) == Some(&config) {
                let is_unchanged = occurred::is_same_but_times(step);
                let is_proved = merge::changes_nothing(our_schema(), live, config, &step.manager);
                let left = || leave(*seed, step);
                assert!(
                    is_unchanged || !is_proved,
                    "MERGE_SEED={seed} ({}) {:?}",
                    left(),
                    step.answer
                );
                proved += usize::from(is_proved);
                unproved += usize::from(is_unchanged && !is_proved);
            }
            if let Answer::Stored(_) = step.answer {
                last.insert(&step.manager, config);
            }
        }
    }
    println!("proved: {proved}; unchanged, but not proved: {unproved}");
    assert!(recorded().len() < 300 || proved > 50, "{proved}");
}

/// The schema that an API server publishes of the custom kinds does as well as their definitions.
#[test]
fn the_published_schema_merges_alike() {
    let sequences = recorded();
    let plane = ControlPlane::bare();
    let documents = ["v1", "v1beta1"].map(|version| -> Value {
        let path = format!("/openapi/v3/apis/example.com/{version}");
        serde_json::from_str(&plane.kubectl(&["get", "--raw", &path]).expect_success()).expect("JSON")
    });
    let published = Schema::from_open_api(&documents);
    // And the one that is kept of it.
    let reduced = schema::reduce(&documents);
    let reduced = Schema::from_open_api([&serde_json::from_str(&reduced).expect("JSON")]);
    let is_custom = |step: &&Step| step.kind() == "Gadget" || step.kind() == "Loose";
    for step in sequences
        .iter()
        .flat_map(|(_, steps)| steps)
        .filter(is_custom)
        .take(1000)
    {
        for schema in [&published, &reduced] {
            if let Err(error) = agree::check(schema, step, &agree::local) {
                panic!("{error}");
            }
        }
    }
}

#[test]
fn every_broken_rule_is_found() {
    let steps = || recorded().iter().flat_map(|(_, steps)| steps);
    let is_found =
        |broken: &broken::Broken| steps().any(|step| agree::check(&broken.schema, step, broken.local).is_err());
    if recorded().len() < 300 {
        return;
    }
    let unfound = broken::all().into_iter().filter(|broken| !is_found(broken));
    let unfound: Vec<_> = unfound.map(|broken| broken.rule).collect();
    assert!(unfound.is_empty(), "these rules could be broken: {unfound:#?}");
}

#[test]
fn every_divergence_ever_found_is_settled() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/merge");
    for entry in fs::read_dir(&fixtures).expect("a directory of fixtures") {
        let path = entry.expect("an entry").path();
        let text = fs::read_to_string(&path).expect("a fixture");
        let step: Step = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        if let Err(error) = agree::check(our_schema(), &step, &agree::local) {
            panic!("{}: {error}", path.display());
        }
    }
}
