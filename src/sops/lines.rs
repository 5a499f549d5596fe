//! Files of lines, `NAME=value`, whose values SOPS encrypted.

use std::ops::Range;
use std::sync::Arc;

use super::content::Content;
use super::explain::{EDIT, wrong_metadata, wrong_value};
use super::metadata::SopsMetadata;
use super::tree::Pass;
use super::value::Plain;
use super::{Identities, closed, data_key, flat};
use crate::diagnostic::error::{Error, Result};
use crate::diagnostic::place::{Place, SourceFile};

/// What is on a line of a file of lines, beside the metadata.
enum ContentLine<'t> {
    Comment(&'t str),
    Value {
        name: &'t str,
        value: &'t str,
        /// Where the value stands.
        span: Range<usize>,
    },
}

/// Decrypts a file of lines.
pub(super) fn content(file: &Arc<SourceFile>, bytes: Vec<u8>, identities: &Identities) -> Result<Content> {
    let metadata = SopsMetadata::read(&flat::metadata(file.text()));
    let metadata = metadata.map_err(|fault| wrong_metadata(file.path(), &fault))?;
    let lines = read_lines(file)?;
    let Some(key) = data_key(file.path(), &metadata, identities)? else {
        return Ok(Content::Closed(bytes, closed(file.path(), &metadata)));
    };
    let mut pass = Pass::new(&key, &metadata);
    let mut decrypted = Vec::new();
    for line in lines {
        match line {
            ContentLine::Comment(comment) => {
                decrypted.push(b'#');
                match key.decrypt(comment, ":") {
                    Ok(Plain::Comment(comment)) => decrypted.extend(comment),
                    _ => decrypted.extend(comment.bytes()),
                }
            }
            ContentLine::Value { name, value, span } => {
                let value = pass.alone(name, &value.replace("\\n", "\n"), &span);
                let value = value.map_err(|fault| wrong_value(file, &metadata, &fault))?;
                decrypted.extend(name.bytes());
                decrypted.push(b'=');
                decrypted.extend(String::from_utf8_lossy(&value).replace('\n', "\\n").bytes());
            }
        }
        decrypted.push(b'\n');
    }
    pass.finish(&metadata)
        .map_err(|fault| wrong_value(file, &metadata, &fault))?;
    Ok(Content::Opened(decrypted))
}

/// The lines but for those of the metadata and those that are empty, as SOPS reads them.
fn read_lines(file: &Arc<SourceFile>) -> Result<Vec<ContentLine<'_>>> {
    let mut start = 0;
    let mut lines = Vec::new();
    for line in file.text().split('\n') {
        let span = start..start + line.len();
        start = span.end + 1;
        if line.is_empty() || line.starts_with(flat::PREFIX) {
            continue;
        }
        lines.push(match (line.strip_prefix('#'), line.split_once('=')) {
            (Some(comment), _) => ContentLine::Comment(comment),
            (None, Some((name, value))) => ContentLine::Value {
                name,
                value,
                span: span.end - value.len()..span.end,
            },
            (None, None) => {
                let message = format!("this line of {} is neither NAME=VALUE nor a comment", file.path());
                let error = Error::new(message).at(Place::new(Arc::clone(file), span), "");
                return Err(error.hint(EDIT));
            }
        });
    }
    Ok(lines)
}
