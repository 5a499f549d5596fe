//! Whatever is run, and whatever fails: no secret value stands in anything that the program writes.
//!
//! A value that occurs nowhere else, a sentinel, is put in every place that a secret can be in. [`Sentinels::seen_in`]
//! then looks for all of them; that it would find each is shown by a text that is meant to hold it.

mod place;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::bed::Run;
use place::{Place, Round};

/// Secret values, each with where it comes from.
struct Sentinels(Vec<(&'static str, String)>);

impl Sentinels {
    /// Which of them a text holds: as they are, or in base64, whatever stands before and behind.
    fn seen_in(&self, text: &str) -> BTreeSet<&'static str> {
        let seen = self
            .0
            .iter()
            .filter(|(_, value)| spellings(value).iter().any(|spelled| text.contains(spelled)));
        seen.map(|(origin, _)| *origin).collect()
    }

    #[track_caller]
    fn are_not_in(&self, text: &str, whose: &str) {
        let seen = self.seen_in(text);
        assert!(seen.is_empty(), "{whose} holds {seen:?}:\n{text}");
    }

    /// None of them stands in a file of this folder.
    #[track_caller]
    fn are_not_below(&self, folder: &Path) -> usize {
        let mut files = 0;
        for path in crate::sandbox::files(folder) {
            let content = fs::read(&path).expect("a file that can be read");
            self.are_not_in(&String::from_utf8_lossy(&content), &path.display().to_string());
            files += 1;
        }
        files
    }
}

/// The value, and what of its base64 is the same wherever in a text it begins.
fn spellings(value: &str) -> Vec<String> {
    let encoded = (0..3).map(|before| {
        let padded = [&" ".repeat(before), value].concat();
        // The first characters hold the padding, the last ones what would follow.
        let encoded = STANDARD_NO_PAD.encode(padded);
        encoded[4..encoded.len() - 4].to_owned()
    });
    std::iter::once(value.to_owned()).chain(encoded).collect()
}

#[test]
fn a_sentinel_is_seen_as_it_is_and_in_base64_wherever_it_begins() {
    let sentinels = Sentinels(vec![("here", "SentinelValue".to_owned())]);
    for text in ["a SentinelValue b".to_owned(), STANDARD_NO_PAD.encode("SentinelValue")] {
        assert_eq!(sentinels.seen_in(&text).len(), 1, "{text}");
    }
    for before in ["x", "xy", "xyz"] {
        assert_eq!(
            sentinels
                .seen_in(&STANDARD_NO_PAD.encode(format!("{before}SentinelValue!")))
                .len(),
            1
        );
    }
    assert!(sentinels.seen_in("Sentinel Value").is_empty());
}

/// What shows what there is, in every format, as far as possible.
const VIEWS: [&[&str]; 11] = [
    &["diff"],
    &["diff", "-v"],
    &["diff", "-vvv", "--verify"],
    &["diff", "--stat"],
    &["diff", "--format", "json", "-v"],
    &["diff", "--format", "markdown", "--page", "page.html"],
    &["diff", "--format", "html"],
    &["render"],
    &["check", "-v"],
    &["check", "--format", "sarif"],
    &["check", "--format", "junit"],
];

/// What shows what was done, which takes no parameters.
const RECORDS: [&[&str]; 6] = [
    &["status"],
    &["status", "-v", "--format", "json"],
    &["history"],
    &["history", "-v", "--format", "json"],
    &["snapshot", "--to", "box"],
    &["roles", "--for", "sync", "--allow-programs"],
];

/// Runs a command that can be run, and finds no sentinel in what it prints.
#[track_caller]
fn hidden(run: Run, sentinels: &Sentinels, args: &[&str]) {
    assert!(run.code == 0 || run.code == 1, "{args:?}: {}{}", run.stdout, run.stderr);
    sentinels.are_not_in(&[run.stdout, run.stderr].concat(), &format!("what {args:?} prints"));
}

#[test]
fn no_secret_is_in_anything_that_is_written() {
    let place = Place::new("sentinels");
    let first = Round::new("A");
    let mut sentinels = place.sentinels(&first);
    place.write(&first);
    would_be_seen(&place, &first, &sentinels);

    let mut rounds = vec![first];
    for name in ["A", "B"] {
        if name == "B" {
            let next = Round::new("B");
            place.write(&next);
            sentinels.0.extend(place.sentinels(&next).0);
            rounds.push(next);
        }
        let round = rounds.last().expect("there is one");
        for args in VIEWS {
            hidden(place.run(round, args), &sentinels, args);
        }
        let saves = [
            "diff",
            "--out",
            "plan.json",
            "--allow-default-secrets",
            "--allow-programs",
        ];
        hidden(place.run_bare(&saves), &sentinels, &saves);
        sentinels.are_not_in(&place.plan(), "a saved plan");
        for args in [
            &["sync", "--yes", "--adopt", "-vvv"][..],
            &["sync", "--yes", "--format", "json", "-vvv"],
        ] {
            hidden(place.run(round, args), &sentinels, args);
        }
        let made = place.generated();
        sentinels.0.push(("generated in the cluster", made));
        // A snapshot is never written over another.
        let _ = fs::remove_dir_all(place.bed.dir.join("box"));
        for args in RECORDS {
            hidden(place.run_bare(args), &sentinels, args);
        }
    }
    for failing in place.failures(rounds.last().expect("there is one")) {
        let run = failing.run;
        assert!(
            run.code > 0 || failing.may_pass,
            "{} did not fail: {}",
            failing.what,
            run.stdout
        );
        sentinels.are_not_in(&[run.stdout, run.stderr].concat(), failing.what);
    }
    assert!(sentinels.are_not_below(&place.bed.cache()) > 0, "there is a cache");
    sentinels.are_not_in(
        &fs::read_to_string(place.bed.dir.join("page.html")).expect("a page"),
        "the page",
    );
    sentinels.are_not_in(&place.children(), "the command line or the environment of helm");
    let parent = place.bed.get("configmap", "stackanetes-sentinels").expect("a parent");
    sentinels.are_not_in(&parent.to_string(), "the parent");
    hidden(
        place.bed.run(&["delete", "--yes", "--prune-kind", "Secret", "-vvv"]),
        &sentinels,
        &["delete"],
    );
    // A snapshot holds ConfigMaps as they are in the cluster, with the parameters that they were made from.
    let in_config_maps = ["Set", "File", "Variable", "Values", "Git"];
    sentinels.0.retain(|(origin, _)| !in_config_maps.contains(origin));
    let snapshot = sentinels.are_not_below(&place.bed.dir.join("box"));
    assert!(snapshot > 0, "there is a snapshot");
}

/// Each sentinel is seen in a text that is meant to hold it.
fn would_be_seen(place: &Place, round: &Round, sentinels: &Sentinels) {
    let rendered = place.run(round, &["render", "--show-secrets"]).exits(0);
    let all = [rendered.stdout, place.carriers()].concat();
    let seen = sentinels.seen_in(&all);
    let missed: Vec<_> = sentinels
        .0
        .iter()
        .filter(|(origin, _)| !seen.contains(origin))
        .collect();
    assert!(missed.is_empty(), "not seen: {missed:?}");
}
