//! What the schema of the parameters asks for, and what is wrong with a schema.

use super::*;
use crate::testing::documents;

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

#[test]
fn every_violation_is_an_error_in_words_at_the_place_that_set_the_value() {
    let case = ParameterFiles {
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
        ..ParameterFiles::default()
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
    let errors = ParameterFiles {
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
        let case = ParameterFiles {
            schema: schema.to_owned(),
            ..ParameterFiles::default()
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
    let case = ParameterFiles {
        schema: schema.to_owned(),
        defaults: "a: 1\n",
        ..ParameterFiles::default()
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
    let case = ParameterFiles {
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

#[test]
fn references_that_double_what_is_asked_of_a_value_are_stopped() {
    let levels: [fn(&Value) -> Value; 3] = [
        |below| json!({"allOf": [below, below]}),
        |below| json!({"anyOf": [below, below]}),
        |below| json!({"if": below, "then": below}),
    ];
    for level in levels {
        let chained = |levels: usize| doubled(levels, level).try_read().err();
        assert_eq!(chained(5), None);
        let error = chained(60).expect("too many");
        assert_eq!(
            error.message(),
            "it takes more than 1000000 steps to check the parameters against their schema"
        );
    }
}

#[test]
fn what_has_to_be_compiled_again_and_again_is_refused_before_it_is() {
    let doubled = doubled(
        60,
        |below| json!({"anyOf": [below, below], "unevaluatedProperties": false}),
    );
    let nested = (0..50).fold(
        json!(true),
        |inner, _| json!({"anyOf": [inner], "unevaluatedItems": false}),
    );
    let nested = declared(json!({"properties": {"a": nested}}), "a: []\n");
    for case in [doubled, nested] {
        let error = &case.errors()[0];
        assert!(
            error.contains("there is too much below `unevaluatedProperties`"),
            "{error}"
        );
    }
}

/// A parameter that is declared by so many definitions, each of which refers to the next as `level` says.
fn doubled(levels: usize, level: fn(&Value) -> Value) -> ParameterFiles<'static> {
    let mut definitions: serde_json::Map<_, _> = (1..=levels)
        .map(|number| {
            let below = json!({"$ref": format!("#/$defs/d{}", number - 1)});
            (format!("d{number}"), level(&below))
        })
        .collect();
    definitions.insert("d0".to_owned(), json!(true));
    let first = json!({"$ref": format!("#/$defs/d{levels}")});
    declared(json!({"properties": {"a": first}, "$defs": definitions}), "a: x\n")
}

/// A schema of the parameter `a`, and its value: what they ask of each other is refused with these words.
fn refused(schema: Value, value: &str) -> Vec<String> {
    declared(json!({"properties": {"a": schema}}), &format!("a: {value}\n")).errors()
}

#[test]
fn of_many_violations_the_first_are_described_and_the_others_counted() {
    let errors = refused(
        json!({"items": {"type": "integer"}}),
        &format!("[{}]", "x, ".repeat(250)),
    );
    assert_eq!(errors.len(), 101);
    assert_eq!(
        errors[99],
        "parameters.yaml:1:302 item 100 of `a` must be a whole number, not text ()"
    );
    assert_eq!(errors[100], "150 more of such mistakes are not shown ()");
}

#[test]
fn a_list_that_is_too_long_for_its_schema_is_refused_before_it_is_checked() {
    let long = format!("[{}]", "x, ".repeat(200_000));
    let choice = json!({"items": {"anyOf": [{"const": 1}, {"const": 2}, {"const": 3}]}, "contains": {"const": 1}});
    let names = json!({"items": {"enum": (0..1000).collect::<Vec<_>>()}});
    for schema in [choice, names] {
        let errors = refused(schema, &long);
        assert_eq!(errors.len(), 1);
        assert!(
            errors[0].contains("it takes more than 1000000 steps to check"),
            "{}",
            errors[0]
        );
    }
}

#[test]
fn of_many_forms_and_keys_the_first_are_listed() {
    let forms: Vec<_> = (0..5000).map(|number| json!({"const": number})).collect();
    let errors = refused(json!({"anyOf": forms}), "x");
    assert!(
        errors[0].ends_with("be `18`, or be `19`, or fit another form in the schema ()"),
        "{}",
        errors[0]
    );
    let within: Vec<_> = (0..100).map(|number| json!({"const": number})).collect();
    let nested = (0..3).fold(
        json!({"anyOf": within}),
        |inner, _| json!({"anyOf": [inner, {"anyOf": within}]}),
    );
    let errors = refused(nested, "x");
    assert!(errors[0].len() < 20_000, "{}", errors[0].len());
    let keys: Vec<_> = (0..3000).map(|number| format!("k{number:04}: 1")).collect();
    let errors = refused(
        json!({"additionalProperties": false, "patternProperties": {"^x": {}}}),
        &format!("{{{}}}", keys.join(", ")),
    );
    assert!(errors[0].contains("`k0019` and 2980 more"), "{}", errors[0]);
}

#[test]
fn a_schema_of_too_many_values_or_mistakes_is_refused() {
    let large = json!({"enum": (0..100_000).collect::<Vec<_>>()});
    assert_eq!(
        refused(large, "1"),
        ["parameters.schema.json:1:1 the schema holds more than 100000 values \
          (declare a parameter that is a list or a mapping in place of many)"]
    );
    let unknown = |number| {
        (
            format!("p{number}"),
            json!({"tpye": "string", "$ref": format!("#/$defs/{number}")}),
        )
    };
    let invalid = |number| (format!("p{number}"), json!({"type": "strnig"}));
    let of = |one: &dyn Fn(i32) -> (String, Value)| -> serde_json::Map<_, _> { (0..10_000).map(one).collect() };
    for properties in [of(&invalid), of(&unknown)] {
        let case = declared(json!({"properties": properties}), "a: 1\n");
        let found = case.errors();
        assert_eq!(found.len(), 101);
        assert!(
            found
                .last()
                .is_some_and(|last| last.contains("more of such mistakes are not shown")),
            "{found:?}"
        );
    }
}

#[test]
fn definitions_that_are_referred_to_from_everywhere_are_stopped() {
    let large: serde_json::Map<_, _> = (0..2000).map(|number| (format!("k{number}"), json!(true))).collect();
    let parameters: serde_json::Map<_, _> = (0..1000)
        .map(|number| (format!("p{number}"), json!({"items": {"$ref": "#/$defs/large"}})))
        .collect();
    let case = declared(
        json!({"properties": parameters, "$defs": {"large": {"dependentSchemas": large}}}),
        "p0: 1\n",
    );
    assert!(case.errors()[0].contains("it takes more than 1000000 steps to find which parameters are secret"));
}

#[test]
fn of_many_names_that_are_not_declared_the_first_are_told() {
    let names: Vec<_> = (0..3000).map(|number| format!("q{number}: 1\n")).collect();
    let errors = declared(json!({"properties": {"a": true}}), &names.concat()).errors();
    assert_eq!(errors.len(), 101);
    assert_eq!(errors[100], "2900 more of such mistakes are not shown ()");
}
