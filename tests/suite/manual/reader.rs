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
    /// The commands that failed, and those that did not and were meant to.
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

    /// Runs the commands of a block; its lines from now on. What a command printed that ended as it should not is not
    /// among them.
    fn run(&mut self, block: &Block, name: &str) -> Vec<String> {
        let mut now = Vec::new();
        let steps = block.steps();
        for (index, step) in steps.iter().enumerate() {
            let ran = self.place(name).run(step.command);
            self.ran += 1;
            let told = |what: String| format!("{}: {}\n{what}", block.place(), step.command);
            let must_fail = block.fails && index + 1 == steps.len();
            let fault = fault(step, &ran, must_fail);
            let mut shown = step.shown.to_vec();
            if block.is_console() && fault.is_none() {
                shown = compare::renewed(step.shown, &ran.printed);
                self.outdated.extend(difference(step.shown, &shown).map(told));
            }
            self.failed.extend(fault.map(told));
            now.push(format!("$ {}", step.command));
            now.extend(shown);
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

/// What a command said that failed, or that did not and must. That something would change is no failure.
fn fault(step: &Step, ran: &Ran, must_fail: bool) -> Option<String> {
    let may_find_something = matches!(words(step.command)[..], ["stackanetes", "diff" | "check", ..]);
    let is_done = ran.code == 0 || (ran.code == 1 && may_find_something);
    let wanted = if must_fail { "a failure" } else { "success" };
    let told = || format!("exit code {}, and not {wanted}\n{}", ran.code, ran.printed.join("\n"));
    (is_done == must_fail).then(told)
}

#[test]
fn a_command_that_fails_is_told_and_what_it_printed_is_not_written() {
    let text = "```console\n$ echo new\nold\n$ echo error: broken; exit 2\nfine\n```\n";
    let mut reader = Reader::default();
    assert_eq!(reader.read("src/manual/none.md", text), text.replace("old", "new"));
    assert_eq!(reader.outdated.len(), 1);
    let said = "src/manual/none.md:1: echo error: broken; exit 2\nexit code 2, and not success\nerror: broken";
    assert_eq!(reader.failed, [said]);
}

#[test]
fn a_block_that_is_said_to_fail_fails_at_its_last_command() {
    let read = |commands: &str| {
        let mut reader = Reader::default();
        let text = format!("<!-- fails: there is none -->\n```console\n{commands}\n```\n");
        assert_eq!(reader.read("src/manual/none.md", &text), text);
        reader.failed.len()
    };
    assert_eq!(read("$ true\n$ echo error: no; exit 1\nerror: no"), 0);
    assert_eq!(read("$ false\n$ false"), 1);
    assert_eq!(read("$ true\n$ true"), 1);
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
