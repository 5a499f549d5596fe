//! What people and programs read, pinned whole: each `NAME.situation` of `tests/suite/golden/` has its text at 80 and
//! 120 columns, Markdown, JSON and the content of its page beside it, and two runs give the same bytes.
//!
//! `GOLDEN=rewrite cargo test --test suite golden` writes them anew; `git diff` then shows what changed.

mod pull_requests;
mod repository;
mod situation;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use repository::Repository;
use situation::Situation;

use crate::documents;

/// The forms of a plan, the endings of their files, and how wide the terminal is.
const FORMS: [(&str, &str, &str); 5] = [
    ("text", "80.txt", "80"),
    ("text", "120.txt", "120"),
    ("markdown", "md", "80"),
    ("json", "json", "80"),
    ("html", "html", "80"),
];

/// What to do where the difference is meant.
const REWRITE: &str = "if this is meant, GOLDEN=rewrite cargo test --test suite golden";

/// Where the situations are, and what is pinned of them.
fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/golden")
}

/// The desired state of a situation before and after, a commit each.
fn repository(situation: &Situation) -> Repository {
    let repository = Repository::new(&situation.name);
    for (subject, files) in [("Before", &situation.before), ("After", &situation.after)] {
        let desired = repository.dir.join("desired");
        let _ = fs::remove_dir_all(&desired);
        write(&desired, "stackanetes.yaml", "name: shop\nnamespace: shop\n");
        for (path, text) in files {
            write(&desired, path, text);
        }
        repository.commit(subject);
    }
    repository
}

fn write(directory: &Path, path: &str, text: &str) {
    let path = directory.join(path);
    fs::create_dir_all(path.parent().expect("a file has a directory")).expect("a directory of our own");
    fs::write(path, text).expect("a file of our own");
}

/// What a diff of the two commits prints, on both streams, and its exit code.
fn diff(dir: &Path, form: &str, columns: &str, args: &[String]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_stackanetes"))
        .args(["diff", "--from", "HEAD~1", "--to", "HEAD", "--format", form])
        .args(args)
        .current_dir(dir)
        .env_clear()
        .env("HOME", dir)
        .env("COLUMNS", columns)
        .env("XDG_CACHE_HOME", dir.join("cache"))
        .stdin(Stdio::null())
        .output()
        .expect("the command can be run");
    let stdout = String::from_utf8(output.stdout).expect("UTF-8");
    let stderr = String::from_utf8(output.stderr).expect("UTF-8");
    let code = output.status.code().expect("it ended by itself");
    documents::are_as_their_schemas_say(&stdout);
    match (code, stderr.is_empty()) {
        (0 | 1, true) if form == "html" => content(&stdout),
        (0 | 1, true) => stdout,
        _ => format!("{stdout}--- stderr\n{stderr}--- exit code {code}\n"),
    }
}

/// The content of a page, without what is the same in each: its style and its script.
fn content(page: &str) -> String {
    let (_, content) = page.split_once("<body>\n").expect("a body");
    let (content, _) = content.split_once("<script>").expect("a script");
    content.to_owned()
}

/// How what is printed in each form differs from what stands in `tests/suite/golden/STEM.ENDING`, or would: where they
/// are to be written anew, they are.
fn unlike(stem: &str, print: impl Fn(&str, &str) -> String) -> Vec<String> {
    let rewrite = env::var_os("GOLDEN").is_some_and(|value| value == "rewrite");
    let mut wrong = Vec::new();
    for (form, ending, columns) in FORMS {
        let file = format!("tests/suite/golden/{stem}.{ending}");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&file);
        let now = print(form, columns);
        if rewrite {
            fs::write(&path, &now).expect("a file that can be written");
            continue;
        }
        let pinned = fs::read_to_string(&path).unwrap_or_default();
        if now != pinned {
            let difference = similar::TextDiff::from_lines(&pinned, &now);
            let difference = difference.unified_diff().header(&file, "now").to_string();
            wrong.push(format!("{REWRITE}\n{difference}"));
        }
    }
    wrong
}

/// What is wrong with one situation.
fn check(situation: &Situation) -> Vec<String> {
    let repository = repository(situation);
    unlike(&situation.name, |form, columns| {
        let [now, again] = [(); 2].map(|()| diff(&repository.dir, form, columns, &situation.args));
        assert!(now == again, "{} as {form}: two runs differ", situation.name);
        now
    })
}

#[test]
fn what_is_printed_is_what_stands_in_the_files() {
    let situations = situation::all(&directory());
    let wrong: Vec<String> = situations.iter().flat_map(check).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(situations.len() >= 25);
}

#[test]
fn no_file_stands_there_for_nothing() {
    let situations = situation::all(&directory());
    for entry in fs::read_dir(directory()).expect("the files") {
        let entry = entry.expect("an entry");
        if entry.file_type().expect("a type").is_dir() {
            continue;
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        let (stem, ending) = name.split_once('.').expect("an ending");
        let is_pinned = situations.iter().any(|situation| situation.name == stem);
        assert!(ending == "rs" || is_pinned, "{name} is of no situation");
    }
}
