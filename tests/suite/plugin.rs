//! The program as a plugin of kubectl.

use std::fs;
use std::os::unix::fs::symlink;

use crate::bed::{Bed, Run};
use crate::control_plane::kubectl_program;

#[test]
fn kubectl_runs_it_under_the_name_of_a_plugin() {
    let bed = Bed::new("kubectl-plugin");
    bed.write_config_map("settings", &[("a", "1")]);
    let bin = bed.beside("bin");
    fs::create_dir_all(&bin).expect("a directory of our own");
    symlink(env!("CARGO_BIN_EXE_stackanetes"), bin.join("kubectl-stackanetes")).expect("a link of our own");
    let run = |args: &[&str]| {
        let kubectl = kubectl_program();
        let mut command = bed.program(kubectl.get_program());
        command
            .args(kubectl.get_args())
            .arg("stackanetes")
            .args(args)
            .env("PATH", &bin);
        Run::finish(command.spawn().expect("kubectl can be run"))
    };
    run(&["diff"])
        .exits(1)
        .shows("+ create ConfigMap kubectl-plugin/settings");
    run(&["sync", "--yes"]).exits(0).shows("complete: 1 created");
    run(&["diff", "--nonsense"])
        .exits(2)
        .complains("unexpected argument '--nonsense'");
    fs::remove_dir_all(bin).expect("a directory of our own");
}
