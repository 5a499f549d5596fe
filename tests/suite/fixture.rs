//! `fixtures/causes`: every cause side by side, and the text that a person reads.
//!
//! A fixture is a history. Each `NUMBER-SUBJECT.yaml` is what the directory holds at that commit, and
//! `cluster.txt` what others do with kubectl once the first of them is synced. `expected.txt` is the diff at
//! the last, with the ids of commits by their number. With `UPDATE_EXPECTED=1` it is written anew.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use crate::bed::Bed;

#[test]
fn every_cause_reads_as_the_fixture_says() {
    let fixture = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/causes"));
    let read = |name: &str| fs::read_to_string(fixture.join(name)).expect("a file of the fixture");
    let names = fs::read_dir(&fixture).expect("the fixture");
    let mut names: Vec<String> = names
        .map(|entry| entry.expect("a file").file_name().into_string().expect("a name"))
        .collect();
    names.sort();
    let states: Vec<(&str, &str)> = names
        .iter()
        .filter_map(|name| {
            name.strip_suffix(".yaml")?
                .split_once('-')
                .map(|(_, subject)| (name.as_str(), subject))
        })
        .collect();
    assert_eq!(states.len(), 4, "{names:?}");

    let bed = Bed::new("causes-fixture");
    let mut commits = Vec::new();
    for (name, subject) in states {
        bed.write("all.yaml", &read(name));
        commits.push(bed.commit(&subject.replace('-', " ")));
        if commits.len() == 1 {
            bed.synced();
            for line in read("cluster.txt").lines().filter(|line| !line.starts_with('#')) {
                let line = line.replace("--filename=", &format!("--filename={}/", fixture.display()));
                bed.kubectl(&line.split(' ').collect::<Vec<_>>());
            }
        }
    }
    let run = bed.diff().exits(1);
    let mut text = run.stdout;
    for (index, commit) in commits.iter().enumerate() {
        text = text.replace(&commit[..7], &(index + 1).to_string().repeat(7));
    }
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(fixture.join("expected.txt"), &text).expect("the fixture can be written");
    }
    let expected = read("expected.txt");
    assert_eq!(text, expected, "\n--- is\n{text}\n--- was\n{expected}");
    for cause in [
        "git:",
        "drift:",
        "diverged:",
        "removed:",
        "left behind:",
        "deleted:",
        "takeover:",
        "! conflict",
    ] {
        assert!(text.contains(cause), "there is no {cause}");
    }

    bed.run(&["sync", "--yes", "--force-conflicts"])
        .exits(0)
        .shows_not("differs from the plan");
    let data = |name: &str| bed.get("configmap", name).map(|object| object["data"].clone());
    for (name, is) in [
        ("conflict", Some(json!({"mode": "one", "size": "one", "new": "ours"}))),
        ("deleted", Some(json!({"mode": "one", "size": "one"}))),
        ("diverged", Some(json!({"mode": "two", "size": "one"}))),
        ("drift", Some(json!({"mode": "one", "size": "one"}))),
        ("dropped", None),
        ("git", Some(json!({"mode": "two", "size": "one"}))),
        ("left-behind", Some(json!({"mode": "one", "size": "theirs"}))),
        ("removed", Some(json!({"mode": "one"}))),
        ("takeover", Some(json!({"mode": "ours"}))),
    ] {
        assert_eq!(data(name), is, "{name}");
    }
    bed.diff()
        .exits(0)
        .shows("added by hand and not in git: 1 field of ConfigMap causes-fixture/left-behind");
}
