//! Options of configuration files: `check` holds them to the schemas that the components ship.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::bed::Run;
use crate::desired::copy;
use crate::environments;

/// A mistake in a configuration file of `desired/`: a line of `fixtures/options/mistakes.tsv`.
pub struct Mistake {
    /// The file, below `desired/`.
    pub file: String,
    right: String,
    wrong: String,
    /// What `check` says.
    pub finding: String,
    /// Who of oslo.config finds it, too.
    pub known_to: String,
}

/// The environment in which all is switched on that mistakes are made in.
pub const EVERYTHING: [&str; 2] = ["--environment", "ceph"];

/// All mistakes.
pub fn mistakes() -> Vec<Mistake> {
    let table = include_str!("../../fixtures/options/mistakes.tsv");
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    let read = |line: &str| {
        let [file, right, wrong, finding, known_to] = line
            .split('\t')
            .map(str::to_owned)
            .collect::<Vec<_>>()
            .try_into()
            .expect("five columns");
        Mistake {
            file,
            right,
            wrong,
            finding,
            known_to,
        }
    };
    lines.map(read).collect()
}

/// A copy of `desired/` with the environments, to make mistakes in.
pub struct Copy {
    root: PathBuf,
}

impl Copy {
    /// A copy named `name`.
    pub fn new(name: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        copy(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("desired"),
            &root.join("desired"),
        );
        copy(&environments::fixtures(), &root.join("desired/environments"));
        Self { root }
    }

    /// Does `what` while a mistake is made, and tells the line, from 1, that it is on.
    pub fn with<T>(&self, mistake: &Mistake, what: impl FnOnce(usize) -> T) -> T {
        let path = self.root.join("desired").join(&mistake.file);
        let text = fs::read_to_string(&path).expect("a file of desired/");
        let at = text.find(&mistake.right);
        let at = at.unwrap_or_else(|| panic!("{} does not say {}", mistake.file, mistake.right));
        let line = text[..at].matches('\n').count() + 1;
        fs::write(&path, text.replacen(&mistake.right, &mistake.wrong, 1)).expect("a file of our own");
        let result = what(line);
        fs::write(&path, text).expect("a file of our own");
        result
    }

    /// Runs a command here.
    #[track_caller]
    pub fn run(&self, args: &[&str]) -> Run {
        let child = Command::new(env!("CARGO_BIN_EXE_stackanetes"))
            .args(args)
            .current_dir(&self.root)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        Run::finish(child.expect("the command starts"))
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

#[test]
fn every_mistake_is_found_at_its_line_of_the_template() {
    let copy = Copy::new("mistakes-in-options");
    let check = || copy.run(&[&["check"][..], &EVERYTHING].concat());
    check().exits(0);
    let mistakes = mistakes();
    assert!(mistakes.len() >= 50);
    for mistake in mistakes {
        copy.with(&mistake, |line| {
            let run = check()
                .exits(1)
                .shows(&mistake.finding)
                .shows(&format!("desired/{}:{line}:", mistake.file));
            let last = run.stdout.lines().last().unwrap_or_default();
            let is_one = last.starts_with("1 error in ") || last.starts_with("1 warning in ");
            assert!(is_one, "{}", run.stdout);
        });
    }
}

/// A directory with a service of a user's own: its schema is what the generator writes.
fn own(name: &str, files: &[(&str, &str)]) -> Copy {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&root);
    let always = [
        ("stackanetes.yaml", "name: demo\n"),
        (
            "shop/shop.options.json",
            r#"{"options": {"DEFAULT": {"help": "", "opts": [
                {"name": "log-level", "dest": "log_level", "type": "string value", "choices": [["info", null], ["debug", null]],
                 "min": null, "max": null, "deprecated_for_removal": false, "deprecated_reason": null, "help": "How much."},
                {"name": "old", "dest": "old", "type": "string value", "choices": [], "min": null, "max": null,
                 "deprecated_for_removal": true, "deprecated_reason": "Nobody\n reads it."}]}},
              "deprecated_options": {"DEFAULT": [{"name": "verbosity", "replacement_name": "log-level", "replacement_group": "DEFAULT"}]},
              "generator_options": {}}"#,
        ),
    ];
    for (path, text) in always.iter().chain(files) {
        let path = root.join("desired").join(path);
        fs::create_dir_all(path.parent().expect("a file has a directory")).expect("a directory of our own");
        fs::write(path, text).expect("a file of our own");
    }
    Copy { root }
}

#[test]
fn a_service_of_ones_own_has_a_schema_of_its_own() {
    let component = "configMaps:\n  - name: shop-etc\n    files: {shop.conf: shop.conf}\n    options: {shop.conf: shop.options.json}\nsecrets:\n  - name: shop-secret\n    files: {shop.conf: secret.conf}\n    options: {shop.conf: shop.options.json}\n";
    let right = "[DEFAULT]\nlog_level = info\n";
    let files = [
        ("shop/component.yaml", component),
        ("shop/shop.conf", right),
        ("shop/secret.conf", right),
    ];
    own("own-options", &files)
        .run(&["check"])
        .exits(0)
        .shows("nothing found in 2 objects");

    let wrong = "[DEFAULT]\nlog_level = inof\nverbosity = 1\nold = 1\nlog-level = info\n";
    let mut files = files;
    files[1].1 = wrong;
    own("own-options", &files)
        .run(&["check"])
        .exits(1)
        .shows("desired/shop/shop.conf:2:1")
        .shows("`log_level` of [DEFAULT] must be one of `info`, `debug`")
        .shows("did you mean `info`?")
        .shows("`verbosity` of [DEFAULT] is `log_level` of [DEFAULT] now")
        .shows("`old` of [DEFAULT] is deprecated, and will go")
        .shows("Nobody reads it.")
        .shows("in a file it is written `log_level`")
        .shows("2 errors and 2 warnings in 2 objects");

    // Of a Secret's file only the place is shown, and what kind of mistake is there.
    files[1].1 = right;
    files[2].1 = "[DEFAULT]\nlog_level = hunter2\nhunter3 = 1\nold = hunter4\nhunter5\n";
    own("own-options", &files)
        .run(&["check"])
        .exits(1)
        .shows("error[invalid-option]: a value that the service refuses for an option --> desired/shop/secret.conf:2:1")
        .shows("a group of options, that the service does not have --> desired/shop/secret.conf:3:1")
        .shows("an option that will go, or has another name now --> desired/shop/secret.conf:4:1")
        .shows("a line of a configuration file that its service cannot read --> desired/shop/secret.conf:5:1")
        .shows("3 errors and 1 warning in 2 objects")
        .hides(&["hunter"]);
}

#[test]
fn a_schema_that_is_none_is_told_where_it_is_named() {
    let component = |options: &str| {
        let other = "  - name: other\n    files: {shop.conf: shop.conf}\n    options: {shop.conf: shop.options.json}\n";
        format!(
            "configMaps:\n  - name: shop-etc\n    files: {{shop.conf: shop.conf}}\n    options:\n      {options}\n{other}"
        )
    };
    let run = |options: &str| {
        let component = component(options);
        own(
            "wrong-schemas",
            &[("shop/component.yaml", &component), ("shop/shop.conf", "[DEFAULT]\n")],
        )
        .run(&["check"])
    };
    run("shop.conf: shop.conf")
        .exits(1)
        .shows("desired/shop/shop.conf is no option schema")
        .shows("desired/shop/component.yaml:5:7");
    run("shop.conf: nothing.json")
        .exits(2)
        .complains("there is no file desired/shop/nothing.json");
    run("shop.conf: ../../outside.json")
        .exits(2)
        .complains("is outside of the directory");
    run("shop.cnf: shop.options.json")
        .exits(2)
        .complains("`options` is about the files of the ConfigMap, and `shop.cnf` is none")
        .complains("did you mean `shop.conf`?");
}
