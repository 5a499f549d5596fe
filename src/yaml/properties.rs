//! What holds for every text: no panic, no place outside of it, and what is kept is found again. And for
//! every value: it is read as it was written.

use std::ops::Range;

use proptest::prelude::*;

use serde_json::Value;

use super::{Node, NodeValue, document_at, documents, written};
use crate::diagnostic::error::Error;
use crate::diagnostic::place::SourceFile;
use crate::object::field::{FieldPath, PathElement};

/// Texts made of what YAML gives a meaning, so that many are nearly well-formed.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "b",
        "é",
        "😀",
        "name",
        "1",
        "0644",
        "1.5",
        "yes",
        "~",
        ":",
        ": ",
        "- ",
        "\n",
        "\n  ",
        "\n    ",
        "\r\n",
        "\t",
        " ",
        "{",
        "}",
        "[",
        "]",
        ",",
        "\"",
        "'",
        "|\n",
        ">-\n",
        "|2+\n",
        "&a ",
        "*a",
        "<<: ",
        "!!str ",
        "!!int ",
        "!x ",
        "---\n",
        "...\n",
        "--- ",
        "# c",
        "? ",
        "\\",
        "\\u00e9",
        "%YAML 1.2\n",
        "%TAG ! x:\n",
        "\u{feff}",
        "\u{85}",
        "\0",
        "a: 1\n",
        "a: &a {b: *a}\n",
        "\n- x: y\n  z: w\n",
    ]);
    prop_oneof![
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat()),
        any::<String>()
    ]
}

/// Values whose texts and keys are made of the same.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>()
            .prop_filter("JSON has no infinity", |number| number.is_finite())
            .prop_map(Value::from),
        texts().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |value| {
        let key = prop_oneof![texts(), Just("fieldsV1".to_owned())];
        prop_oneof![
            prop::collection::vec(value.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(key, value, 0..6).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// A number is one number however it is written.
fn plain(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => {
            let file = SourceFile::new("a.yaml", number.to_string());
            documents(&file, &mut Vec::new()).remove(0).root.into_value()
        }
        Value::Array(items) => items.into_iter().map(plain).collect(),
        Value::Object(fields) => Value::Object(fields.into_iter().map(|(key, value)| (key, plain(value))).collect()),
        value => value,
    }
}

fn check(node: &Node, path: &FieldPath, root: &Node, text: &str) {
    let sound = |span: &Range<usize>| {
        assert!(text.get(span.clone()).is_some(), "{span:?} at {path} of {text:?}");
    };
    sound(&node.span);
    let pointed = root.locate(path, text);
    sound(&pointed);
    assert!(!text[pointed].contains('\n'));
    match &node.value {
        NodeValue::Sequence(items) => {
            for (index, item) in items.iter().enumerate() {
                check(item, &path.join(PathElement::Index(index)), root, text);
            }
        }
        NodeValue::Mapping(entries) => {
            for entry in entries {
                sound(&entry.key_span);
                let path = path.join(PathElement::field(&entry.key));
                assert_eq!(root.get(&path), Some(&entry.value), "a key once");
                check(&entry.value, &path, root, text);
            }
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_text_panics_and_every_place_lies_in_the_text(text in texts()) {
        let file = SourceFile::new("a.yaml", text);
        let mut errors = Vec::new();
        for document in documents(&file, &mut errors) {
            prop_assert!(file.text().get(document.span).is_some());
            check(&document.root, &FieldPath::root(), &document.root, file.text());
        }
        for (place, _) in errors.iter().flat_map(Error::places) {
            prop_assert!(file.text().get(place.span.clone()).is_some(), "{:?}", errors);
        }
    }

    #[test]
    fn a_value_is_read_as_it_was_written(value in values()) {
        let text = written(&value);
        let file = SourceFile::new("a.yaml", text.clone());
        let mut errors = Vec::new();
        let documents = documents(&file, &mut errors);
        prop_assert!(errors.is_empty() && documents.len() == 1, "{:?}\n{}", errors, text);
        prop_assert_eq!(documents[0].root.to_value(), plain(value), "\n{}", text);
    }

    #[test]
    fn a_mapping_read_again_is_the_same(text in texts()) {
        let file = SourceFile::new("a.yaml", text);
        let mut errors = Vec::new();
        for document in documents(&file, &mut errors) {
            if errors.is_empty() && document.root.entries().is_some() {
                prop_assert_eq!(document_at(&file, document.span), Some(document.root));
            }
        }
    }
}
