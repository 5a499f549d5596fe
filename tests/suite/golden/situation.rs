//! A situation as a file: what `diff` is called with, and the files below `desired/` before and after.
//!
//! The first line is the command line, `diff -v`. Each file follows behind a line `-- before/PATH --` or
//! `-- after/PATH --`, up to the next such line.

use std::fs;
use std::path::Path;

/// A change to a directory.
pub struct Situation {
    /// What its files are called.
    pub name: String,
    /// What `diff` is called with besides.
    pub args: Vec<String>,
    /// The files of the first commit: path and text.
    pub before: Files,
    /// Those of the second.
    pub after: Files,
}

type Files = Vec<(String, String)>;

/// All that lie in a directory, by name.
pub fn all(directory: &Path) -> Vec<Situation> {
    let entries = fs::read_dir(directory).expect("the situations");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "situation"));
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Situation {
    let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
    let text = fs::read_to_string(path).expect("a situation");
    let mut lines = text.split_inclusive('\n');
    let mut words = lines.next().unwrap_or_default().split_whitespace();
    assert_eq!(words.next(), Some("diff"), "{name} begins with the command line");
    let mut situation = Situation {
        args: words.map(str::to_owned).collect(),
        before: Files::new(),
        after: Files::new(),
        name,
    };
    let mut files = None;
    for line in lines {
        if let Some(path) = line
            .strip_prefix("-- ")
            .and_then(|line| line.trim_end().strip_suffix(" --"))
        {
            let (side, path) = path.split_once('/').expect("a side and a path");
            let side = match side {
                "before" => &mut situation.before,
                "after" => &mut situation.after,
                other => panic!("{} has no side {other}", situation.name),
            };
            side.push((path.to_owned(), String::new()));
            files = Some(side);
        } else {
            let files = files.as_mut().expect("a file to which the line belongs");
            files.last_mut().expect("the file that was begun").1 += line;
        }
    }
    situation
}
