//! Configuration files of oslo.config, and the schemas of their options.

use stackanetes::check::oslo::mistakes;
use stackanetes::diagnostic::place::{Place, SourceFile};
use stackanetes::source::SchemaFile;

use super::parts::parts;
use super::shown;

/// A file, and below `-- schema --` what `oslo-config-generator` says of its options.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let parts = parts(&text);
    let schema = parts.iter().find(|(name, _)| *name == "schema");
    let schema = schema.map_or("{}", |(_, schema)| schema.as_str());
    let schema = SchemaFile {
        path: "options.json".to_owned(),
        bytes: schema.as_bytes().to_vec(),
        place: Place::of_line(SourceFile::new("component.yaml", ""), 0),
    };
    let schema = match schema.schema() {
        Ok(schema) => schema,
        Err(error) => return shown::error(&error),
    };
    let file = &parts[0].1;
    for mistake in mistakes(file, &schema) {
        assert!(mistake.line <= file.lines().count(), "{mistake:?}");
    }
}
