//! On a terminal, a pager shows what is longer than that.

use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::bed::{Run, config_map, write_script};
use crate::check::folder;
use crate::terminal::{PROGRAM, terminal};

/// Runs a command line on a terminal of 20 lines, with what this says of a pager in the environment.
fn on_a_terminal(dir: &Path, args: &str, environment: &[(&str, &str)]) -> Run {
    let line = format!("stty rows 20 columns 80; {PROGRAM} {args}");
    let mut terminal = terminal(dir, &line);
    let terminal = terminal.envs(environment.iter().copied()).spawn();
    Run::finish(terminal.expect("script (of util-linux) can be run"))
}

/// A directory with so many ConfigMaps.
fn directory(name: &str, count: usize) -> PathBuf {
    let maps = (0..count).map(|number| config_map(&format!("map-{number}"), &[("a", "1")]));
    let maps: Vec<String> = maps.collect();
    folder(name, &[("maps.yaml", &maps.join("---\n"))])
}

const DIFF: &str = "diff --sandbox sandbox --name shop --stat";

#[test]
fn a_pager_shows_what_is_longer_than_the_terminal_and_the_exit_code_stays() {
    let dir = directory("paging-long", 40);
    let paged = dir.join("paged");
    let pager = format!("cat > {}", paged.display());
    for variable in ["PAGER", "STACKANETES_PAGER"] {
        on_a_terminal(&dir, DIFF, &[(variable, &pager)])
            .exits(1)
            .shows_not("map-0");
        let text = fs::read_to_string(&paged).expect("what the pager was given");
        assert!(
            text.contains("ConfigMap default/map-39") && text.ends_with('\n'),
            "{text}"
        );
        fs::remove_file(&paged).expect("it is there");
    }
    on_a_terminal(&dir, "help sync", &[("PAGER", &pager)]).exits(0);
    assert!(fs::read_to_string(&paged).expect("a chapter").contains("# Sync"));
}

#[test]
fn no_pager_shows_what_fits_or_what_nobody_wants_to_be_paged() {
    let short = directory("paging-short", 2);
    let paged = short.join("paged");
    let pager = format!("cat > {}", paged.display());
    on_a_terminal(&short, DIFF, &[("PAGER", &pager)])
        .exits(1)
        .shows("map-1");
    let long = directory("paging-unwanted", 40);
    // A `cat` that tells that it was run, and shows nothing.
    let bin = long.join("bin");
    fs::create_dir_all(&bin).expect("a directory of our own");
    write_script(&bin.join("cat"), &format!(": > {}", paged.display()));
    let programs = format!("{}:{}", bin.display(), env::var("PATH").expect("a path"));
    for (args, pager) in [
        (format!("{DIFF} --no-pager"), pager.as_str()),
        (DIFF.to_owned(), "cat"),
        (DIFF.to_owned(), ""),
        ("sync --sandbox sandbox --name shop -v".to_owned(), pager.as_str()),
    ] {
        on_a_terminal(&long, &args, &[("PAGER", pager), ("PATH", &programs)])
            .exits(1)
            .shows("map-39");
    }
    assert!(!paged.exists());
}

#[test]
fn a_pager_that_ends_early_or_cannot_start_is_no_error() {
    let dir = directory("paging-ends", 2_000);
    on_a_terminal(&dir, DIFF, &[("PAGER", "head -n 1")])
        .exits(1)
        .shows("shop on the sandbox sandbox")
        .shows_not("map-0");
    on_a_terminal(&dir, DIFF, &[("PAGER", "no-such-pager -x")])
        .exits(1)
        .shows("map-1999")
        .shows_not("error");
}
