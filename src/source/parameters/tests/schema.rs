//! What the schema of the parameters asks for, and what is wrong with a schema.

use super::*;
use crate::testing::documents;

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
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
    let recorded = documents(include_str!("../../../../fixtures/parameters/wrong-schemas.yaml"));
    assert!(recorded.len() > 15);
    for recorded in recorded {
        let (schema, expected) = (text(&recorded["schema"]), text(&recorded["says"]));
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
    let recorded = documents(include_str!("../../../../fixtures/parameters/words.yaml"));
    assert!(recorded.len() > 20);
    for recorded in recorded {
        let (schema, value, expected) = (&recorded["schema"], &recorded["value"], text(&recorded["says"]));
        let defaults = format!("a: {value}\n");
        let case = declared(json!({"properties": {"a": schema}}), &defaults);
        let errors = case.errors();
        assert!(errors[0].contains(&format!("{expected} (")), "{schema} {errors:?}");
        assert_eq!(errors.len(), 1, "{errors:?}");
    }
}
