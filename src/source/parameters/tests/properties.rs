//! Whatever the texts are: no panic, every place in its file, no secret seen.

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

fn check(case: &ParameterFiles<'_>) {
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
        check(&ParameterFiles { defaults: &defaults, environment: &environment, sets: &[&set], ..ParameterFiles::default() });
        let set = format!("passwords.admin={set}");
        check(&ParameterFiles { environment: &environment, sets: &[&set], ..ParameterFiles::default() });
    }

    #[test]
    fn no_schema_panics(schema in schemas(), defaults in prop_oneof![yaml(), Just("{a: 1, b: {a: 1}, c: []}".to_owned())]) {
        check(&ParameterFiles { schema, defaults: &defaults, ..ParameterFiles::default() });
    }

    #[test]
    fn no_secret_is_seen(before in yaml(), after in yaml(), name in "admin|admn|[a-z]{1,3}") {
        let environment = format!("{before}\npasswords:\n  {name}: HUNTER2\n{after}");
        let case = ParameterFiles { environment: &environment, ..ParameterFiles::default() };
        if case.try_read().is_err() {
            let seen = case.seen();
            prop_assert!(!seen.contains("HUNTER2"), "{}", seen);
        }
    }
}
