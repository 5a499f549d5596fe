//! Whether a disturbed sync did what it may.

use std::time::{Duration, Instant};

use super::aim::{Lasts, Shot};
use super::scene::{Scene, State, alike};
use crate::bed::Run;
use crate::proxy::{Body, Heard};

/// A sync that takes longer hangs.
const LONGEST: Duration = Duration::from_secs(240);

/// A sync that asks the same more often spins.
const MOST: usize = 100;

/// What a sync leaves.
pub struct Expected(State);

impl Expected {
    pub fn of(scene: &Scene) -> Self {
        Self(alike(&scene.objects()))
    }

    /// Waits for what goes in the background; what is not as expected then.
    fn difference(&self, scene: &Scene) -> Option<String> {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let now = alike(&scene.objects());
            let different = |(key, object): &(&String, &serde_json::Value)| self.0.get(*key) != Some(*object);
            let mut found: Vec<String> = now
                .iter()
                .filter(different)
                .map(|(key, object)| {
                    let wanted = self.0.get(key).map(ToString::to_string).unwrap_or_default();
                    format!("{key}: is {object}\n  wanted {wanted}")
                })
                .collect();
            let missing = self.0.keys().filter(|key| !now.contains_key(*key));
            found.extend(missing.map(|key| format!("{key} is missing")));
            if found.is_empty() {
                return None;
            }
            if Instant::now() > deadline {
                return Some(found.join("\n"));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// How a disturbed sync ended.
#[derive(Debug)]
pub enum Verdict {
    /// As if nothing had been.
    Same,
    /// It says what went wrong; the next one ended as if nothing had been.
    Told {
        /// Nothing was written.
        is_untouched: bool,
    },
    /// As it must not.
    Wrong(String),
    /// Nothing asked for it this time.
    NotMet,
}

/// Syncs while `shot` happens, and then undisturbed.
pub fn judged(scene: &Scene, shot: &Shot, expected: &Expected) -> Verdict {
    let before = scene.objects();
    scene.aim.take(Some(shot.clone()));
    let options: &[&str] = match shot.fault.heard {
        Heard::Silence => &["--request-timeout", "2s"],
        _ => &[],
    };
    let (run, took) = scene.disturbed(options);
    let hits = scene.aim.hits();
    scene.aim.take(None);
    let text = format!(
        "exit {}\n--- stdout\n{}--- stderr\n{}",
        run.code, run.stdout, run.stderr
    );
    let spins = (hits > MOST).then(|| format!("it asks the same {hits} times"));
    if let Some(wrong) = spins.or_else(|| wrong(shot, &run, took)) {
        return Verdict::Wrong(format!("{wrong}\n{text}"));
    }
    if run.code == 0 {
        if let Some(difference) = expected.difference(scene) {
            return Verdict::Wrong(format!("it says that it is done, but:\n{difference}\n{text}"));
        }
        if !scene.is_free() && !run.stderr.contains("failed to give back Lease") {
            return Verdict::Wrong(format!("it keeps the Lease, and does not say so\n{text}"));
        }
        return if hits == 0 { Verdict::NotMet } else { Verdict::Same };
    }
    let is_untouched = run.code == 2 && scene.objects() == before;
    if !is_untouched {
        let next = scene.sync(&scene.second);
        if next.code != 0 {
            return Verdict::Wrong(format!("the next sync fails:\n{}{}\n{text}", next.stdout, next.stderr));
        }
        if let Some(difference) = expected.difference(scene) {
            return Verdict::Wrong(format!("after the next sync:\n{difference}\n{text}"));
        }
    }
    Verdict::Told { is_untouched }
}

fn wrong(shot: &Shot, run: &Run, took: Duration) -> Option<String> {
    if took > LONGEST {
        return Some(format!("it took {took:?}"));
    }
    let all = format!("{}{}", run.stdout, run.stderr);
    if all.contains("panicked") {
        return Some("it panicked".to_owned());
    }
    match run.code {
        0 => return None,
        1 | 2 => {}
        code => return Some(format!("it exits with {code}")),
    }
    if shot.lasts == Lasts::Once && shot.fault.is_passing() {
        return Some("it does not get over what passes".to_owned());
    }
    if let Some(name) = shot.asked.name().filter(|name| !all.contains(name)) {
        return Some(format!("it does not name {name}"));
    }
    let causes = causes(shot.fault.heard);
    let is_told = causes.iter().any(|cause| all.contains(cause));
    // Of a Secret only the status is told, and where there is no answer in time, that.
    let is_told =
        is_told || matches!(shot.fault.heard, Heard::Status(code) if all.contains(&format!("answered {code}")));
    let is_told = is_told || shot.fault.is_slow() && all.contains("the server did not answer in time");
    (!is_told).then(|| format!("it gives none of the causes {causes:?}"))
}

impl crate::proxy::Fault {
    /// Whether it is over after a moment, as whoever meets it can tell.
    fn is_passing(self) -> bool {
        !matches!(self.heard, Heard::Status(409 | 410 | 422))
    }
}

/// Words of which one has to be told.
fn causes(heard: Heard) -> &'static [&'static str] {
    match heard {
        // What was changed by somebody is not what was planned for.
        Heard::Status(409) => &["changed", "changes", "has been modified", "another sync"],
        Heard::Status(410) => &["too old resource version"],
        // Of a Secret the words are not told.
        Heard::Status(422) => &["the object is invalid", "the server refuses Secret"],
        Heard::Status(429) => &["too many requests"],
        Heard::Status(500) => &["etcdserver: request timed out"],
        Heard::Status(503) => &["currently unable to handle the request"],
        Heard::Status(504) => &["unable to return a response in the time allotted"],
        Heard::Status(_) => &[],
        Heard::Body(Body::Empty) => &["the answer is empty"],
        Heard::Body(Body::Malformed | Body::Html) => &["the answer is not JSON"],
        Heard::Body(Body::Null | Body::EmptyObject | Body::Other) => &["the answer is not"],
        Heard::Half => &[
            "the connection was closed before",
            "end of file before message length reached",
            "unexpected",
        ],
        Heard::Silence => &["no answer within 2 seconds"],
        Heard::End => &["connection closed before message completed", "connection reset by peer"],
        Heard::Dropped | Heard::Corrupt | Heard::Expired => &["cannot be watched"],
    }
}
