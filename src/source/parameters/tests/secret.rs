//! What of a secret parameter is shown: its name alone.

use super::*;

#[test]
fn a_line_that_holds_no_secret_is_shown_with_its_mistake() {
    assert_eq!(
        environment("deployment:\n  control_replicas: 0.5 # half\n").seen(),
        "\
error: `deployment.control_replicas` must be a whole number, not a fraction
 --> environments/prod.yaml:2:3
  |
2 |   control_replicas: 0.5 # half
  |   ^^^^^^^^^^^^^^^^^^^^^
hint: `deployment.control_replicas`: How many of each API.
"
    );
}

#[test]
fn a_secret_is_shown_as_its_name_alone() {
    assert_eq!(
        environment("passwords:\n  admin: HUNTER2\n").seen(),
        "\
error: `passwords.admin` must match the pattern `^[a-z]{8,}$`
 --> environments/prod.yaml:2:3
  |
2 |   admin: …
  |   ^^^^^
"
    );
}

#[test]
fn no_error_holds_a_secret_however_it_was_written() {
    for text in [
        "passwords: {admin: HUNTER2}",
        "passwords: {admin: [HUNTER2]}",
        "passwords: {admin: {HUNTER2: HUNTER2}}",
        "passwords: {admin: HUNTER2, admn: x}",
        "passwords:\n  admn: HUNTER2\n",
        "passwords: HUNTER2",
        "passwords: [HUNTER2]",
        "password: {admin: HUNTER2}",
        "passwords:\n  admin: HUNTER2: x\n",
        "passwords:\n  admin: \"HUNTER2\n",
        "passwords: {admin: HUNTER2}\n---\npasswords: HUNTER2",
        "passwords: {admin: HUNTER2}\npasswords: {admin: HUNTER2}",
        "passwords: {admin: &x HUNTER2}\nnetwork: {backend: *x}\n",
        "network: {backend: 3}\npasswords: {admin: HUNTER2}\n",
        "{network: {backend: 3}, passwords: {admin: HUNTER2}}\n",
        "{network: {backend: 3, beckand: 1}, passwords: {admin: HUNTER2\n   HUNTER2}}\n",
        "passwords:\n  admin: |\n    HUNTER2\n    HUNTER2\n",
        "passwords:\n  admin: >\n    HUNTER2\n    HUNTER2\nnetwork: {backend: 1}\n",
        "- HUNTER2",
        "HUNTER2",
    ] {
        let seen = environment(text).seen();
        assert!(!seen.contains("HUNTER2"), "{text}\n{seen}");
        assert!(seen.contains("environments/prod.yaml:"), "{seen}");
    }
    for set in [
        "passwords.admin=HUNTER2",
        "passwords.admin=[HUNTER2",
        "passwords.admin={HUNTER2: 1}",
        "passwords.admn=HUNTER2",
        "passwords=HUNTER2",
        "passwords.admin=HUNTER2 #HUNTER2",
        "HUNTER2",
    ] {
        let seen = sets(&[set]).seen();
        assert!(!seen.contains("HUNTER2"), "{set}\n{seen}");
    }
    let parameters = sets(&["passwords.admin=hunterxx"]).read();
    assert!(!format!("{parameters:?}").contains("hunterxx"));
}

#[test]
fn the_place_of_a_secret_holds_no_value() {
    let parameters = ParameterFiles::default().read();
    let place = parameters.origin(&["passwords", "admin"]).expect("declared").place;
    assert_eq!(place.to_string(), "parameters.yaml:12:3");
    assert_eq!(place.file.text().trim(), "admin: …");
    let parameters = sets(&["passwords.admin=hunterxx"]).read();
    let place = parameters.origin(&["passwords", "admin"]).expect("declared").place;
    assert!(place.file.is_confidential());
}

#[test]
fn what_is_in_or_around_a_secret_is_secret() {
    let schema = json!({"properties": {
        "a": {"properties": {"secret": {"writeOnly": true}, "plain": {}}},
        "b": {"writeOnly": true, "properties": {"inherited": {"properties": {"deep": {}}}}},
        "list": {"type": "array", "items": {"properties": {"key": {"anyOf": [{"$ref": "#/$defs/secret"}, {"type": "null"}]}}}},
        "c": {"properties": {"writeOnly": {"type": "boolean"}}},
        "d": {"properties": {"x": {}}, "allOf": [{"properties": {"x": {"writeOnly": true}}}]}
    }, "$defs": {"secret": {"writeOnly": true}}});
    let defaults = "a: {secret: 1, plain: 2}\nb: {inherited: {deep: 1}}\nlist: []\nc: {writeOnly: true}\nd: {x: 1}\n";
    let parameters = declared(schema, defaults).read();
    for (path, expected) in [
        ("", true),
        ("a", true),
        ("a.secret", true),
        ("a.secret.inside", true),
        ("a.plain", false),
        ("a.unknown", true),
        ("b.inherited.deep", true),
        ("list", true),
        ("list.0.key", true),
        ("c", false),
        ("c.writeOnly", false),
        ("d.x", true),
    ] {
        let steps: Vec<_> = path.split('.').filter(|step| !step.is_empty()).collect();
        assert_eq!(parameters.is_secret(&steps), expected, "{path}");
    }
}

#[test]
fn a_default_in_the_open_is_named_whatever_its_type_unless_nothing_is_said_in_it() {
    let secret = json!({"writeOnly": true});
    let names = [
        "text", "number", "flag", "list", "map", "null", "none", "no_list", "no_map", "blank", "given",
    ];
    let properties: serde_json::Map<_, _> = names.iter().map(|name| ((*name).to_owned(), secret.clone())).collect();
    let defaults = "text: hunter2\nnumber: 1234\nflag: false\nlist: [hunter2]\nmap: {user: \"\", key: hunter2}\n\
                    'null': null\nnone: \"\"\nno_list: []\nno_map: {}\nblank: {user: \"\", keys: [null]}\ngiven: a\n";
    let case = ParameterFiles {
        sets: &["given=b"],
        ..declared(json!({"properties": properties}), defaults)
    };
    assert_eq!(case.read().secret_defaults(), ["flag", "list", "map", "number", "text"]);
}
