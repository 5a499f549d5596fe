//! The rules of parameters, each seen from outside.

use serde_json::{Value, json};

use super::*;
use crate::view;

const DEFAULTS: &str = "\
# Every knob.
deployment:
  control_replicas: 1
  image: {base: registry, tag: latest}
network:
  external_ips: []
  backend: ovs
  ingress:
    enabled: true
    host: '%s.openstack.cluster'
passwords:
  admin: swordfish
labels: {a: b}
";

fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "deployment": {"properties": {
                "control_replicas": {"type": "integer", "minimum": 1, "maximum": 9, "description": "How many of each API."},
                "image": {"properties": {"base": {"type": "string"}, "tag": {"type": "string", "minLength": 1}}}
            }},
            "network": {"properties": {
                "external_ips": {"type": "array", "items": {"type": "string", "format": "ipv4"}, "uniqueItems": true},
                "backend": {"enum": ["ovs", "ovn"]},
                "ingress": {"properties": {
                    "enabled": {"type": "boolean"},
                    "host": {"type": "string", "pattern": "%s", "description": "Where each service answers; `%s` is its name."}
                }}
            }},
            "passwords": {"properties": {"admin": {"$ref": "#/$defs/password"}}},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}}
        },
        "$defs": {"password": {"type": "string", "writeOnly": true, "pattern": "^[a-z]{8,}$"}}
    })
}

/// What goes in; the rest is as above.
struct Case<'a> {
    defaults: &'a str,
    schema: String,
    environment: &'a str,
    sets: &'a [&'a str],
}

impl Default for Case<'_> {
    fn default() -> Self {
        Self {
            defaults: DEFAULTS,
            schema: serde_json::to_string_pretty(&schema()).expect("JSON"),
            environment: "",
            sets: &[],
        }
    }
}

impl Case<'_> {
    fn try_read(&self) -> Result<Parameters> {
        let sets: Vec<_> = self
            .sets
            .iter()
            .map(|set| Assignment::Yaml((*set).to_owned()))
            .collect();
        read(&Sources {
            identities: &crate::sops::Identities::default(),
            defaults: &SourceFile::new("parameters.yaml", self.defaults),
            schema: &SourceFile::new("parameters.schema.json", self.schema.as_str()),
            environment: Some(&SourceFile::new("environments/prod.yaml", self.environment)),
            sets: &sets,
        })
    }

    fn read(&self) -> Parameters {
        self.try_read()
            .unwrap_or_else(|error| panic!("{}", view::error(&error)))
    }

    /// Each error as `place message (hints)`.
    fn errors(&self) -> Vec<String> {
        let error = self.try_read().expect_err("refused");
        let one = |error: &Error| {
            let place = error.places().first().map(|(place, _)| format!("{place} "));
            let hints = error.hints().join("; ");
            format!("{}{} ({hints})", place.unwrap_or_default(), error.message())
        };
        error.each().map(one).collect()
    }

    /// The errors as a person sees them.
    fn seen(&self) -> String {
        let error = self.try_read().expect_err("refused");
        anstream::adapter::strip_str(&view::error(&error)).to_string()
    }
}

fn environment(environment: &str) -> Case<'_> {
    Case {
        environment,
        ..Case::default()
    }
}

fn sets<'a>(sets: &'a [&'a str]) -> Case<'a> {
    Case {
        sets,
        ..Case::default()
    }
}

fn declared(schema: Value, defaults: &str) -> Case<'_> {
    Case {
        schema: serde_json::to_string_pretty(&schema).expect("JSON"),
        defaults,
        ..Case::default()
    }
}

fn place(parameters: &Parameters, path: &str) -> String {
    let path: Vec<_> = path.split('.').filter(|step| !step.is_empty()).collect();
    parameters.origin(&path).expect("declared").place.to_string()
}

#[test]
fn without_an_environment_the_defaults_hold() {
    let parameters = Case::default().read();
    assert_eq!(parameters.value()["deployment"]["control_replicas"], 1);
    assert_eq!(parameters.value()["labels"], json!({"a": "b"}));
    assert!(parameters.set_by_hand().is_empty());
}

#[test]
fn an_environment_replaces_values_one_by_one_and_lists_and_mappings_whole() {
    let parameters =
        environment("deployment: {image: {tag: '2026.1'}}\nnetwork:\n  # nothing yet\n  ingress:\nlabels: {c: d}\n")
            .read();
    assert_eq!(
        parameters.value()["deployment"],
        json!({"control_replicas": 1, "image": {"base": "registry", "tag": "2026.1"}})
    );
    assert_eq!(parameters.value()["labels"], json!({"c": "d"}));
    assert_eq!(parameters.value()["network"]["ingress"]["enabled"], true);
}

#[test]
fn the_place_of_a_value_is_where_it_was_set_last() {
    let parameters = Case {
        environment: "deployment:\n  control_replicas: 3\nnetwork:\n  external_ips:\n    - 10.0.0.1\n    - 10.0.0.2\n",
        sets: &["deployment.image.tag=v1", "network.backend=ovn", "labels={x: z}"],
        ..Case::default()
    }
    .read();
    for (path, expected) in [
        ("deployment.control_replicas", "environments/prod.yaml:2:3"),
        ("deployment.image.base", "parameters.yaml:4:11"),
        ("deployment.image.tag", "--set deployment.image.tag:1:22"),
        ("network.external_ips", "environments/prod.yaml:4:3"),
        ("network.external_ips.1", "environments/prod.yaml:6:7"),
        ("network.external_ips.7", "environments/prod.yaml:4:3"),
        ("network.backend", "--set network.backend:1:17"),
        ("labels.x", "--set labels:1:9"),
        ("network", "parameters.yaml:5:1"),
        ("", "parameters.yaml:2:1"),
    ] {
        assert_eq!(place(&parameters, path), expected, "{path}");
    }
    assert_eq!(parameters.origin(&["network", "nothing"]), None);
    let role = parameters.origin(&["labels"]).expect("declared").role;
    assert_eq!(role, Role::Parameter);
}

#[test]
fn an_unknown_name_is_an_error_with_the_nearest_known_one() {
    for (text, expected) in [
        (
            "deployment:\n  control_replica: 3\n",
            "environments/prod.yaml:2:3 there is no parameter `deployment.control_replica` \
             (did you mean `deployment.control_replicas`?)",
        ),
        (
            "netwrok: {ingress: {host: x}}\n",
            "environments/prod.yaml:1:1 there is no parameter `netwrok` (did you mean `network`?)",
        ),
        (
            "deployment: {ingress: {}, backend: ovn}\n",
            "environments/prod.yaml:1:14 there is no parameter `deployment.ingress` \
             (`deployment` has `control_replicas`, `image`)",
        ),
        (
            "backend: ovn\n",
            "environments/prod.yaml:1:1 there is no parameter `backend` (did you mean `network.backend`?)",
        ),
        (
            "network: {ingress.host: '%s.x'}\n",
            "environments/prod.yaml:1:11 there is no parameter `network.ingress.host` \
             (nest it: `ingress:`, and below it `host:`)",
        ),
        (
            "network: off\n",
            "environments/prod.yaml:1:1 `network` is a group of parameters, not a boolean \
             (`network` has `backend`, `external_ips`, `ingress`)",
        ),
    ] {
        assert_eq!(environment(text).errors()[0], expected);
    }
}

#[test]
fn an_environment_must_be_one_mapping() {
    assert_eq!(
        environment("- a\n").errors(),
        [
            "environments/prod.yaml:1:1 environments/prod.yaml must be a mapping, not a list \
          (write groups of parameters, for example `ceph:` and below it `  enabled: true`)"
        ]
    );
    assert!(environment("{}\n---\n{}\n").errors()[0].contains("must hold one document"));
    assert!(environment("a: b: c\n").errors()[0].starts_with("environments/prod.yaml:1:5"));
    assert!(environment("# nothing\n").try_read().is_ok());
}

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

#[test]
fn every_violation_is_an_error_in_words_at_the_place_that_set_the_value() {
    let case = Case {
        environment: "\
deployment:
  control_replicas: 0
  image: {tag: 3}
network:
  external_ips:
    - 10.0.0.1
    - 10.0.0.300
  ingress:
    enabled: 'true'
    host: openstack
",
        sets: &["network.backend=ovm", "labels={a: 1}"],
        ..Case::default()
    };
    assert_eq!(
        case.errors(),
        [
            "environments/prod.yaml:2:3 `deployment.control_replicas` must be at least 1, not `0` \
             (`deployment.control_replicas`: How many of each API.)",
            "environments/prod.yaml:3:11 `deployment.image.tag` must be text, not a number (put it in quotes)",
            "environments/prod.yaml:7:7 item 2 of `network.external_ips` must be an IPv4 address, not `10.0.0.300` ()",
            "environments/prod.yaml:9:5 `network.ingress.enabled` must be `true` or `false`, not text (take it out of its quotes)",
            "environments/prod.yaml:10:5 `network.ingress.host` must match the pattern `%s` \
             (`network.ingress.host`: Where each service answers; `%s` is its name.)",
            "--set network.backend:1:17 `network.backend` must be `ovs` or `ovn`, not `ovm` (did you mean `ovn`?)",
            "--set labels:1:9 `a` of `labels` must be text, not a number (put it in quotes)",
        ]
    );
}

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
    let parameters = Case::default().read();
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
fn every_parameter_has_a_declaration_and_a_default() {
    let case = declared(
        json!({"properties": {"a": {"properties": {"x": {}, "y": {}}}, "b": {"properties": {"z": {}}}, "c": {"properties": {}}}}),
        "a:\n  x: 1\n  w: 2\n",
    );
    assert_eq!(
        case.errors(),
        ["parameters.yaml:3:3 the schema declares no parameter `a.w` (did you mean `a.x`?)"],
    );
    let errors = Case {
        defaults: "a:\n  x: 1\n",
        ..case
    }
    .errors();
    assert_eq!(
        errors,
        [
            "parameters.schema.json:6:9 parameters.yaml has no `a.y` (add it with its default to parameters.yaml, or drop it here)",
            "parameters.schema.json:9:5 parameters.yaml has no parameter of `b` \
             (add the group with a default for each to parameters.yaml, or drop it here)",
        ]
    );
}

#[test]
fn a_schema_that_is_wrong_is_an_error_at_its_place() {
    for (schema, expected) in [
        ("{\"properties\": {", "1:16 the schema is not JSON"),
        ("{\n  \"type\": \"object\",\n}", "3:1 the schema is not JSON"),
        ("[]", "1:1 the schema must be a JSON object, not a list"),
        ("{}", "1:1 the schema declares no parameters"),
        ("{\"type\": \"objekt\"}", "1:2 the schema is not valid: `type` must be"),
        (
            "{\"properties\": {\"a\": {\"minimum\": \"1\"}}}",
            "1:23 the schema is not valid: `minimum` must be a number, not text",
        ),
        (
            "{\"properties\": {\"a\": {\"pattern\": \"(\"}}}",
            "1:23 the schema is not valid: `pattern` must be a regular expression",
        ),
        ("{\"properties\": {\"a\": {\"format\": \"ipv5\"}}}", "1:23 the schema"),
        (
            "{\"properties\": {\"a\": {\"writeonly\": true}}}",
            "1:23 the schema has no keyword `writeonly` (did you mean `writeOnly`?)",
        ),
        (
            "{\"properties\": {\"a\": {\"default\": 1}}}",
            "1:23 `default` has no meaning in this schema",
        ),
        ("{\"properties\": {\"a-b\": {}}}", "1:17 `a-b` cannot name a parameter"),
        (
            "{\"properties\": {\"a\": {\"$ref\": \"#/$defs/b\"}}}",
            "1:31 this `$ref` leads to no schema of this file",
        ),
        (
            "{\"properties\": {\"a\": {\"$ref\": \"https://example.com/a\"}}}",
            "1:31 this `$ref` leads to no schema of this file",
        ),
        (
            "{\"properties\": {\"a\": {\"$ref\": \"#/properties/a\"}}}",
            "1:22 this schema refers to itself without end",
        ),
        (
            "{\"properties\": {\"a\": {\"$ref\": \"#\"}}}",
            "1:17 a group of parameters must not contain itself",
        ),
        (
            "{\"$schema\": \"http://json-schema.org/draft-07/schema#\", \"properties\": {}}",
            "1:2 the schema must be of draft 2020-12",
        ),
        (
            "{\"properties\": {}, \"properties\": {}}",
            "1:20 the key `properties` is written twice",
        ),
        (
            "{\"properties\": {\"a\": {\"$ref\": \"#/$defs/g\", \"properties\": {\"x\": {}}}}, \"$defs\": {\"g\": {\"properties\": {\"x\": {\"writeOnly\": true}}}}}",
            "1:102 `x` is declared twice",
        ),
    ] {
        let case = Case {
            schema: schema.to_owned(),
            ..Case::default()
        };
        let errors = case.errors();
        assert!(
            errors[0].starts_with(&format!("parameters.schema.json:{expected}")),
            "{schema}\n{errors:#?}"
        );
    }
}

#[test]
fn a_schema_may_be_indented_by_tabs() {
    let schema = "{\n\t\"properties\": {\n\t\t\"a\":\t{\"type\": \"integer\"}\n\t}\n}\n";
    let case = Case {
        schema: schema.to_owned(),
        defaults: "a: 1\n",
        ..Case::default()
    };
    assert_eq!(case.read().value(), &json!({"a": 1}));
}

#[test]
fn references_that_multiply_are_stopped() {
    let mut definitions = serde_json::Map::new();
    for level in 0..40 {
        let next = json!({"$ref": format!("#/$defs/d{}", level + 1)});
        definitions.insert(format!("d{level}"), json!({"properties": {"a": next, "b": next}}));
    }
    definitions.insert("d40".to_owned(), json!({"type": "integer"}));
    let case = declared(
        json!({"properties": {"a": {"$ref": "#/$defs/d0"}}, "$defs": definitions}),
        "a: {}",
    );
    assert!(case.errors()[0].contains("declares more than 10000 parameters"));
}

#[test]
fn a_schema_nested_as_deeply_as_can_be_read_is_no_trouble() {
    let nested = (0..110).fold(json!({"const": 1}), |inner, _| json!({"not": inner}));
    declared(json!({"properties": {"a": nested}}), "a: 1\n").read();
    let definitions: serde_json::Map<_, _> = (0..110)
        .map(|level| {
            (
                format!("d{level}"),
                json!({"allOf": [{"$ref": format!("#/$defs/d{}", level + 1)}]}),
            )
        })
        .chain([("d110".to_owned(), json!(true))])
        .collect();
    for (first, fits) in [(20, true), (0, false)] {
        let mut definitions = definitions.clone();
        definitions.retain(|name, _| name[1..].parse::<i32>().expect("a number") >= first);
        let start = json!({"$ref": format!("#/$defs/d{first}")});
        let case = declared(json!({"properties": {"a": start}, "$defs": definitions}), "a: 1\n");
        assert_eq!(case.try_read().is_ok(), fits);
    }
}

#[test]
fn a_rule_between_parameters_holds_and_is_told_at_the_value_it_is_about() {
    let schema = json!({
        "properties": {"ceph": {"properties": {"enabled": {"type": "boolean"}, "monitors": {"type": "array"}}}},
        "if": {"properties": {"ceph": {"properties": {"enabled": {"const": true}}}}},
        "then": {"properties": {"ceph": {"properties": {"monitors": {"minItems": 1}}}}}
    });
    let case = Case {
        environment: "ceph: {enabled: true}\n",
        ..declared(schema, "ceph:\n  enabled: false\n  monitors: []\n")
    };
    assert_eq!(
        case.errors(),
        ["parameters.yaml:3:3 `ceph.monitors` must have at least 1 item ()"]
    );
}

#[test]
fn what_a_schema_asks_for_is_said_in_words() {
    for (schema, value, expected) in [
        (
            json!({"type": ["string", "null"]}),
            "1",
            "must be null or text, not a number",
        ),
        (json!({"const": "x"}), "z", "must be `x`, not `z`"),
        (json!({"maximum": 3}), "4", "must be at most 3, not `4`"),
        (json!({"exclusiveMinimum": 0}), "0", "must be more than 0, not `0`"),
        (json!({"exclusiveMaximum": 1.5}), "2", "must be less than 1.5, not `2`"),
        (json!({"multipleOf": 5}), "4", "must be a multiple of 5, not `4`"),
        (json!({"minLength": 2}), "a", "must have at least 2 characters"),
        (json!({"maxLength": 1}), "ab", "must have at most 1 character"),
        (json!({"maxItems": 1}), "[1, 2]", "must have at most 1 item"),
        (
            json!({"uniqueItems": true}),
            "[1, 1]",
            "must not hold the same item twice",
        ),
        (json!({"minProperties": 1}), "{}", "must have at least 1 key"),
        (
            json!({"type": "object", "required": ["k"]}),
            "{}",
            "must have the key `k`",
        ),
        (
            json!({"additionalProperties": false, "patternProperties": {"^x": {}}}),
            "{xa: 1, b: 2}",
            "must not have the key `b`",
        ),
        (
            json!({"type": "object", "propertyNames": {"maxLength": 2}}),
            "{abc: 1}",
            "must have no key `abc`: a key must have at most 2 characters",
        ),
        (
            json!({"contains": {"const": 1}}),
            "[2]",
            "must hold the items that the schema asks for",
        ),
        (
            json!({"not": {"const": 1}}),
            "1",
            "must not be what the schema excludes",
        ),
        (
            json!({"prefixItems": [{}], "items": false}),
            "[1, 2]",
            "must be left out",
        ),
        (
            json!({"anyOf": [{"type": "integer"}, {"type": "array"}]}),
            "x",
            "must be a whole number, or be a list",
        ),
        (
            json!({"oneOf": [{"type": "integer", "minimum": 5}, {"type": "string"}]}),
            "3",
            "must be at least 5",
        ),
        (
            json!({"oneOf": [{"minimum": 5}, {"multipleOf": 2}]}),
            "6",
            "must fit one of the forms in the schema, and no other of them",
        ),
        (
            json!({"format": "date"}),
            "x",
            "must be a date such as 2026-03-31, not `x`",
        ),
        (
            json!({"format": "json-pointer"}),
            "x",
            "must have the format `json-pointer`, not `x`",
        ),
        (
            json!({"enum": ["", 1, null]}),
            "x",
            "must be empty text, `1` or `null`, not `x`",
        ),
        (json!(false), "x", "must be left out"),
    ] {
        let defaults = format!("a: {value}\n");
        let case = declared(json!({"properties": {"a": schema}}), &defaults);
        let errors = case.errors();
        assert!(errors[0].contains(&format!("{expected} (")), "{schema} {errors:?}");
        assert_eq!(errors.len(), 1, "{errors:?}");
    }
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    fn texts(pieces: Vec<&'static str>) -> impl Strategy<Value = String> {
        prop_oneof![
            3 => prop::collection::vec(prop::sample::select(pieces), 0..30).prop_map(|pieces| pieces.concat()),
            1 => any::<String>()
        ]
    }

    fn yaml() -> impl Strategy<Value = String> {
        texts(vec![
            "deployment:",
            "control_replicas: ",
            "network:",
            "  external_ips: ",
            "passwords:",
            "  admin: ",
            "labels: ",
            "\n",
            "\n  ",
            "\n    ",
            "[",
            "]",
            "{",
            "}",
            ", ",
            "é",
            "1",
            "null",
            "'",
            "- ",
            "&a ",
            "*a",
            "<<: ",
            "|\n",
            "---\n",
            "#",
            "a",
            ": ",
            "=",
            ".",
        ])
    }

    fn schemas() -> impl Strategy<Value = String> {
        let leaf = prop::sample::select(vec![
            json!({}),
            json!(true),
            json!(false),
            json!({"type": "integer"}),
            json!({"$ref": "#"}),
            json!({"$ref": "#/$defs/a"}),
            json!({"$ref": "#/properties/a"}),
            json!({"writeOnly": true}),
            json!({"pattern": "("}),
            json!({"format": "x"}),
            json!(1),
            json!({"$ref": "#/$defs/b/items"}),
            json!({"enum": []}),
            json!({"minimum": "x"}),
        ]);
        let tree = leaf.prop_recursive(4, 24, 3, |inner| {
            prop_oneof![
                prop::collection::btree_map("[abc]", inner.clone(), 0..3).prop_map(|map| json!({"properties": map})),
                prop::collection::vec(inner.clone(), 0..3).prop_map(|list| json!({"anyOf": list})),
                inner.clone().prop_map(|item| json!({"items": item})),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| json!({"if": a, "then": b, "properties": {}})),
                inner.prop_map(|item| json!({"additionalProperties": item, "not": item})),
            ]
        });
        let whole = (
            prop::collection::btree_map("[abc]", tree.clone(), 0..3),
            prop::collection::btree_map("[ab]", tree, 0..3),
        )
            .prop_map(|(properties, definitions)| json!({"properties": properties, "$defs": definitions}).to_string());
        prop_oneof![
            4 => whole,
            1 => texts(vec!["{", "}", "\"properties\"", ":", "\"a\"", "[", "]", ",", "1", "\"$ref\"", "\"#\"", "\t", "\n", "é", "\\u00", "\""])
        ]
    }

    fn check(case: &Case<'_>) {
        if let Err(error) = case.try_read() {
            for (place, _) in error.each().flat_map(Error::places) {
                assert!(place.file.text().get(place.span.clone()).is_some(), "{error:?}");
            }
            view::error(&error);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn no_text_panics_and_every_place_lies_in_its_file(defaults in yaml(), environment in yaml(), set in yaml()) {
            check(&Case { defaults: &defaults, environment: &environment, sets: &[&set], ..Case::default() });
            let set = format!("passwords.admin={set}");
            check(&Case { environment: &environment, sets: &[&set], ..Case::default() });
        }

        #[test]
        fn no_schema_panics(schema in schemas(), defaults in prop_oneof![yaml(), Just("{a: 1, b: {a: 1}, c: []}".to_owned())]) {
            check(&Case { schema, defaults: &defaults, ..Case::default() });
        }

        #[test]
        fn no_secret_is_seen(before in yaml(), after in yaml(), name in "admin|admn|[a-z]{1,3}") {
            let environment = format!("{before}\npasswords:\n  {name}: HUNTER2\n{after}");
            let case = Case { environment: &environment, ..Case::default() };
            if case.try_read().is_err() {
                let seen = case.seen();
                prop_assert!(!seen.contains("HUNTER2"), "{}", seen);
            }
        }
    }
}
