//! Completions, as bash asks for them.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// What bash offers for the last word of a command line, in a directory with two environments, a component, and a
/// kubeconfig.
fn offered(line: &str) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a directory of our own");
    for (file, text) in [
        ("shop/stackanetes.yaml", "name: shop\noutputs: {openrc: openrc.j2}\n"),
        ("shop/environments/dev.yaml", ""),
        ("shop/environments/prod.yaml", ""),
        ("shop/web/component.yaml", "{}\n"),
        (
            "config",
            "contexts: [{name: kind-dev, context: {cluster: eu}}, {name: prod-eu, context: {cluster: eu}}]\nclusters: [{name: eu}]\n\
             users: [{name: ann}, {name: bob}]\n",
        ),
        ("other", "contexts: [{name: elsewhere, context: {cluster: eu}}]\n"),
    ] {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().expect("a file has a directory")).expect("a directory of our own");
        fs::write(path, text).expect("a file of our own");
    }
    let program = Path::new(env!("CARGO_BIN_EXE_stackanetes"))
        .parent()
        .expect("a directory");
    let path = env::join_paths([program, Path::new("/usr/bin"), Path::new("/bin")]).expect("a path");
    let script = r#"source <(stackanetes completions bash)
        # Each break of a word is a word (bash(1), COMP_WORDBREAKS), and nothing of a word is expanded yet.
        COMP_WORDS=(${LINE//=/ = }) COMP_TYPE=9
        [[ $LINE == *' ' ]] && COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _clap_complete_stackanetes stackanetes "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\n' "${COMPREPLY[@]}""#;
    let run = Command::new("bash")
        .args(["--norc", "-c", script])
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", path)
        .env("HOME", folder.path())
        .env("KUBECONFIG", folder.path().join("config"))
        .env("LINE", line)
        .stdin(Stdio::null())
        .output()
        .expect("bash can be run");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{line}: {said}");
    let words = String::from_utf8(run.stdout).expect("text");
    words.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn contexts_clusters_and_users_are_those_of_the_kubeconfig() {
    assert_eq!(offered("stackanetes diff --context "), ["kind-dev", "prod-eu"]);
    assert_eq!(offered("stackanetes diff --context p"), ["prod-eu"]);
    assert_eq!(offered("stackanetes sync --kubeconfig other --context "), ["elsewhere"]);
    assert_eq!(offered("stackanetes sync --kubeconfig=other --context "), ["elsewhere"]);
    assert_eq!(
        offered("stackanetes sync --kubeconfig ~/other --context "),
        ["elsewhere"]
    );
    assert_eq!(offered("stackanetes status --cluster "), ["eu"]);
    assert_eq!(offered("stackanetes history --user "), ["ann", "bob"]);
}

#[test]
fn environments_and_components_are_those_of_the_directory() {
    assert_eq!(offered("stackanetes diff shop --environment "), ["dev", "prod"]);
    assert_eq!(offered("stackanetes status shop -e d"), ["dev"]);
    assert_eq!(offered("stackanetes status ~/shop -e d"), ["dev"]);
    assert_eq!(offered("stackanetes render shop --component "), ["web"]);
}

#[test]
fn outputs_are_those_of_the_directory_and_topics_are_commands_and_chapters() {
    assert_eq!(offered("stackanetes output shop o"), ["openrc"]);
    assert_eq!(offered("stackanetes help prun"), ["pruning"]);
    assert_eq!(
        offered("stackanetes help s"),
        ["sandboxes", "secrets", "snapshot", "status", "sync"]
    );
    assert_eq!(offered("stackanetes roles --for "), ["preview", "sync"]);
}

#[test]
fn what_cannot_be_read_offers_nothing_and_breaks_nothing() {
    assert!(offered("stackanetes diff nothing --environment ").is_empty());
    assert!(offered("stackanetes diff --kubeconfig missing --context ").is_empty());
    assert!(offered("stackanetes ro").contains(&"roles".to_owned()));
}
