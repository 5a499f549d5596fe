//! The blocks of code of the README and the chapters, and what the tests do with each.

use std::fs;
use std::path::Path;

use super::root;

/// A block of code between two fences.
pub struct Block {
    /// Its file, below the root of the repository.
    pub file: String,
    /// The line of its first fence, counted from 1.
    pub line: usize,
    /// The word after the fence.
    pub language: String,
    pub fate: Fate,
    /// Whether its last command is meant to fail. The reason stands above it: `<!-- fails: REASON -->`.
    pub fails: bool,
    pub lines: Vec<String>,
}

/// What is done with a block.
#[derive(Debug, PartialEq)]
pub enum Fate {
    /// It is run, in the directory of this name: by default that of its chapter.
    RunIn(String),
    /// It is not run. The reason stands above it: `<!-- not run: REASON -->`.
    NotRun,
    /// It holds no commands.
    Data,
}

/// A command, and the lines that are printed by it.
pub struct Step<'a> {
    pub command: &'a str,
    pub shown: &'a [String],
}

impl Block {
    /// Where it stands, as compilers write it.
    pub fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }

    pub fn is_console(&self) -> bool {
        self.language == "console"
    }

    /// The commands, in order. Each begins with `$ ` in a `console` block, and is a line of its own in `sh`.
    pub fn steps(&self) -> Vec<Step<'_>> {
        if self.fate == Fate::Data {
            return Vec::new();
        }
        if !self.is_console() {
            let lines = self.lines.iter().filter(|line| !line.is_empty());
            return lines.map(|command| Step { command, shown: &[] }).collect();
        }
        let place = self.place();
        let is_command = |line: &String| line.starts_with("$ ");
        assert!(
            self.lines.first().is_some_and(is_command),
            "{place}: no `$ ` at its begin"
        );
        let parts = self.lines.chunk_by(|_, next| !is_command(next));
        let steps = parts.map(|lines| Step {
            command: &lines[0][2..],
            shown: &lines[1..],
        });
        steps.collect()
    }

    /// The file that it is: `# PATH` in its first line.
    pub fn written_to(&self) -> Option<&str> {
        let path = self.lines.first()?.strip_prefix("# ")?;
        (self.language == "yaml" && !path.contains(' ')).then_some(path)
    }
}

/// The README and the chapters, by their paths below the root.
pub fn texts() -> Vec<(String, String)> {
    let chapters = fs::read_dir(root().join("src/manual")).expect("the manual");
    let names = chapters.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    let chapters = names
        .filter(|name| Path::new(name).extension().is_some_and(|ending| ending == "md"))
        .map(|name| format!("src/manual/{name}"));
    let mut files: Vec<_> = chapters.chain(["README.md".to_owned()]).collect();
    files.sort();
    let texts: Vec<_> = files
        .into_iter()
        .map(|file| {
            let text = fs::read_to_string(root().join(&file)).expect("a readable file");
            (file, text)
        })
        .collect();
    assert!(texts.len() > 15);
    texts
}

/// All blocks of a text, in order.
pub fn blocks(file: &str, text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open: Option<Block> = None;
    let mut above = "";
    for (index, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(language), None) => {
                open = Some(Block {
                    file: file.to_owned(),
                    line: index + 1,
                    language: language.to_owned(),
                    fate: fate(file, language, above),
                    fails: above.starts_with("<!-- fails: "),
                    lines: Vec::new(),
                });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some(block)) => block.lines.push(line.to_owned()),
            (None, None) => {
                let ends = above.starts_with("<!--");
                assert!(!ends, "{file}:{index}: a comment that is not directly above a block");
                assert!(!line.contains("```"), "{file}:{}: a block that is indented", index + 1);
            }
        }
        above = if open.is_none() { line } else { "" };
    }
    assert!(open.is_none(), "{file} has a block without an end");
    blocks
}

/// What is done with a block of this language, which has this line above it.
fn fate(file: &str, language: &str, above: &str) -> Fate {
    let comment = above.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
    let stem = Path::new(file).file_stem().expect("a file has a name");
    let of_chapter = || Fate::RunIn(stem.to_string_lossy().into_owned());
    match (language, comment.map(|comment| comment.split_once(": "))) {
        ("console" | "sh", None) => of_chapter(),
        ("console" | "sh", Some(Some(("fails", reason)))) if reason.contains(' ') => of_chapter(),
        ("console" | "sh", Some(Some(("run in", name)))) => Fate::RunIn(name.to_owned()),
        ("console" | "sh", Some(Some(("not run", reason)))) if reason.contains(' ') => Fate::NotRun,
        ("yaml" | "json" | "gitignore", None) => Fate::Data,
        _ => panic!(
            "{file}: a block of `{language}` below `{above}`: what is typed or printed stands in `console` or `sh`, \
             below nothing, `<!-- run in: DIRECTORY -->`, `<!-- fails: REASON -->` or `<!-- not run: REASON -->`"
        ),
    }
}

#[test]
fn a_block_is_run_unless_the_line_above_it_tells_why_not() {
    let text = "```console\n$ one\n1\n$ two\n```\n<!-- run in: shop -->\n```sh\na\n```\n<!-- not run: it asks you -->\n\
                ```sh\nb\n```\n```yaml\n# a/b.yaml\nc: d\n```\n";
    let blocks = blocks("src/manual/ci.md", text);
    let fates: Vec<&Fate> = blocks.iter().map(|block| &block.fate).collect();
    let run_in = |name: &str| Fate::RunIn(name.to_owned());
    assert_eq!(fates, [&run_in("ci"), &run_in("shop"), &Fate::NotRun, &Fate::Data]);
    let steps = blocks[0].steps();
    let steps: Vec<_> = steps.iter().map(|step| (step.command, step.shown.len())).collect();
    assert_eq!(steps, [("one", 1), ("two", 0)]);
    assert_eq!(blocks[3].written_to(), Some("a/b.yaml"));
    assert_eq!(blocks[2].place(), "src/manual/ci.md:11");
}

#[test]
#[should_panic(expected = "a block of `text`")]
fn what_is_printed_does_not_stand_in_a_block_that_no_test_reads() {
    blocks("README.md", "```text\nsynced\n```\n");
}

#[test]
#[should_panic(expected = "not run: REASON")]
fn a_block_is_not_left_out_without_a_reason() {
    blocks("README.md", "<!-- not run: -->\n```sh\nls\n```\n");
}
