//! Reads the documents of a text, going on after a broken one so that all errors are found.

use std::ops::Range;
use std::sync::Arc;

use granit_parser::{Event, Options, Parser, Span, Tag, options};

use super::Node;
use super::build::{Builder, WrittenScalar};
use super::explain::explain;
use super::json;
use crate::diagnostic::error::Error;
use crate::diagnostic::place::SourceFile;

/// After this many syntax errors the rest of a file is not looked at.
const MAX_SYNTAX_ERRORS: usize = 10;

/// One document of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Its value.
    pub root: Node,
    /// The stretch of the file it was read from, markers and directives included.
    pub span: Range<usize>,
}

/// Reads the documents of `file`, adding what is wrong with it to `errors`.
///
/// A document with errors is left out; an empty one is there, as null.
///
/// JSON objects that stand one after the other, as `jq` writes them, are a document each, as they are for kubectl.
pub fn documents(file: &Arc<SourceFile>, errors: &mut Vec<Error>) -> Vec<Document> {
    let parts = json::split(file.text());
    parts.into_iter().flat_map(|part| read(file, part, errors)).collect()
}

/// Reads again the document that stands at `span`, which [`documents`] gave.
pub fn document_at(file: &Arc<SourceFile>, span: Range<usize>) -> Option<Node> {
    read(file, span, &mut Vec::new())
        .into_iter()
        .next()
        .map(|document| document.root)
}

fn read(file: &Arc<SourceFile>, part: Range<usize>, errors: &mut Vec<Error>) -> Vec<Document> {
    let base = part.start;
    let Some(text) = file.text().get(part) else {
        return Vec::new();
    };
    let in_file = |span: Span| {
        span.byte_range()
            .map_or(base..base, |range| base + range.start..base + range.end)
    };

    let mut parser = Parser::new_from_str_with_options(text, settings());
    let mut builder = Builder::new(file);
    let mut documents = Vec::new();
    let mut start = base;
    let mut broken = 0;
    while let Some(event) = parser.next_event() {
        let sound = match event {
            Ok((Event::Scalar(text, style, anchor, tag), span)) => {
                let tag = tag.as_deref().map(whole);
                let (text, span) = (text.into_owned(), in_file(span));
                builder.scalar(WrittenScalar {
                    text,
                    style,
                    tag: tag.as_deref(),
                    anchor,
                    span,
                });
                true
            }
            Ok((Event::Alias(id), span)) => {
                builder.alias(id, in_file(span));
                true
            }
            Ok((Event::SequenceStart(_, anchor, _), span)) => builder.start_sequence(anchor, in_file(span)),
            Ok((Event::MappingStart(_, anchor, _), span)) => builder.start_mapping(anchor, in_file(span)),
            Ok((Event::SequenceEnd | Event::MappingEnd, span)) => {
                builder.end(in_file(span));
                true
            }
            Ok((Event::DocumentEnd, span)) => {
                let end = in_file(span).end;
                documents.extend(builder.finish(errors).map(|root| Document { root, span: start..end }));
                start = end;
                true
            }
            Ok(_) => true,
            Err(error) => {
                errors.push(explain(file, base, &error));
                broken += 1;
                false
            }
        };
        if !sound {
            builder.finish(errors);
            if broken >= MAX_SYNTAX_ERRORS || !matches!(parser.proceed_next_document(), Ok(true)) {
                break;
            }
        }
    }
    documents
}

/// As kubectl reads, where that differs from YAML 1.2: a text that ends with the file has no line
/// break to keep, and a key may be of any length, as in JSON.
fn settings() -> Options {
    options! { emit_comments: false, block_scalar_eof_without_line_feed: true, simple_key_max_lookahead: 1 << 16 }
}

/// The whole name of a tag.
fn whole(tag: &Tag) -> String {
    format!("{}{}", tag.handle(), tag.suffix())
}
