//! What a directory leaves out: `exclude:` and `.stackanetesignore`, on disk as in a commit.
//!
//! The files are laid out as in repositories that people publish: a chart beside manifests, a workflow, a site's
//! configuration, a kustomization, a compose file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::bed::{Run, commit, config_map, git};

/// What stands beside manifests in repositories, and is none.
const BESIDE: [(&str, &str); 8] = [
    (
        "charts/web/Chart.yaml",
        "apiVersion: v2\nname: web\ndescription: A Helm chart for Kubernetes\ntype: application\nversion: 0.1.0\n",
    ),
    (
        "charts/web/values.yaml",
        "replicaCount: 1\nimage:\n  repository: nginx\n  pullPolicy: IfNotPresent\n  tag: \"\"\nimagePullSecrets: []\n",
    ),
    (
        "charts/web/templates/service.yaml",
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ include \"web.fullname\" . }}\n  labels:\n    \
         {{- include \"web.labels\" . | nindent 4 }}\n",
    ),
    (
        ".github/workflows/ci.yaml",
        "name: ci\non: [push]\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n",
    ),
    (
        "mkdocs.yml",
        "site_name: Shop\ntheme:\n  name: material\nmarkdown_extensions:\n  - pymdownx.emoji:\n      emoji_index: \
         !!python/name:material.extensions.emoji.twemoji\n",
    ),
    (
        "base/kustomization.yaml",
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n  - ../settings.yaml\n",
    ),
    (
        "docker-compose.yml",
        "services:\n  web:\n    build: .\n    ports:\n      - \"8000:5000\"\n  redis:\n    image: redis:alpine\n",
    ),
    ("renovate.json", "{\"extends\": [\"config:recommended\"]}\n"),
];

/// A repository with one manifest and all that is beside it.
struct Repository {
    path: PathBuf,
}

impl Repository {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-left-out-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        let repository = Self { path };
        for (file, text) in BESIDE {
            repository.write(file, text);
        }
        repository.write("settings.yaml", &config_map("settings", &[("mode", "fast")]));
        git2::Repository::init(&repository.path).expect("a new repository");
        repository
    }

    fn write(&self, file: &str, text: &str) {
        let file = self.path.join(file);
        fs::create_dir_all(file.parent().expect("a file has a directory")).expect("a directory of our own");
        fs::write(file, text).expect("a file of our own");
    }

    fn commit(&self, subject: &str) -> String {
        commit(&self.path, subject)
    }

    #[track_caller]
    fn run(&self, args: &[&str]) -> Run {
        let child = Command::new(env!("CARGO_BIN_EXE_stackanetes"))
            .args(args)
            .current_dir(&self.path)
            .env_clear()
            .env("HOME", &self.path)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        Run::finish(child.expect("the command starts"))
    }
}

impl Drop for Repository {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// The patterns that leave out what is beside the manifests.
const PATTERNS: &str = "/charts/\nmkdocs.yml\nkustomization.yaml\ndocker-compose*.yml\nrenovate.json\n";

#[test]
fn a_file_that_is_no_manifest_is_an_error_that_names_both_ways_to_leave_it_out() {
    let repository = Repository::new("named");
    let run = repository.run(&["check", "."]).exits(2);
    for (file, _) in BESIDE {
        let is_hidden = file.starts_with('.');
        assert_eq!(
            run.stderr.contains(&format!("{file}:")),
            !is_hidden,
            "{file}\n{}",
            run.stderr
        );
    }
    let errors: Vec<&str> = run
        .stderr
        .split("\n\n")
        .filter(|error| error.contains("error:"))
        .collect();
    assert!(errors.len() >= BESIDE.len() - 1, "{}", run.stderr);
    for error in errors {
        for way in ["`exclude:` in stackanetes.yaml", ".stackanetesignore"] {
            assert!(error.contains(way), "{error}");
        }
    }
}

#[test]
fn an_ignore_file_and_the_settings_leave_out_the_same() {
    let repository = Repository::new("both");
    repository.write(".stackanetesignore", PATTERNS);
    repository
        .run(&["check", "."])
        .exits(0)
        .shows("nothing found in 1 object");
    fs::remove_file(repository.path.join(".stackanetesignore")).expect("a file that is there");
    let listed = format!("  - {}\n", PATTERNS.trim_end().replace('\n', "\n  - "));
    repository.write("stackanetes.yaml", &format!("name: shop\nexclude:\n{listed}"));
    repository
        .run(&["check", "."])
        .exits(0)
        .shows("nothing found in 1 object");
    // The settings have the last word.
    repository.write(".stackanetesignore", "*.yaml\n");
    repository.write(
        "stackanetes.yaml",
        &format!("name: shop\nexclude:\n{listed}  - \"!/settings.yaml\"\n"),
    );
    repository
        .run(&["check", "."])
        .exits(0)
        .shows("nothing found in 1 object");
}

#[test]
fn a_commit_leaves_out_what_its_own_patterns_say() {
    let repository = Repository::new("commits");
    repository.write(".stackanetesignore", PATTERNS);
    repository.commit("All");
    repository.write(".stackanetesignore", &format!("{PATTERNS}/extra/\n"));
    repository.write("extra/more.yaml", &config_map("more", &[("a", "1")]));
    repository.commit("More, left out");
    repository.write(".stackanetesignore", PATTERNS);
    repository.commit("More");
    let names = |revision: &[&str]| {
        let run = repository.run(&[&["render", "."], revision].concat()).exits(0);
        run.stdout.matches("kind: ConfigMap").count()
    };
    assert_eq!(names(&[]), 2);
    assert_eq!(names(&["--revision", "HEAD"]), 2);
    assert_eq!(names(&["--revision", "HEAD~1"]), 1);
    // What is no longer left out is as new as what is added.
    repository
        .run(&["diff", ".", "--from", "HEAD~1"])
        .exits(1)
        .shows("+ create ConfigMap default/more")
        .shows("1 to create");
}

#[test]
fn what_is_left_out_later_is_pruned_and_the_diff_names_the_commit() {
    let repository = Repository::new("pruned");
    repository.write("stackanetes.yaml", "name: shop\n");
    repository.write(".stackanetesignore", PATTERNS);
    repository.write("old.yaml", &config_map("old", &[("a", "1")]));
    repository.commit("All");
    repository
        .run(&["sync", ".", "--yes", "--sandbox", ".cluster"])
        .exits(0)
        .shows("complete: 2 created");
    repository.write(".stackanetesignore", &format!("{PATTERNS}.cluster\nold.yaml\n"));
    let id = repository.commit("Leave old out");
    repository
        .run(&["diff", ".", "--sandbox", ".cluster"])
        .exits(1)
        .shows(&format!(
            "- delete ConfigMap default/old dropped from git in {} Leave old out",
            &id[..7]
        ));
}

#[test]
fn a_checkout_that_lacks_what_is_left_out_is_whole() {
    let repository = Repository::new("submodule");
    let library = Repository::new("library");
    library.commit("A library");
    repository.write(".stackanetesignore", &format!("{PATTERNS}/vendor/\n"));
    let url = library.path.to_str().expect("text");
    git(&repository.path, &["submodule", "add", "--quiet", url, "vendor"]);
    repository.commit("With a library");
    git(
        &repository.path,
        &["submodule", "deinit", "--quiet", "--force", "vendor"],
    );
    repository
        .run(&["check", "."])
        .exits(0)
        .shows("nothing found in 1 object");
    repository.run(&["check", ".", "--revision", "HEAD"]).exits(0);
    repository.write(".stackanetesignore", PATTERNS);
    repository
        .run(&["check", "."])
        .exits(2)
        .complains("the submodule vendor is not checked out");
}

#[test]
fn what_git_and_the_directory_ignore_is_no_local_change() {
    let repository = Repository::new("ignored");
    repository.write(".gitignore", "node_modules/\n");
    repository.write(".stackanetesignore", &format!("{PATTERNS}node_modules/\n"));
    repository.write("stackanetes.yaml", "name: shop\n");
    let id = repository.commit("All");
    repository.write("node_modules/left-pad/package.json", "{\"name\": \"left-pad\"}\n");
    let heading = format!("{}, never synced", &id[..7]);
    let diff = ["diff", ".", "--sandbox", "/nothing/is/here"];
    repository
        .run(&diff)
        .exits(1)
        .shows(&heading)
        .shows_not("local changes");
    // No other clone has patterns that git ignores.
    repository.write(".git/info/exclude", ".stackanetesignore\n");
    git(&repository.path, &["rm", "--quiet", "--cached", ".stackanetesignore"]);
    repository.commit("Without patterns");
    repository.run(&diff).exits(1).shows("local changes");
    repository.write(".stackanetesignore", PATTERNS);
    repository
        .run(&diff)
        .exits(2)
        .complains("node_modules/left-pad/package.json:1:1");
}

/// Lines of gitignore(5), and files of which some are brought back from within a directory that is left out.
const GIT_LINES: &str = "hello.*\n/cat-file.yaml\nDocumentation/*.json\nbar/\nfoo/**\n!foo/kept.yaml\n**/logs/debug.yaml\n\
                         a/**/b.yaml\n\\#hash.yaml\ntrailing.yaml  \nvendor/\n!vendor/keep.yaml\n!vendor/keep/\n/*.d/*\n\
                         !/*.d/kept/\ngenerated\n!deep/generated/kept.yaml\n";
const GIT_FILES: [&str; 21] = [
    "hello.yaml",
    "x/hello.json",
    "cat-file.yaml",
    "mozilla/cat-file.yaml",
    "Documentation/git.json",
    "Documentation/ppc/ppc.json",
    "tools/Documentation/perf.json",
    "x/bar/y.yaml",
    "foo/x.yaml",
    "foo/kept.yaml",
    "x/logs/debug.yaml",
    "a/b.yaml",
    "a/x/y/b.yaml",
    "#hash.yaml",
    "trailing.yaml",
    "vendor/keep.yaml",
    "vendor/keep/x.yaml",
    "conf.d/x.yaml",
    "conf.d/kept/x.yaml",
    "deep/generated/kept.yaml",
    "other.yaml",
];

/// The files that git ignores.
fn ignored_by_git(repository: &Repository, files: &[&str]) -> Vec<String> {
    let output = Command::new("git")
        .args(["check-ignore", "--"])
        .args(files)
        .current_dir(&repository.path)
        .output()
        .expect("git starts");
    let ignored = String::from_utf8(output.stdout).expect("text");
    ignored.lines().map(|line| line.trim_matches('"').to_owned()).collect()
}

#[test]
fn the_patterns_leave_out_what_git_ignores_by_them() {
    let repository = Repository::new("as-git");
    repository.write(".gitignore", GIT_LINES);
    repository.write(".stackanetesignore", &format!("{PATTERNS}{GIT_LINES}"));
    repository.write("stackanetes.yaml", "name: shop\n");
    repository.commit("All but what git ignores");
    for (index, file) in GIT_FILES.iter().enumerate() {
        let name = format!("number-{index:02}");
        let json = format!(r#"{{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {{"name": "{name}"}}}}"#);
        repository.write(file, &json);
    }
    let ignored = ignored_by_git(&repository, &GIT_FILES);
    assert!(ignored.len() > 10 && ignored.len() < GIT_FILES.len(), "{ignored:?}");
    let rendered = repository.run(&["render", "."]).exits(0).stdout;
    for (index, file) in GIT_FILES.iter().enumerate() {
        let is_read = rendered.contains(&format!("number-{index:02}"));
        assert_eq!(is_read, !ignored.iter().any(|name| name == file), "{file}");
    }
    // Of what neither git nor the directory looks into, nothing is a local change.
    repository.commit("All that git does not ignore");
    repository
        .run(&["diff", ".", "--sandbox", "/nothing/is/here"])
        .exits(1)
        .shows("never synced")
        .shows_not("local changes");
}

#[test]
fn a_submodule_in_a_directory_that_is_left_out_is_not_missed_though_a_pattern_brings_it_back() {
    let repository = Repository::new("kept-submodule");
    let library = Repository::new("kept-library");
    library.commit("A library");
    let url = library.path.to_str().expect("text");
    git(&repository.path, &["submodule", "add", "--quiet", url, "vendor/keep"]);
    repository.write(".stackanetesignore", &format!("{PATTERNS}vendor/\n!vendor/keep\n"));
    repository.commit("With a library");
    let deinit = ["submodule", "deinit", "--quiet", "--force", "vendor/keep"];
    git(&repository.path, &deinit);
    for revision in [&[][..], &["--revision", "HEAD"]] {
        repository
            .run(&[&["check", "."], revision].concat())
            .exits(0)
            .shows("nothing found in 1 object");
    }
}

#[test]
fn a_pattern_that_is_wrong_is_shown_where_it_is() {
    let repository = Repository::new("wrong");
    repository.write(".stackanetesignore", "*.json\na{b,c\n");
    repository.write("stackanetes.yaml", "exclude:\n  - charts/\n  - [1]\n  - \"a{b\"\n");
    repository
        .run(&["check", "."])
        .exits(2)
        .complains("`a{b,c` is no pattern")
        .complains(".stackanetesignore:2:1")
        .complains("stackanetes.yaml:3:5")
        .complains("`a{b` is no pattern")
        .complains("stackanetes.yaml:4:5");
    repository.write("stackanetes.yaml", "exclude: charts/\n");
    repository
        .run(&["check", "."])
        .exits(2)
        .complains("`exclude` must be a list of patterns, not text")
        .complains("hint: write, for example, `exclude: [charts/, \"*.values.yaml\"]`");
}

/// Only a directory with settings has parameters: a manifest that reads one tells whether they were found.
fn read_a_parameter(repository: &Repository) {
    repository.write("settings.yaml", &config_map("settings", &[("mode", "${{ web.mode }}")]));
    repository.write("parameters.yaml", "web: {mode: filled-in}\n");
    let schema = r#"{"properties": {"web": {"properties": {"mode": {"type": "string"}}}}}"#;
    repository.write("parameters.schema.json", schema);
}

#[test]
fn the_settings_are_never_left_out() {
    let repository = Repository::new("settings");
    read_a_parameter(&repository);
    repository.write(
        "stackanetes.yaml",
        "name: shop\nexclude: [\"*\", \"!/settings.yaml\", \"!/parameters.*\"]\n",
    );
    repository.run(&["render", "."]).exits(0).shows("mode: filled-in");
    repository
        .run(&["diff", ".", "--sandbox", "/nothing/is/here"])
        .exits(1)
        .shows("shop on ")
        .shows("1 to create");
    repository.commit("All");
    repository
        .run(&["render", ".", "--revision", "HEAD"])
        .exits(0)
        .shows("mode: filled-in");
}

#[cfg(unix)]
#[test]
fn settings_may_be_a_link_within_the_directory_only() {
    let repository = Repository::new("linked-settings");
    read_a_parameter(&repository);
    repository.write(".stackanetesignore", PATTERNS);
    repository.write("all/shop.yaml", "name: shop\n");
    let link = repository.path.join("stackanetes.yaml");
    std::os::unix::fs::symlink("all/shop.yaml", &link).expect("a link of our own");
    repository.run(&["render", "."]).exits(0).shows("mode: filled-in");
    let other = Repository::new("others-settings");
    other.write("shop.yaml", "name: shop\nexclude: [stackanetes.yaml]\n");
    fs::remove_file(&link).expect("a link of our own");
    std::os::unix::fs::symlink(other.path.join("shop.yaml"), &link).expect("a link of our own");
    repository
        .run(&["check", "."])
        .exits(2)
        .complains("the symbolic link stackanetes.yaml leads out of .");
}

#[cfg(unix)]
#[test]
fn patterns_from_outside_of_the_directory_are_refused() {
    let repository = Repository::new("outside");
    let other = Repository::new("patterns");
    other.write("patterns", PATTERNS);
    std::os::unix::fs::symlink(other.path.join("patterns"), repository.path.join(".stackanetesignore"))
        .expect("a link of our own");
    repository
        .run(&["check", "."])
        .exits(2)
        .complains("the symbolic link .stackanetesignore leads out of .");
}
