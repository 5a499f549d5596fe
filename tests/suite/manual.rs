//! The README and the manual: what they say is run, and what they point at is there.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A block of code: the word after its fence, and its lines.
struct Block {
    file: String,
    language: String,
    lines: Vec<String>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The README and the chapters, by their paths below the root.
fn texts() -> Vec<(String, String)> {
    let chapters = fs::read_dir(root().join("src/manual")).expect("the manual");
    let names = chapters.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    let chapters = names
        .filter(|name| Path::new(name).extension().is_some_and(|ending| ending == "md"))
        .map(|name| format!("src/manual/{name}"));
    let files = chapters.chain(["README.md".to_owned()]);
    let texts: Vec<_> = files
        .map(|file| {
            let text = fs::read_to_string(root().join(&file)).expect("a readable file");
            (file, text)
        })
        .collect();
    assert!(texts.len() > 15);
    texts
}

fn blocks() -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for (file, text) in texts() {
        let mut open = None;
        for line in text.lines() {
            match (line.strip_prefix("```"), open.take()) {
                (Some(language), None) => {
                    open = Some(Block {
                        file: file.clone(),
                        language: language.to_owned(),
                        lines: Vec::new(),
                    });
                }
                (Some(_), Some(block)) => blocks.push(block),
                (None, Some(mut block)) => {
                    block.lines.push(line.to_owned());
                    open = Some(block);
                }
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{file} has a block without an end");
    }
    blocks
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
        assert!(output.status.success() && printed.ends_with(text.as_str()), "{topic}");
    }
}

#[test]
fn every_command_that_is_shown_there_is() {
    let mut seen = 0;
    for block in blocks() {
        let is_shell = ["sh", "console"].contains(&block.language.as_str());
        for line in block.lines.iter().filter(|_| is_shell) {
            let line = line.strip_prefix("$ ").unwrap_or(line);
            let words = words(line);
            let args: &[&str] = match words.as_slice() {
                ["stackanetes", args @ ..] | ["cargo", "run", "--", args @ ..] => args,
                _ => continue,
            };
            // What is wrong on a command line is told before help is asked for.
            let output = stackanetes(root(), &[args, &["--help"]].concat());
            let complaint = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{}: {line}\n{complaint}", block.file);
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen} commands");
}

/// Runs a console block, and compares all that it prints with what stands there.
fn run(block: &Block, directory: &Path) {
    let mut lines = block.lines.iter().map(String::as_str).peekable();
    while let Some(line) = lines.next() {
        let command = line.strip_prefix("$ ").expect("a command begins with `$ `");
        let mut expected = String::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with("$ ")) {
            expected += line;
            expected.push('\n');
        }
        let printed = match words(command).as_slice() {
            ["rm", file] => {
                fs::remove_file(directory.join(file)).expect("a file that is there");
                String::new()
            }
            ["stackanetes", args @ ..] => {
                let output = stackanetes(directory, args);
                String::from_utf8(output.stdout).expect("UTF-8") + &String::from_utf8_lossy(&output.stderr)
            }
            _ => panic!("{}: the test cannot run {command}", block.file),
        };
        assert_eq!(printed, expected, "{}: {command}", block.file);
    }
}

#[test]
fn the_five_minutes_of_the_readme_go_as_they_say() {
    // Outside of this repository: a plain directory is in none.
    let directory = tempfile::tempdir().expect("a directory of our own");
    let directory = directory.path();
    let mut ran = 0;
    for block in blocks().iter().filter(|block| block.file == "README.md") {
        let file = block.lines.first().and_then(|line| line.strip_prefix("# "));
        match (block.language.as_str(), file) {
            ("yaml", Some(file)) => {
                let path = directory.join(file);
                fs::create_dir_all(path.parent().expect("a directory")).expect("a directory of our own");
                fs::write(path, block.lines.join("\n") + "\n").expect("a file of our own");
            }
            ("console", _) => {
                run(block, directory);
                ran += 1;
            }
            _ => {}
        }
    }
    assert_eq!(ran, 2);
}
