//! Does what a chapter shows, as somebody who reads it and types each command.

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs};

use super::blocks::{Block, Fate, Step, blocks, texts};
use super::compare;
use super::place::{Place, Ran};
use super::{root, words};

/// The blocks of one file are run in order; each directory of theirs is made at its first use.
#[derive(Default)]
struct Reader {
    places: BTreeMap<String, Place>,
    /// How many commands were run.
    ran: usize,
    /// The blocks that do not show what is printed, and what they would show.
    outdated: Vec<String>,
    /// The commands that failed and of which nothing is shown.
    failed: Vec<String>,
}

impl Reader {
    /// Does what the file says; its text from now on.
    fn read(&mut self, file: &str, text: &str) -> String {
        let mut lines: Vec<String> = text.lines().map(ToOwned::to_owned).collect();
        let chapter = Path::new(file)
            .file_stem()
            .expect("a file has a name")
            .to_string_lossy();
        let mut printed = Vec::new();
        let blocks = blocks(file, text);
        for block in &blocks {
            match (&block.fate, block.written_to()) {
                (Fate::RunIn(name), _) => printed.push((block, self.run(block, name))),
                (Fate::Data, Some(path)) => self.place(&chapter).write(path, &(block.lines.join("\n") + "\n")),
                _ => {}
            }
        }
        for (block, now) in printed.into_iter().rev() {
            lines.splice(block.line..block.line + block.lines.len(), now);
        }
        lines.join("\n") + "\n"
    }

    fn place(&mut self, name: &str) -> &Place {
        self.places.entry(name.to_owned()).or_insert_with(|| Place::new(name))
    }

    /// Runs the commands of a block; its lines from now on.
    fn run(&mut self, block: &Block, name: &str) -> Vec<String> {
        let mut now = Vec::new();
        for step in block.steps() {
            let ran = self.place(name).run(step.command);
            self.ran += 1;
            let told = |what: String| format!("{}: {}\n{what}", block.place(), step.command);
            if block.is_console() {
                let renewed = compare::renewed(step.shown, &ran.printed);
                self.outdated.extend(difference(step.shown, &renewed).map(told));
                now.push(format!("$ {}", step.command));
                now.extend(renewed);
            } else {
                self.failed.extend(failure(&step, &ran).map(told));
            }
        }
        if block.is_console() { now } else { block.lines.clone() }
    }
}

/// How these lines would change.
fn difference(shown: &[String], renewed: &[String]) -> Option<String> {
    let text = |lines: &[String]| lines.join("\n") + "\n";
    let (shown, renewed) = (text(shown), text(renewed));
    let difference = similar::TextDiff::from_lines(&shown, &renewed);
    let told = difference.unified_diff().header("shown", "printed").to_string();
    (shown != renewed).then_some(told)
}

/// What a command said that failed, of which nothing is shown. That something would change is no failure.
fn failure(step: &Step, ran: &Ran) -> Option<String> {
    let may_find_something = matches!(words(step.command)[..], ["stackanetes", "diff" | "check", ..]);
    let is_done = ran.code == 0 || (ran.code == 1 && may_find_something);
    (!is_done).then(|| format!("exit code {}\n{}", ran.code, ran.printed.join("\n")))
}

#[test]
fn every_console_block_prints_what_it_shows() {
    let rewrites = env::var_os("MANUAL").is_some_and(|value| value == "rewrite");
    let (mut ran, mut wrong) = (0, Vec::new());
    for (file, text) in texts() {
        let mut reader = Reader::default();
        let now = reader.read(&file, &text);
        ran += reader.ran;
        wrong.extend(reader.failed);
        if !rewrites {
            wrong.extend(reader.outdated);
        } else if now != text {
            fs::write(root().join(&file), now).expect("a file that can be written");
        }
    }
    assert!(ran > 20, "{ran} commands");
    let how = "`MANUAL=rewrite cargo test --test suite manual` writes what is printed";
    assert!(wrong.is_empty(), "{how}\n\n{}", wrong.join("\n"));
}

#[test]
fn every_fixture_of_the_manual_is_used() {
    let texts = texts();
    let blocks = texts.iter().flat_map(|(file, text)| blocks(file, text));
    let used: Vec<Fate> = blocks.map(|block| block.fate).collect();
    for entry in fs::read_dir(root().join("fixtures/manual")).expect("the fixtures") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        assert!(used.contains(&Fate::RunIn(name.clone())), "fixtures/manual/{name}");
    }
}
