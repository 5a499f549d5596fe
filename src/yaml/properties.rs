//! What holds for every text: no panic, no place outside of it, and what is kept is found again.

use std::ops::Range;

use proptest::prelude::*;

use super::{Node, NodeValue, document_at, documents};
use crate::error::Error;
use crate::field::{FieldPath, PathElement};
use crate::place::SourceFile;

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
                let path = path.join(PathElement::Field(entry.key.clone()));
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
