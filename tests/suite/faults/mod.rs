//! Whatever goes wrong with any request of a sync: it ends as if nothing had, or says what went wrong; and the next one
//! ends as if nothing had.
//!
//! A sync that creates, updates, replaces, waits, generates and prunes talks to the API server through a proxy. To each
//! of its requests in turn happens each fault, once, and each time that the same is asked. `FAULTS=all` tries them all,
//! and prints how each request ended; otherwise a sample is tried, which is the same in every run. `FAULTS=some` tries
//! those whose description holds what `FAULT` says.

mod aim;
mod judge;
mod lease;
mod scene;
mod table;

use std::env;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use aim::{Asked, Lasts, Shot};
use judge::{Expected, Verdict};
use scene::Scene;
use table::{Table, faults_of};

/// How many syncs run at once at most, each in a namespace of its own.
const AT_ONCE: usize = 14;
/// How many faults make another namespace worth its while.
const FOR_ONE: usize = 12;
/// How many faults a sample has.
const SAMPLE: usize = 32;
/// How the descriptions of those end that a sync once did not get over, or did not tell.
const KEPT: [&str; 9] = [
    "GET /version: End, which does not arrive, Once",
    "DELETE /api/v1/namespaces/faults-listed/configmaps/dropped: Body(Null), which does not arrive, Once",
    "PATCH /api/v1/namespaces/faults-listed/configmaps/settings: Body(Other), which does not arrive, Once",
    "PATCH /api/v1/namespaces/faults-listed/configmaps/stackanetes-faults-listed: Half, which arrives, Once",
    "PATCH /api/v1/namespaces/faults-listed/secrets/made: Half, which arrives, Once",
    "DRY-RUN PATCH /api/v1/namespaces/faults-listed/secrets/created: Status(503), which does not arrive, ForEver",
    "leases/stackanetes-faults-listed: End, which arrives, Once",
    "leases/stackanetes-faults-listed (number 2): Status(503), which does not arrive, ForEver",
    "WATCH /apis/apps/v1/deployments: Body(Empty), which does not arrive, ForEver",
];
/// How often the same is tried where a sync asks it again and again.
const TURNS: usize = 2;

/// The namespace in which it is found out what a sync asks.
const LISTED: &str = "faults-listed";

/// The requests of an undisturbed sync, and what it leaves.
fn undisturbed(scene: &Scene) -> (Vec<Asked>, Expected) {
    scene.go_back();
    scene.aim.take(None);
    let (run, _) = scene.disturbed(&[]);
    run.exits(0)
        .shows("complete: 2 created, 2 updated, 1 replaced, 2 deleted, 1 unchanged");
    let mut asked = Vec::new();
    for (one, times) in scene.aim.seen() {
        asked.extend((1..=times.min(TURNS)).map(|turn| Asked { turn, ..one.clone() }));
    }
    (asked, Expected::of(scene))
}

/// All there is to try, with the namespace of `scene` in it.
fn shots(asked: &[Asked]) -> Vec<Shot> {
    let mut shots = Vec::new();
    for asked in asked {
        for fault in faults_of(asked) {
            for lasts in [Lasts::Once, Lasts::ForEver] {
                shots.push(Shot {
                    asked: asked.clone(),
                    fault,
                    lasts,
                });
            }
        }
    }
    shots
}

/// Those that are tried in every run of the tests: what was once not got over, and some that are spread over requests
/// and faults.
fn sample(shots: Vec<Shot>) -> Vec<Shot> {
    let is_kept = |shot: &Shot| {
        let told = shot.to_string();
        KEPT.iter().any(|kept| told.ends_with(kept))
    };
    let is_quick = |shot: &Shot| shot.lasts == Lasts::Once || !shot.fault.is_slow();
    let (mut tried, others): (Vec<Shot>, Vec<Shot>) = shots.into_iter().partition(is_kept);
    assert!(tried.len() >= KEPT.len(), "a sync asks what it once did: {tried:#?}");
    let step = others.len() / SAMPLE + 1;
    tried.extend(others.into_iter().filter(is_quick).step_by(step));
    tried
}

/// Whether something is tried, by a part of its description.
fn is_sought(shot: &Shot) -> bool {
    env::var("FAULT").is_ok_and(|part| shot.to_string().contains(&part))
}

#[test]
#[expect(clippy::print_stdout, reason = "a long run tells what it finds when it finds it")]
fn whatever_goes_wrong_with_a_request_is_got_over_or_told() {
    let (asked, _) = undisturbed(&Scene::new(LISTED));
    let all = shots(&asked);
    let tried = match env::var("FAULTS").as_deref() {
        Ok("all") => all,
        Ok("some") => all.into_iter().filter(is_sought).collect(),
        _ => sample(all),
    };
    let next = AtomicUsize::new(0);
    let table = Mutex::new(Table::default());
    thread::scope(|threads| {
        for worker in 0..tried.len().div_ceil(FOR_ONE).min(AT_ONCE) {
            let (next, table, tried) = (&next, &table, &tried);
            threads.spawn(move || {
                let name = format!("faults-{worker}");
                let scene = Scene::new(&name);
                let (_, expected) = undisturbed(&scene);
                let mut is_first = false;
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(shot) = tried.get(number) else { break };
                    if number % 100 == 99 {
                        println!("{} of {}", number + 1, tried.len());
                    }
                    if !is_first {
                        scene.go_back();
                    }
                    let here = Shot {
                        asked: Asked {
                            path: shot.asked.path.replace(LISTED, &name),
                            ..shot.asked.clone()
                        },
                        ..shot.clone()
                    };
                    let verdict = judge::judged(&scene, &here, &expected);
                    is_first = matches!(verdict, Verdict::Told { is_untouched: true });
                    if let Verdict::Wrong(why) = &verdict {
                        println!("{shot}\n{why}\n");
                    }
                    table.lock().expect("nobody panics with it").note(shot, &verdict);
                }
            });
        }
    });
    let table = table.into_inner().expect("nobody panics with it");
    println!("{} requests, {} faults\n{table}", asked.len(), tried.len());
    assert!(table.wrong.is_empty(), "{:#?}", table.wrong);
}
