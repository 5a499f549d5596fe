//! A copy that is brought back.

use std::fs;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::super::process::Program;
use super::super::{Place, Shipped, available};
use super::{query, three};

/// A Job or CronJob that runs one of MariaDB's scripts, for the first of `place`'s nodes.
fn job(place: &Place, shipped: &Shipped, kind: &str, name: &str) -> Program {
    let mut program = shipped.program(kind, name, &[]);
    let script = program.command[1]
        .strip_prefix("/opt/mariadb/")
        .expect("a script")
        .to_owned();
    let node = place.address(1).to_string();
    let [tmp, backup] = ["tmp/", "backup"].map(|path| place.directory(path));
    let text = shipped
        .file("mariadb-bin", &script, &[("/tmp/", &tmp)])
        .replace("/backup", &backup)
        .replace(
            "mariadb-$ordinal.$NODES_HOST",
            &format!("{}$((ordinal + 1))", node.strip_suffix('1').expect("the first")),
        );
    program.command[1] = place.write(&script, &text);
    program.with(&[("mariadb.openstack.svc.cluster.local", &node)])
}

/// The nightly copy of three nodes, brought back to them: the databases are as they were, without what came since,
/// for all nodes and by the same users. A copy that is not whole, or would take Galera apart, changes nothing.
#[test]
fn a_nightly_copy_is_brought_back_to_three_nodes() {
    if !available() {
        return;
    }
    let place = Place::new("galera-restore");
    let shipped = Shipped::render(&[]);
    let mut nodes = three(&place, &shipped);
    for service in ["keystone", "nova"] {
        job(&place, &shipped, "Job", &format!("{service}-db-init")).run(&place, "db-init");
    }
    let all = |ordinal: u8, statement: &str| query(&place, ordinal, "password", statement);
    all(
        0,
        "SET NAMES utf8mb4; CREATE TABLE keystone.user (id INT PRIMARY KEY, name TEXT) CHARSET utf8mb4;
            INSERT INTO keystone.user VALUES (1, 'a\nUSE `mysql`;\n'), (2, '🦀');
            CREATE TABLE nova_api.cells (id INT PRIMARY KEY);",
    );
    job(&place, &shipped, "CronJob", "mariadb-backup").run(&place, "backup");
    let backup = place.dir.join("backup");
    let copies: Vec<_> = fs::read_dir(&backup)
        .expect("our own")
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    let [copy] = copies.as_slice() else {
        panic!("one copy, and not {copies:?}")
    };
    let copy = copy.to_str().expect("text");

    let rows = "SELECT HEX(name) FROM keystone.user ORDER BY id";
    let before = all(2, rows);
    all(
        1,
        "DELETE FROM keystone.user; CREATE TABLE keystone.later (id INT PRIMARY KEY);
            DROP DATABASE nova_api; CREATE DATABASE other; DROP USER nova@'%';",
    );
    let restore = |file: &str| {
        let set = format!("mariadb.restore={file}");
        let shipped = Shipped::render(&["--set", &set]);
        let log = format!("restore-{file}");
        let mut process = job(&place, &shipped, "Job", "mariadb-restore").start(&place, &log);
        (process.end().success(), place.log(&log))
    };

    // What would bring nothing back, or too much.
    let whole = fs::read(backup.join(copy)).expect("the copy");
    fs::write(backup.join("cut.sql.gz"), &whole[..whole.len() - 40]).expect("a file of our own");
    let everything = fs::File::create(backup.join("everything.sql.gz")).expect("a file of our own");
    let mut everything = GzEncoder::new(everything, Compression::fast());
    everything
        .write_all(b"USE `keystone`;\nUSE `mysql`;\n-- Dump completed on 2026-11-26\n")
        .and_then(|()| everything.finish())
        .expect("a file of our own");
    for (file, said) in [
        ("everything.sql.gz", "take Galera apart: nothing was changed"),
        ("cut.sql.gz", "is not whole: nothing was changed"),
        ("none.sql.gz", copy),
    ] {
        let (done, log) = restore(file);
        assert!(!done && log.contains(said), "{log}");
    }
    assert_eq!(all(0, "SHOW TABLES IN keystone"), "later\nuser");

    let (done, log) = restore(copy);
    assert!(done, "{log}");
    for ordinal in 0..3 {
        assert_eq!(all(ordinal, rows), before, "of node {ordinal}");
        assert_eq!(all(ordinal, "SHOW TABLES IN keystone"), "user", "of node {ordinal}");
        assert_eq!(all(ordinal, "SHOW DATABASES LIKE 'other'"), "other");
        let host = format!("--host={}", place.address(ordinal + 1));
        for (user, database) in [("keystone", "keystone"), ("nova", "nova_api")] {
            let user = format!("--user={user}");
            let login = [
                "mariadb",
                "--no-defaults",
                &host,
                &user,
                "--password=password",
                database,
            ];
            Program::new(&login).run_with(&place, "login", "SHOW TABLES");
        }
    }
    for node in &mut nodes {
        assert!(node.stop().success());
    }
}
