//! What people and programs read, pinned whole: each `NAME.situation` of `tests/suite/golden/` has its text at 80 and
//! 120 columns, Markdown, JSON and the content of its page beside it, and two runs give the same bytes.
//!
//! `GOLDEN=rewrite cargo test --test suite golden` writes them anew; `git diff` then shows what changed.

mod situation;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

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

/// Where the situations are, and what is pinned of them.
fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/golden")
}

/// A repository of two commits whose ids are always the same: the desired state before and after.
fn repository(situation: &Situation) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("golden-{}", situation.name));
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).expect("a directory of our own");
    let mut options = git2::RepositoryInitOptions::new();
    options.initial_head("main");
    let repository = git2::Repository::init_opts(&dir, &options).expect("a new repository");
    for (number, (subject, files)) in [("Before", &situation.before), ("After", &situation.after)]
        .iter()
        .enumerate()
    {
        let desired = dir.join("desired");
        let _ = fs::remove_dir_all(&desired);
        write(&desired, "stackanetes.yaml", "name: shop\nnamespace: shop\n");
        for (path, text) in *files {
            write(&desired, path, text);
        }
        commit(&repository, subject, i64::try_from(number).expect("a small number"));
    }
    dir
}

fn write(directory: &Path, path: &str, text: &str) {
    let path = directory.join(path);
    fs::create_dir_all(path.parent().expect("a file has a directory")).expect("a directory of our own");
    fs::write(path, text).expect("a file of our own");
}

fn commit(repository: &git2::Repository, subject: &str, number: i64) {
    let mut index = repository.index().expect("an index");
    let everything = ["*"];
    index
        .add_all(everything, git2::IndexAddOption::DEFAULT, None)
        .expect("files that can be added");
    index.update_all(everything, None).expect("files that can be removed");
    let tree = repository
        .find_tree(index.write_tree().expect("a tree"))
        .expect("the tree");
    index.write().expect("an index that can be written");
    let time = git2::Time::new(1_750_000_000 + number, 0);
    let author = git2::Signature::new("Test", "test@example.com", &time).expect("a signature");
    let head = repository.head().ok().and_then(|head| head.peel_to_commit().ok());
    let parents: Vec<_> = head.iter().collect();
    repository
        .commit(Some("HEAD"), &author, &author, subject, &tree, &parents)
        .expect("a commit");
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

/// What is wrong with one situation.
fn check(situation: &Situation, rewrite: bool) -> Vec<String> {
    let dir = repository(situation);
    let mut wrong = Vec::new();
    for (form, ending, columns) in FORMS {
        let file = format!("tests/suite/golden/{}.{ending}", situation.name);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&file);
        let now = diff(&dir, form, columns, &situation.args);
        if now != diff(&dir, form, columns, &situation.args) {
            wrong.push(format!("{file}: two runs differ"));
        }
        if rewrite {
            fs::write(&path, &now).expect("a file that can be written");
            continue;
        }
        let pinned = fs::read_to_string(&path).unwrap_or_default();
        if now != pinned {
            let difference = similar::TextDiff::from_lines(&pinned, &now);
            wrong.push(difference.unified_diff().header(&file, "now").to_string());
        }
    }
    wrong
}

#[test]
fn what_is_printed_is_what_stands_in_the_files() {
    let rewrite = env::var_os("GOLDEN").is_some_and(|value| value == "rewrite");
    let situations = situation::all(&directory());
    let wrong: Vec<String> = situations
        .iter()
        .flat_map(|situation| check(situation, rewrite))
        .collect();
    assert!(
        wrong.is_empty(),
        "if this is meant, GOLDEN=rewrite cargo test --test suite golden\n{}",
        wrong.join("\n")
    );
    assert!(situations.len() >= 25);
}

#[test]
fn no_file_stands_there_for_nothing() {
    let situations = situation::all(&directory());
    for entry in fs::read_dir(directory()).expect("the files") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        let (stem, ending) = name.split_once('.').expect("an ending");
        let is_pinned = situations.iter().any(|situation| situation.name == stem);
        assert!(ending == "rs" || is_pinned, "{name} is of no situation");
    }
}
