//! YAML, and JSON, of any kind.

use stackanetes::diagnostic::place::SourceFile;
use stackanetes::yaml::{self, Node, NodeValue};

use super::shown;

/// Reads the documents of a text; what is written of each is read back as the same. Each is found again at its place,
/// unless the text has mistakes: then nothing reads it again.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let file = SourceFile::new("a.yaml", text);
    let mut errors = Vec::new();
    for document in yaml::documents(&file, &mut errors) {
        within(&document.root, file.text());
        let again = yaml::document_at(&file, document.span.clone());
        let value = document.root.into_value();
        if errors.is_empty() {
            assert_eq!(again.map(Node::into_value).as_ref(), Some(&value), "read again");
        }

        let written = SourceFile::new("b.yaml", yaml::written(&value));
        let mut wrong = Vec::new();
        let read: Vec<_> = yaml::documents(&written, &mut wrong)
            .into_iter()
            .map(|document| document.root.into_value())
            .collect();
        assert!(wrong.is_empty(), "{wrong:?} in {:?}", written.text());
        assert_eq!(read, [value], "{:?}", written.text());
    }
    shown::errors(errors);
}

/// Every value stands in the text, and begins and ends between characters.
fn within(node: &Node, text: &str) {
    assert!(text.get(node.span.clone()).is_some(), "{:?} of {text:?}", node.span);
    match &node.value {
        NodeValue::Mapping(entries) => entries.iter().for_each(|entry| within(&entry.value, text)),
        NodeValue::Sequence(items) => items.iter().for_each(|item| within(item, text)),
        _ => {}
    }
}
