//! How the server merges a kind is read from it only where nothing nearer says so, and kept on disk.

use std::fs;
use std::path::PathBuf;

use crate::bed::{Bed, definition_of, wait_until};

/// A definition of Widgets that have `tags`, and more.
fn definition(group: &str, more: &str) -> String {
    let tags = "tags: {type: array, items: {type: string}, x-kubernetes-list-type: set}";
    definition_of(group, "Widget", &format!("{{{tags}{more}}}"))
}

/// Defines the kind, as somebody else would, and waits until the server says how it is merged, under a
/// hash of its own.
fn define(bed: &Bed, group: &str, more: &str) {
    let hash = || {
        let index = bed.plane.kubectl(&["get", "--raw", "/openapi/v3"]).stdout;
        let start = index.find(&format!("/openapi/v3/apis/{group}/v1?hash="))?;
        index[start..].split('"').next().map(str::to_owned)
    };
    let before = hash();
    bed.plane
        .kubectl_stdin(&["apply", "--server-side", "-f", "-"], &definition(group, more))
        .expect_success();
    wait_until("the schema is published", || {
        let now = hash();
        now.is_some() && now != before
    });
}

/// What a diff that finds nothing asks of `/openapi/v3`, and that it makes no dry-run.
#[track_caller]
fn asked(bed: &Bed) -> Vec<String> {
    let requests = bed.audited(|| drop(bed.diff().exits(0).shows("in sync: 1 object")));
    assert!(!requests.iter().any(|request| request.dry_run), "it is proved");
    let uris = requests.into_iter().map(|request| request.uri);
    uris.filter(|uri| uri.starts_with("/openapi")).collect()
}

/// The file that holds the schema of a group.
fn kept(bed: &Bed, group: &str) -> PathBuf {
    let servers = fs::read_dir(bed.cache().join("stackanetes")).expect("a cache");
    let files = servers
        .flatten()
        .flat_map(|server| fs::read_dir(server.path()).expect("a directory").flatten());
    let prefix = format!("apis_{group}_v1@");
    let mut files = files.map(|file| file.path()).filter(|path| {
        let name = path.file_name().expect("a name").to_string_lossy();
        name.starts_with(&prefix)
    });
    files.next().expect("a file")
}

#[test]
fn a_kind_that_somebody_else_defined_is_proved_by_the_servers_schema_which_is_kept() {
    let bed = Bed::new("schemas-kept");
    let group = "kept.example.com";
    define(&bed, group, "");
    bed.write(
        "widget.yaml",
        &format!("apiVersion: {group}/v1\nkind: Widget\nmetadata: {{name: first}}\nspec: {{tags: [b, a]}}\n"),
    );
    bed.synced();
    let document = format!("/openapi/v3/apis/{group}/v1?hash=");
    let is_document = |uris: &[String]| uris.len() == 2 && uris[0] == "/openapi/v3" && uris[1].starts_with(&document);
    let first = asked(&bed);
    assert!(is_document(&first), "{first:?}");
    // Once it is kept, only whether it is still the same is asked.
    assert_eq!(asked(&bed), ["/openapi/v3"]);

    // What cannot be read is read anew.
    fs::write(kept(&bed, group), "{\"components\":").expect("a file of ours");
    let broken = asked(&bed);
    assert!(is_document(&broken), "{broken:?}");
    assert_eq!(asked(&bed), ["/openapi/v3"]);

    // What is described otherwise now, too, and what was kept goes.
    let old = kept(&bed, group);
    define(&bed, group, ", size: {type: integer}");
    let changed = asked(&bed);
    assert!(is_document(&changed), "{changed:?}");
    assert_ne!(kept(&bed, group), old);
    assert!(!old.exists());

    // Where nothing can be kept, everything is read.
    fs::remove_dir_all(bed.cache()).expect("it is ours");
    fs::write(bed.cache(), "no directory").expect("a file of ours");
    for _ in 0..2 {
        let uris = asked(&bed);
        assert!(is_document(&uris), "{uris:?}");
    }
    fs::remove_file(bed.cache()).expect("it is ours");
}

#[test]
fn what_every_server_has_and_what_git_defines_needs_no_schema_of_the_server() {
    let bed = Bed::new("schemas-near");
    let group = "near.example.com";
    bed.write("definition.yaml", &definition(group, ""));
    bed.write(
        "widget.yaml",
        &format!("apiVersion: {group}/v1\nkind: Widget\nmetadata: {{name: first}}\nspec: {{tags: [b, a]}}\n"),
    );
    bed.write_config_map("settings", &[("a", "1")]);
    bed.synced();
    let requests = bed.audited(|| drop(bed.diff().exits(0).shows("in sync: 3 objects")));
    let openapi = requests.iter().filter(|request| request.uri.starts_with("/openapi"));
    assert_eq!(openapi.count(), 0);
    assert!(!requests.iter().any(|request| request.dry_run));
}

#[test]
fn what_the_server_knows_is_asked_for_by_its_tag() {
    let bed = Bed::new("schemas-discovery");
    bed.write_config_map("settings", &[("a", "1")]);
    bed.synced();
    let discovery = || {
        let requests = bed.audited(|| drop(bed.diff().exits(0)));
        let discovery = requests
            .into_iter()
            .filter(|request| ["/api", "/apis"].contains(&request.uri.as_str()));
        let mut discovery: Vec<(String, u16)> = discovery.map(|request| (request.uri, request.code)).collect();
        discovery.sort();
        discovery
    };
    // Other tests define kinds meanwhile, so that a single answer may be a new one.
    let is_kept = || discovery().iter().all(|(_, code)| *code == 304);
    assert!((0..5).any(|_| is_kept()), "{:?}", discovery());
    // A new kind is seen at once.
    define(&bed, "discovered.example.com", "");
    bed.write(
        "widget.yaml",
        "apiVersion: discovered.example.com/v1\nkind: Widget\nmetadata: {name: first}\nspec: {tags: [a]}\n",
    );
    bed.synced().shows("1 created");
    bed.remove("widget.yaml");
    bed.synced().shows("1 deleted");
}
