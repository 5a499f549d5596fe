//! Expressions in manifests.

use std::sync::LazyLock;

use stackanetes::diagnostic::place::SourceFile;
use stackanetes::object::field::FieldPath;
use stackanetes::sops::Identities;
use stackanetes::source::Unsealer;
use stackanetes::source::parameters::{ParameterSources, Parameters, read};
use stackanetes::source::render::Rendering;
use stackanetes::yaml;

use super::shown;

const DEFAULTS: &str = "
shop: {name: web, replicas: 3, ratio: 0.5, debug: false, hosts: [a.example, b.example], labels: {tier: front}}
site: {password: hunter2hunter2, nothing: null, text: \"a\\nb\\n\", sizes: [{name: small, gigabytes: 1}]}
";
const SCHEMA: &str = r#"{"properties": {
    "shop": {"properties": {
        "name": {"type": "string"}, "replicas": {"type": "integer"}, "ratio": {"type": "number"},
        "debug": {"type": "boolean"}, "hosts": {"type": "array"}, "labels": {"type": "object"}
    }},
    "site": {"properties": {
        "password": {"type": "string", "writeOnly": true}, "nothing": {}, "text": {"type": "string"},
        "sizes": {"type": "array"}
    }}
}}"#;

/// With some parameters of every type.
pub static RENDERING: LazyLock<Rendering> = LazyLock::new(|| {
    let identities = Identities::default();
    let parameters = read(&ParameterSources {
        defaults: &SourceFile::new("parameters.yaml", DEFAULTS),
        schema: &SourceFile::new("parameters.schema.json", SCHEMA),
        environment: None,
        sets: &[],
        unsealer: &Unsealer::new(&identities),
    });
    Rendering::new(parameters.unwrap_or_else(|_| Parameters::none()))
});

/// Renders the documents of a text, and looks at what each value was made from.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let file = SourceFile::new("a.yaml", text);
    let mut errors = Vec::new();
    for document in yaml::documents(&file, &mut errors) {
        let rendered = RENDERING.document(&file, &document.root, &mut errors);
        if Rendering::is_plain(&document.root) {
            let value = rendered.as_ref().map(|rendered| rendered.to_node().into_value());
            assert_eq!(value, Some(document.root.to_value()), "plain");
        }
        let Some(rendered) = rendered else { continue };
        let value = rendered.to_node().into_value();
        if !rendered.has_secrets() {
            assert!(!RENDERING.reveals(&value, Some(&document.root.to_value())), "a secret");
        }
        rendered.origins(&FieldPath::of(&["metadata", "name"]));
    }
    shown::errors(errors);
}
