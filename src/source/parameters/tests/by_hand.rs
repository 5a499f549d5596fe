//! Parameters that are set for one run.

use super::*;

#[test]
fn a_value_on_the_command_line_is_yaml() {
    for (set, path, expected) in [
        (
            "deployment.control_replicas=3",
            "/deployment/control_replicas",
            json!(3),
        ),
        (
            "network.ingress.enabled=false",
            "/network/ingress/enabled",
            json!(false),
        ),
        (
            "network.external_ips=[10.0.0.1]",
            "/network/external_ips",
            json!(["10.0.0.1"]),
        ),
        (
            "network.external_ips=- 10.0.0.1\n- 10.0.0.2",
            "/network/external_ips",
            json!(["10.0.0.1", "10.0.0.2"]),
        ),
        ("deployment.image.tag=\"3\"", "/deployment/image/tag", json!("3")),
        ("deployment.image.tag=!!str 3", "/deployment/image/tag", json!("3")),
        ("deployment.image.base=", "/deployment/image/base", json!("")),
        ("deployment.image.base=a=b", "/deployment/image/base", json!("a=b")),
        (
            "deployment.image.base=--a\nb\n",
            "/deployment/image/base",
            json!("--a\nb\n"),
        ),
        (
            "deployment.image.base=|\n  a\n  b\n",
            "/deployment/image/base",
            json!("a\nb\n"),
        ),
        ("labels={x: z}", "/labels", json!({"x": "z"})),
    ] {
        let parameters = sets(&[set]).read();
        assert_eq!(parameters.value().pointer(path), Some(&expected), "{set}");
    }
}

#[test]
fn the_last_of_a_name_counts_and_is_what_a_sync_records() {
    let parameters = sets(&[
        "deployment.control_replicas=3",
        "deployment.control_replicas=5",
        "passwords.admin=abcdefgh",
    ])
    .read();
    assert_eq!(parameters.value()["deployment"]["control_replicas"], 5);
    let by_hand = parameters.set_by_hand();
    assert_eq!(
        by_hand.values,
        BTreeMap::from([("deployment.control_replicas".to_owned(), json!(5))])
    );
    assert_eq!(by_hand.secrets.iter().collect::<Vec<_>>(), ["passwords.admin"]);
}

#[test]
fn what_begins_no_yaml_value_is_set_as_text() {
    for text in ["%s.example.com", "@%s", "`%s`"] {
        let set = format!("network.ingress.host={text}");
        assert_eq!(sets(&[&set]).read().value()["network"]["ingress"]["host"], text);
    }
}

#[test]
fn what_cannot_be_set_by_hand_is_refused() {
    for (set, expected) in [
        (
            "deployment.control_replica=3",
            "--set deployment.control_replica:1:1 there is no parameter `deployment.control_replica` \
             (did you mean `deployment.control_replicas`?)",
        ),
        (
            "=3",
            "--set :1:1 there is no parameter ` ` (there are `deployment`, `labels`, `network`, `passwords`)",
        ),
        (
            "deployment.image=x",
            "--set deployment.image:1:1 `deployment.image` is a group of parameters (`deployment.image` has `base`, `tag`)",
        ),
        (
            "labels.x=z",
            "--set labels.x:1:1 `labels.x` is inside of a value, which is set whole \
             (write `--set labels=VALUE`, where VALUE is YAML such as `[a, b]`)",
        ),
        (
            "deployment.image.tag",
            "`--set deployment.image.tag` gives no value (write `--set deployment.image.tag=VALUE`)",
        ),
        (
            "hunter2",
            "`--set` must be given a name and a value (write `--set GROUP.NAME=VALUE`)",
        ),
        (
            "deployment.image.tag=[a",
            "--set deployment.image.tag:1:22 this `[` is never closed ()",
        ),
    ] {
        assert_eq!(sets(&[set]).errors()[0].replace("``", "` `"), expected);
    }
    for set in [
        "deployment.image.tag=a #b",
        "deployment.image.tag=#b",
        "deployment.image.tag=a\n---\nb",
    ] {
        assert!(
            sets(&[set]).errors()[0].starts_with("--set deployment.image.tag:1:22 this is more than one value"),
            "{set}"
        );
    }
}
