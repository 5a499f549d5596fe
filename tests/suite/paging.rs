//! On a terminal, a pager shows what is longer than that; `script` is the terminal here.

use std::fs;
use std::process::{Command, Stdio};

use crate::bed::{Run, config_map};
use crate::check::folder;

/// Runs a command line on a terminal of 20 lines, with this pager.
fn on_a_terminal(dir: &std::path::Path, args: &str, pager: (&str, &str)) -> Run {
    let command = format!("stty rows 20 columns 80; {} {args}", env!("CARGO_BIN_EXE_stackanetes"));
    let child = Command::new("script")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .current_dir(dir)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").expect("a path"))
        .env("SHELL", "/bin/sh")
        .env("HOME", dir)
        .env("NO_COLOR", "1")
        .env(pager.0, pager.1)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("script (of util-linux) can be run");
    Run::finish(child)
}

/// A directory with so many ConfigMaps.
fn directory(name: &str, count: usize) -> std::path::PathBuf {
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
        on_a_terminal(&dir, DIFF, (variable, &pager))
            .exits(1)
            .shows_not("map-0");
        let text = fs::read_to_string(&paged).expect("what the pager was given");
        assert!(
            text.contains("ConfigMap default/map-39") && text.ends_with('\n'),
            "{text}"
        );
        fs::remove_file(&paged).expect("it is there");
    }
    on_a_terminal(&dir, "help sync", ("PAGER", &pager)).exits(0);
    assert!(fs::read_to_string(&paged).expect("a chapter").contains("# Sync"));
}

#[test]
fn no_pager_shows_what_fits_or_what_nobody_wants_to_be_paged() {
    let dir = directory("paging-short", 2);
    let pager = format!("cat > {}", dir.join("paged").display());
    on_a_terminal(&dir, DIFF, ("PAGER", &pager)).exits(1).shows("map-1");
    let dir = directory("paging-unwanted", 40);
    for (args, pager) in [
        (format!("{DIFF} --no-pager"), pager.as_str()),
        (DIFF.to_owned(), "cat"),
        (DIFF.to_owned(), ""),
        ("sync --sandbox sandbox --name shop -v".to_owned(), pager.as_str()),
    ] {
        on_a_terminal(&dir, &args, ("PAGER", pager)).exits(1).shows("map-39");
    }
    assert!(!dir.join("paged").exists());
}

#[test]
fn a_pager_that_ends_early_or_cannot_start_is_no_error() {
    let dir = directory("paging-ends", 2_000);
    on_a_terminal(&dir, DIFF, ("PAGER", "head -n 1"))
        .exits(1)
        .shows("shop on the sandbox sandbox")
        .shows_not("map-0");
    on_a_terminal(&dir, DIFF, ("PAGER", "no-such-pager -x"))
        .exits(1)
        .shows("map-1999")
        .shows_not("error");
}
