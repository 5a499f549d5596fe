//! Whatever happens to a directory and in a cluster, nothing is pruned, refused or claimed that is not so.
//!
//! A seed decides on a history: commits of objects, rules and generated values, syncs of the whole directory or of a
//! part, some of them killed, what others write to the cluster meanwhile, and another ApplySet in it. After each sync
//! the properties of `properties` hold. One that does not is printed with the seed and the steps, and the history, made
//! shorter, is left as JSON in `target/tmp`; in `fixtures/histories` it is played again by every run.
//!
//! `HISTORIES=2000 cargo test --test suite histories -- --nocapture` plays that many, and `HISTORY_SEED=17` one of
//! them. `HISTORIES_SHRUNK=0` leaves those that break a property as they are.

mod files;
mod generate;
mod made;
mod others;
mod place;
mod properties;
mod ran;
mod rules;
mod second;
mod server;
mod shrink;
mod step;
mod subject;
mod synced;
mod tally;
mod theirs;
mod value;

use std::env;
use std::fs;
use std::path::Path;
use std::str::FromStr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use crate::bed::Bed;
use crate::control_plane::ControlPlane;
use place::{Place, Violation};
use step::History;
use tally::Tally;

/// How many histories every run of the tests plays.
const SAMPLE: u64 = 10;

/// How many are played at once.
const AT_ONCE: usize = 4;

/// How many that break a property are made shorter; of the others the seed is enough.
const SHRUNK: usize = 4;

fn number<N: FromStr>(name: &str) -> Option<N> {
    let text = env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// The seeds to play.
fn seeds() -> Vec<u64> {
    let first = number("HISTORY_FIRST").unwrap_or(0);
    match number("HISTORY_SEED") {
        Some(seed) => vec![seed],
        None => (first..first + number("HISTORIES").unwrap_or(SAMPLE)).collect(),
    }
}

/// Plays a history in a repository and namespaces of its own.
fn play(bed: &mut Bed, history: &History) -> (Option<Violation>, Tally) {
    static PLAYED: AtomicUsize = AtomicUsize::new(0);
    bed.move_to(&format!(
        "h{}x{}z",
        history.seed,
        PLAYED.fetch_add(1, Ordering::Relaxed)
    ));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let mut place = Place::new(bed).await;
        let played = place.play(history).await;
        let tally = place.end().await;
        (played.err(), tally)
    })
}

/// What came of many histories.
#[derive(Default)]
struct Played {
    /// Those that broke a property, with what they broke.
    broken: Vec<(String, History, Violation)>,
    tally: Tally,
}

/// Plays all, several at once.
fn play_all(histories: &[(String, History)], of: &str) -> Played {
    let next = AtomicUsize::new(0);
    let all = Mutex::new(Played::default());
    thread::scope(|scope| {
        for worker in 0..AT_ONCE.min(histories.len()) {
            let (next, all) = (&next, &all);
            scope.spawn(move || {
                let mut bed = Bed::without_namespace(ControlPlane::full(), &format!("histories-{of}-{worker}"));
                while let Some((name, history)) = histories.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (violation, tally) = play(&mut bed, history);
                    let mut all = all.lock().expect("nobody panics with it");
                    all.tally.merge(&tally);
                    if let Some(violation) = violation {
                        report(name, &violation);
                        all.broken.push((name.clone(), history.clone(), violation));
                    }
                }
            });
        }
    });
    all.into_inner().expect("nobody panics with it")
}

#[expect(clippy::print_stdout, reason = "a long run tells what it finds when it finds it")]
fn report(name: &str, violation: &Violation) {
    println!("{name}: {violation}");
}

/// Makes it shorter, leaves it where a person can make a fixture of it, and tells of it.
fn told(name: &str, history: &History, violation: Violation) -> String {
    let mut bed = Bed::without_namespace(ControlPlane::full(), "histories-shrink");
    let (shortest, violation) = shrink::shrink(history, violation, |shorter| play(&mut bed, shorter).0);
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("history-{}.json", history.seed));
    let text = serde_json::to_string_pretty(&shortest).expect("a history is JSON");
    fs::write(&path, text + "\n").expect("a file of our own");
    format!(
        "{name}, in {}: {violation}\n{}",
        path.display(),
        shrink::told(&shortest)
    )
}

#[track_caller]
fn all_hold(played: Played, all: usize) {
    let broken = played.broken;
    let count = broken.len();
    let names: Vec<String> = broken.iter().map(|(name, ..)| name.clone()).collect();
    let shrunk = broken.into_iter().take(number("HISTORIES_SHRUNK").unwrap_or(SHRUNK));
    let told: Vec<String> = shrunk
        .map(|(name, history, violation)| told(&name, &history, violation))
        .collect();
    assert!(
        count == 0,
        "{count} of {all} histories break a property: {names:?}\n{}",
        told.join("\n")
    );
}

#[test]
#[expect(clippy::print_stdout, reason = "what happened is worth reading, with --nocapture")]
fn whatever_happens_the_properties_hold() {
    let histories: Vec<_> = seeds()
        .into_iter()
        .map(|seed| (format!("HISTORY_SEED={seed}"), generate::history(seed)))
        .collect();
    let began = Instant::now();
    let played = play_all(&histories, "random");
    let steps: usize = histories.iter().map(|(_, history)| history.steps.len()).sum();
    println!("{} histories, {steps} steps, {:?}", histories.len(), began.elapsed());
    println!("{:#?}", played.tally);
    let never = played.tally.never();
    assert!(
        histories.len() < 300 || never.is_empty(),
        "this never happened: {never:?}"
    );
    all_hold(played, histories.len());
}

#[test]
fn every_history_that_ever_broke_a_property_keeps_it() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/histories");
    let histories: Vec<(String, History)> = fs::read_dir(&fixtures)
        .expect("a directory of fixtures")
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let text = fs::read_to_string(&path).expect("a fixture");
            let history = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            (path.display().to_string(), history)
        })
        .collect();
    let played = play_all(&histories, "fixtures");
    all_hold(played, histories.len());
}
