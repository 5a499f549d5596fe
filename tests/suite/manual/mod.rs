//! The README and the manual: what they say is run, and what they point at is there.
//!
//! A block is run in the directory of its chapter, or in that of a comment above it, `<!-- run in: DIRECTORY -->`, or has
//! a reason why not: `<!-- not run: REASON -->`. Its commands succeed, but for the last one of a block below
//! `<!-- fails: REASON -->`. `MANUAL=rewrite cargo test --test suite manual` writes what is printed
//! into the blocks.

mod blocks;
mod compare;
mod place;
mod reader;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use stackanetes::diagnostic::place::SourceFile;
use stackanetes::yaml;

use blocks::{blocks, texts};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn stackanetes(directory: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_stackanetes"))
        .args(args)
        .current_dir(directory)
        .env_clear()
        .env("HOME", directory)
        .env("XDG_CACHE_HOME", directory.join("cache"))
        .stdin(Stdio::null())
        .output()
        .expect("the command can be run")
}

fn words(line: &str) -> Vec<&str> {
    let code = line.split(" #").next().unwrap_or_default();
    code.split(['|', '>', ';'])
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect()
}

#[test]
fn the_readme_is_short() {
    let length = fs::metadata(root().join("README.md")).expect("the README").len();
    assert!(length <= 8_192, "{length} bytes");
}

#[test]
fn every_link_leads_somewhere() {
    for (file, text) in texts() {
        for link in text.split("](").skip(1) {
            let link = link.split(')').next().unwrap_or_default();
            if link.starts_with("http") {
                continue;
            }
            let path = link.split('#').next().unwrap_or_default();
            let target = root().join(&file).parent().expect("a directory").join(path);
            assert!(!path.is_empty() && target.exists(), "{file}: {link}");
        }
    }
}

#[test]
fn every_chapter_is_in_the_readme_and_can_be_printed() {
    let readme = fs::read_to_string(root().join("README.md")).expect("the README");
    for (file, text) in texts().iter().filter(|(file, _)| file != "README.md") {
        assert!(
            readme.contains(&format!("]({file})")),
            "the README does not name {file}"
        );
        let topic = Path::new(file).file_stem().expect("a name").to_string_lossy();
        let output = stackanetes(root(), &["help", &topic]);
        let printed = String::from_utf8_lossy(&output.stdout);
        let for_people = text.split_inclusive('\n').filter(|line| !line.starts_with("<!--"));
        let for_people: String = for_people.collect();
        assert!(output.status.success() && printed.ends_with(&for_people), "{topic}");
    }
}

/// All tests by their names, of the suite and beside the code.
fn tests() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for folder in ["src", "tests/suite"] {
        for path in crate::sandbox::files(&root().join(folder)) {
            let text = fs::read_to_string(&path).unwrap_or_default();
            let names = text
                .split("#[test]\n")
                .skip(1)
                .filter_map(|rest| rest.split_once("fn ")?.1.split('(').next());
            found.extend(names.map(str::to_owned));
        }
    }
    found
}

#[test]
fn every_claim_of_the_threat_model_names_a_test_that_there_is() {
    let tests = tests();
    let chapter = stackanetes::manual::topic("threat-model").expect("the chapter");
    let claims = chapter.text.lines().filter(|line| line.starts_with("| can"));
    let mut seen = 0;
    for claim in claims {
        let named = claim.rsplit('|').nth(1).unwrap_or_default().trim().trim_matches('`');
        assert!(tests.contains(named), "there is no test for: {claim}");
        seen += 1;
    }
    assert!(seen > 30, "{seen} claims");
}

/// The command lines that stand in sentences, as code, and are whole.
fn inline_commands(text: &str) -> impl Iterator<Item = &str> {
    let spans = text.split('`').skip(1).step_by(2);
    spans.filter(|span| span.starts_with("stackanetes ") && !span.contains(['…', '\n']))
}

#[test]
fn every_command_that_is_shown_there_is() {
    let texts = texts();
    let blocks = texts.iter().flat_map(|(file, text)| blocks(file, text));
    let steps = blocks.flat_map(|block| {
        let steps = block.steps();
        let lines = steps.iter().map(|step| step.command.to_owned());
        lines.map(|line| (block.file.clone(), line)).collect::<Vec<_>>()
    });
    let inline = texts
        .iter()
        .flat_map(|(file, text)| inline_commands(text).map(|line| (file.clone(), line.to_owned())));
    let mut seen = 0;
    for (file, line) in steps.chain(inline) {
        let words = words(&line);
        let args: &[&str] = match words.as_slice() {
            ["stackanetes", args @ ..] | ["cargo", "run", "--", args @ ..] => args,
            _ => continue,
        };
        // What is wrong on a command line is told before help is asked for.
        let output = stackanetes(root(), &[args, &["--help"]].concat());
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{file}: {line}\n{complaint}");
        seen += 1;
    }
    assert!(seen > 20, "{seen} commands");
}

#[test]
fn every_yaml_block_can_be_read() {
    let texts = texts();
    let blocks = texts.iter().flat_map(|(file, text)| blocks(file, text));
    let mut read = 0;
    for block in blocks.filter(|block| block.language == "yaml") {
        let mut errors = Vec::new();
        let documents = yaml::documents(&SourceFile::new(block.place(), block.lines.join("\n")), &mut errors);
        assert!(
            errors.is_empty() && !documents.is_empty(),
            "{}: {errors:?}",
            block.place()
        );
        read += 1;
    }
    assert!(read > 10, "{read} blocks");
}
