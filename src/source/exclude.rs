//! What of a directory is no desired state: patterns of `.stackanetesignore` and of `exclude:` in
//! `stackanetes.yaml`, in the syntax of gitignore(5), and with `{a,b}` for either.
//!
//! Only paths are looked at, so that a commit and the disk leave out the same. A file that is left out is no
//! manifest; a component may still make something of it.

use std::path::Path;
use std::sync::Arc;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::settings::Settings;
use super::tree::{EntryKind, FileTree};
use super::{file_text, paths};
use crate::diagnostic::error::{Error, Result};
use crate::diagnostic::place::{Place, SourceFile};

/// The file at the top of a directory that holds patterns, a line each.
pub(super) const FILE: &str = ".stackanetesignore";
/// How many bytes the patterns of one place may have: to make an automaton of them takes memory.
const MOST: usize = 32 << 10;
/// How many bytes a pattern may have.
const LONGEST: usize = 250;

/// How an object that nobody wants is kept out, for who has just met one.
pub(super) const HINT: &str = "every .yaml, .yml and .json file of the directory is read as manifests; leave this one out \
                               by a pattern below `exclude:` in stackanetes.yaml, or in a .stackanetesignore";

/// The paths that a directory leaves out.
#[derive(Debug)]
pub(super) struct Exclude {
    patterns: Gitignore,
}

impl Exclude {
    /// What the directory at `root` of `tree` leaves out. Patterns of its settings count more than those of its
    /// file, as later lines count more than earlier ones.
    pub fn read(tree: &dyn FileTree, root: &Path, settings: &Settings, errors: &mut Vec<Error>) -> Self {
        let mut builder = GitignoreBuilder::new("");
        let path = root.join(FILE);
        if tree.kind(&path).is_ok_and(|kind| kind == EntryKind::File) {
            match read(tree, root, &path) {
                Ok(file) => add_lines(&mut builder, &file, errors),
                Err(error) => errors.push(error),
            }
        }
        for pattern in &settings.exclude {
            // Each was tried when the settings were read.
            let _ = builder.add_line(None, pattern);
        }
        let patterns = builder.build().unwrap_or_else(|error| {
            errors.push(Error::new("the patterns of what is left out are too large").because(error));
            Gitignore::empty()
        });
        Self { patterns }
    }

    /// Whether `path`, from the top of the directory on, is left out, if nothing on the way to it is.
    pub fn leaves_out(&self, path: &Path, is_directory: bool) -> bool {
        self.patterns.matched(path, is_directory).is_ignore()
    }

    /// Whether `path`, from the top of the directory on, or something on the way to it, is left out.
    ///
    /// What is in a directory that is left out is left out whatever the patterns say of it: no file in it can be
    /// brought back (gitignore(5)), since nothing looks into it.
    pub fn leaves_out_below(&self, path: &Path, is_directory: bool) -> bool {
        let is_inside = path.is_relative();
        let mut way = path.ancestors().take_while(|step| !step.as_os_str().is_empty());
        is_inside && way.any(|step| self.leaves_out(step, is_directory || step != path))
    }
}

impl Default for Exclude {
    /// Nothing is left out.
    fn default() -> Self {
        Self {
            patterns: Gitignore::empty(),
        }
    }
}

/// Why this is no pattern; nothing if it is one.
pub(super) fn refuse(pattern: &str) -> Option<String> {
    if pattern.len() > LONGEST {
        return Some(format!("it is longer than {LONGEST} bytes"));
    }
    let error = GitignoreBuilder::new("").add_line(None, pattern).err()?;
    Some(match error {
        ignore::Error::Glob { err, .. } => err,
        error => error.to_string(),
    })
}

/// Why patterns of so many bytes are not read; nothing if they are.
pub(super) fn refuse_all(bytes: usize) -> Option<String> {
    (bytes > MOST).then(|| format!("there are {bytes} bytes of patterns, and at most {MOST} are read"))
}

/// The text of the file, which may be a link within the directory, so that a commit has it too.
fn read(tree: &dyn FileTree, root: &Path, path: &Path) -> Result<Arc<SourceFile>> {
    paths::refuse_leading_out(tree, root, path)?;
    file_text::read(tree, path)
}

fn add_lines(builder: &mut GitignoreBuilder, file: &Arc<SourceFile>, errors: &mut Vec<Error>) {
    let mut start = 0;
    if let Some(message) = refuse_all(file.text().len()) {
        errors.push(Error::new(message).at(Place::new(Arc::clone(file), 0..0), ""));
        return;
    }
    for line in file.text().split_inclusive('\n') {
        let pattern = line.trim_end_matches(['\n', '\r']);
        match refuse(pattern) {
            None => _ = builder.add_line(None, pattern),
            Some(why) => {
                let place = Place::new(Arc::clone(file), start..start + pattern.len());
                errors.push(wrong(pattern, &why).at(place, ""));
            }
        }
        start += line.len();
    }
}

/// Says that this is no pattern.
pub(super) fn wrong(pattern: &str, why: &str) -> Error {
    let shown: String = pattern.chars().take(60).collect();
    Error::new(format!("`{shown}` is no pattern: {why}"))
        .hint("write it as in a .gitignore: charts/, *.values.yaml, !kept.yaml")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::tree::Disk;

    /// What is left out by these lines of `.stackanetesignore` and of `exclude:`.
    fn exclude(lines: &str, settings: &[&str]) -> (Exclude, Vec<Error>) {
        let root = tempfile::tempdir().expect("a directory of our own");
        std::fs::write(root.path().join(FILE), lines).expect("a file of our own");
        let settings = Settings {
            exclude: settings.iter().map(|pattern| (*pattern).to_owned()).collect(),
            ..Settings::default()
        };
        let mut errors = Vec::new();
        let exclude = Exclude::read(&Disk, root.path(), &settings, &mut errors);
        (exclude, errors)
    }

    #[test]
    fn patterns_are_those_of_gitignore() {
        // The examples of gitignore(5), and what git's own tests are about.
        let lines = "# a comment\n\nhello.*\n/cat-file.yaml\nDocumentation/*.json\nbar/\nfoo/**\n!foo/kept\n**/logs/debug.yaml\n\
                     a/**/b.yaml\n\\#hash.yaml\ntrailing.yaml  \n*.{dev,prod}.yml\nvendor/\n!vendor/keep\n!vendor/keep.yaml\n";
        let (exclude, errors) = exclude(lines, &[]);
        assert!(errors.is_empty(), "{errors:?}");
        for (path, is_left_out) in [
            ("hello.yaml", true),
            ("a/hello.json", true),
            ("cat-file.yaml", true),
            ("mozilla/cat-file.yaml", false),
            ("Documentation/git.json", true),
            ("Documentation/ppc/ppc.json", false),
            ("tools/Documentation/perf.json", false),
            ("bar/x.yaml", true),
            ("x/bar/y.yaml", true),
            ("bar", false),
            ("foo/x.yaml", true),
            ("foo/kept", false),
            ("x/logs/debug.yaml", true),
            ("a/b.yaml", true),
            ("a/x/y/b.yaml", true),
            ("#hash.yaml", true),
            ("trailing.yaml", true),
            ("x.dev.yml", true),
            ("x.test.yml", false),
            ("vendor/keep.yaml", true),
            ("vendor/keep/x.yaml", true),
            ("other.yaml", false),
        ] {
            assert_eq!(exclude.leaves_out_below(Path::new(path), false), is_left_out, "{path}");
        }
    }

    #[test]
    fn a_pattern_of_the_settings_counts_more() {
        let (exclude, _) = exclude("*.json\n", &["!kept.json", "charts/"]);
        assert!(exclude.leaves_out(Path::new("a.json"), false));
        assert!(!exclude.leaves_out(Path::new("kept.json"), false));
        assert!(exclude.leaves_out(Path::new("charts"), true));
        assert!(
            !exclude.leaves_out(Path::new("charts"), false),
            "a file of that name is no folder"
        );
    }

    #[test]
    fn a_line_that_is_no_pattern_is_shown_where_it_is() {
        let (_, errors) = exclude("*.json\na{b,c\n", &[]);
        let shown: Vec<String> = errors
            .iter()
            .map(|error| format!("{} {error}", error.places()[0].0))
            .collect();
        assert_eq!(shown.len(), 1, "{shown:?}");
        assert!(
            shown[0].contains(".stackanetesignore:2:1 `a{b,c` is no pattern: "),
            "{shown:?}"
        );
        let (_, errors) = exclude(&"x\n".repeat(MOST), &[]);
        assert_eq!(
            errors[0].message(),
            "there are 65536 bytes of patterns, and at most 32768 are read"
        );
        let (_, errors) = exclude(&"x".repeat(LONGEST + 1), &[]);
        assert!(
            errors[0]
                .message()
                .ends_with("is no pattern: it is longer than 250 bytes")
        );
    }
}
