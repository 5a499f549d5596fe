//! Turns what the parser says about broken YAML into what a person can act on.
//!
//! No message quotes the text, which may hold a secret.

use std::ops::Range;
use std::sync::Arc;

use granit_parser::{ErrorKind, ScanError};

use crate::diagnostic::error::Error;
use crate::diagnostic::place::{Place, SourceFile};

/// What to do about a template that stands where YAML should.
const TEMPLATE: &str = "templates are not rendered: put a text that holds `{{` in quotes; render a chart first, with \
                        `helm template NAME DIR | stackanetes diff -f -`, and leave it out of the directory by a \
                        pattern below `exclude:` in stackanetes.yaml, or in a .stackanetesignore";

/// What to say about a kind of error.
struct Words {
    message: String,
    label: &'static str,
    hint: &'static str,
}

/// The error for what the parser found in the part of `file` that begins at `base`.
pub(super) fn explain(file: &Arc<SourceFile>, base: usize, error: &ScanError) -> Error {
    let text = file.text();
    let at = base + error.marker().byte_offset().unwrap_or_default();
    let at = (0..=at.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or_default();
    let line = line_around(text, at);

    let indented_by_tab = text[line.clone()]
        .find(|char: char| char != ' ' && char != '\t')
        .is_some_and(|indent| text[line.start..line.start + indent].contains('\t') && line.start + indent >= at);
    let (words, at) = if indented_by_tab || is_about_tab(error.kind()) {
        let tab = text[line.start..].find('\t').map_or(at, |offset| line.start + offset);
        (tab_words(), tab)
    } else {
        (words(error.kind()), at)
    };

    let width = text[at..]
        .chars()
        .next()
        .filter(|char| *char != '\n')
        .map_or(0, char::len_utf8);
    let explained = Error::new(words.message).at(Place::new(Arc::clone(file), at..at + width), words.label);
    match template_hint(text, at) {
        Some(hint) => explained.hint(hint),
        None if words.hint.is_empty() => explained,
        None => explained.hint(words.hint),
    }
}

/// What to do about the template on the line around `at`; nothing where it holds none. The expressions of a directory,
/// which begin with `${{`, are none.
pub(super) fn template_hint(text: &str, at: usize) -> Option<&'static str> {
    let line = &text[line_around(text, at)];
    let mut braces = line.match_indices("{{").map(|(start, _)| &line[..start]);
    braces.any(|before| !before.ends_with('$')).then_some(TEMPLATE)
}

fn line_around(text: &str, at: usize) -> Range<usize> {
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
    start..end
}

fn is_about_tab(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInPlainScalar
    )
}

fn tab_words() -> Words {
    Words {
        message: "a tab cannot indent YAML".to_owned(),
        label: "this is a tab",
        hint: "indent with spaces",
    }
}

fn words(kind: &ErrorKind) -> Words {
    layout(kind)
        .or_else(|| text(kind))
        .or_else(|| brackets(kind))
        .unwrap_or_else(|| Words {
            message: format!("this is not YAML: {kind}"),
            label: "",
            hint: "",
        })
}

/// Lines, keys and items.
fn layout(kind: &ErrorKind) -> Option<Words> {
    use ErrorKind as Kind;
    let (message, hint) = match kind {
        Kind::MappingValueNotAllowed | Kind::InvalidColonPlacement => (
            "a `:` cannot stand here",
            "put a text that holds `: ` in quotes; indent a key like the keys it belongs with",
        ),
        Kind::SimpleKeyExpected | Kind::InvalidSimpleKey => (
            "this line is neither a key with a value nor part of a text",
            "write `key: value`, with a space after the `:`",
        ),
        Kind::ExpectedBlockMappingKey | Kind::InvalidIndentation => (
            "this does not fit the lines above",
            "indent a key like the keys it belongs with, and an item like its list; \
             put a text that holds quotes or brackets in quotes",
        ),
        Kind::ExpectedBlockSequenceEntry => (
            "this stands where only another `- ` item of the list can",
            "indent it into the item above, or begin a document with `---`",
        ),
        Kind::BlockSequenceEntryNotAllowed => (
            "a `- ` cannot stand here",
            "put a list on the lines below its key; put a text that begins with `- ` in quotes",
        ),
        Kind::InvalidBlockScalarIndent => (
            "this line fits neither the text above nor what follows it",
            "indent all lines of a `|` or `>` text alike",
        ),
        Kind::ExpectedDocumentStart => ("another document begins here", "put a line `---` between two documents"),
        Kind::RecursionLimitExceeded => ("this is nested too deeply", ""),
        _ => return None,
    };
    Some(Words {
        message: message.to_owned(),
        label: "",
        hint,
    })
}

/// What quotes would mend, or have broken.
fn text(kind: &ErrorKind) -> Option<Words> {
    use ErrorKind as Kind;
    let (message, label, hint) = match kind {
        Kind::UnclosedQuotedScalar | Kind::DocumentIndicatorInQuotedScalar => (
            "this quote is never closed",
            "opened here",
            "close it, or put the whole text in the other kind of quotes",
        ),
        Kind::InvalidTrailingSingleQuotedScalar | Kind::InvalidTrailingDoubleQuotedScalar => (
            "there is more after the closing quote",
            "",
            r#"put the whole value in quotes: inside '…' a ' is written '', inside "…" a " is written \""#,
        ),
        Kind::UnknownQuotedScalarEscape | Kind::InvalidQuotedScalarHexEscape | Kind::InvalidUnicodeEscape => (
            "a `\\` in this text begins no known escape",
            "in this text",
            "write `\\\\` for a backslash, or use single quotes, which know no escapes",
        ),
        Kind::InvalidLowSurrogateHexEscape
        | Kind::InvalidLowSurrogate
        | Kind::MissingLowSurrogate
        | Kind::UnpairedLowSurrogate => ("a `\\u` escape in this text is half of a character", "in this text", ""),
        Kind::UnexpectedCharacter {
            character: begin @ ('@' | '`' | '%'),
        } => {
            let message = format!("no value can begin with `{begin}`");
            return Some(Words {
                message,
                label: "",
                hint: "put the text in quotes",
            });
        }
        Kind::UnexpectedCharacter { .. } => (
            "this character cannot stand here",
            "",
            r#"write a control character as an escape, in double quotes: "\u0007""#,
        ),
        Kind::UnknownAnchor | Kind::MissingAnchorOrAliasName => (
            "this alias has no anchor above it in the document",
            "",
            "put a text that begins with `*` or `&` in quotes",
        ),
        Kind::UndeclaredTagHandle
        | Kind::InvalidTagTerminator
        | Kind::MissingTagUri
        | Kind::UnclosedVerbatimTag
        | Kind::InvalidTagEscape
        | Kind::ExpectedTagBang => ("this is no tag", "", "put a text that begins with `!` in quotes"),
        _ => return None,
    };
    Some(Words {
        message: message.to_owned(),
        label,
        hint,
    })
}

fn brackets(kind: &ErrorKind) -> Option<Words> {
    use ErrorKind as Kind;
    let (message, label) = match kind {
        Kind::UnclosedFlowCollection { open } => (format!("this `{open}` is never closed"), "opened here"),
        Kind::MismatchedFlowCollectionEnd { open, close } => {
            (format!("`{open}` is closed by `{close}`"), "opened here")
        }
        Kind::MisplacedFlowCollectionEnd => ("there is no bracket that this one closes".to_owned(), ""),
        Kind::ExpectedFlowMappingSeparator => ("a `,` or the closing `}` is missing before this".to_owned(), ""),
        Kind::ExpectedFlowSequenceSeparator => ("a `,` or the closing `]` is missing before this".to_owned(), ""),
        _ => return None,
    };
    Some(Words {
        message,
        label,
        hint: "",
    })
}

#[cfg(test)]
mod tests {
    use super::super::documents;
    use super::*;
    use crate::testing;

    /// `line:column message`, each with the first words of its hint.
    fn explained(text: &str) -> String {
        let mut errors = Vec::new();
        documents(&SourceFile::new("a.yaml", text), &mut errors);
        let lines: Vec<_> = errors
            .iter()
            .map(|error| {
                let (place, _) = &error.places()[0];
                format!("{}:{} {}", place.line(), place.column(), error.message())
            })
            .collect();
        lines.join("\n")
    }

    #[test]
    fn a_mistake_is_named_in_plain_words_where_it_is() {
        let recorded = testing::documents(include_str!("../../fixtures/yaml/mistakes.yaml"));
        assert!(recorded.len() > 15);
        for recorded in recorded {
            let text = |key: &str| recorded[key].as_str().expect("a text");
            assert_eq!(explained(text("text")), text("says"), "{recorded}");
        }
    }

    #[test]
    fn reading_goes_on_after_a_broken_document() {
        assert_eq!(
            explained("a: b: c\n---\nb: 1\n---\nc: `\n"),
            "1:5 a `:` cannot stand here\n5:4 no value can begin with ```"
        );
    }

    /// The hints of each error in a text.
    fn hints(text: &str) -> Vec<Vec<String>> {
        let mut errors = Vec::new();
        documents(&SourceFile::new("a.yaml", text), &mut errors);
        errors.iter().map(|error| error.hints().to_vec()).collect()
    }

    #[test]
    fn a_template_is_recognized() {
        // As `helm create` writes them.
        for text in [
            "{{- if .Values.ingress.enabled -}}\napiVersion: v1\n{{- end }}\n",
            "a:\n  {{- include \"web.labels\" . | nindent 4 }}\n",
            "name: {{ include \"web.fullname\" . }}\n",
            "{{/*\nExpand the name of the chart.\n*/}}\n",
        ] {
            assert_eq!(hints(text)[0], [TEMPLATE], "{text:?}");
        }
    }

    #[test]
    fn only_a_template_on_the_line_itself_is_taken_for_the_mistake() {
        for text in [
            "a: ${{ b }}: c\n",
            "a: \"{{ b }}\"\nc: d: e\n",
            "a: ${{ b }}\nc: d: e\n",
            "a: {[b]: c}\n",
        ] {
            let hints = hints(text).concat();
            assert!(hints.iter().all(|hint| hint != TEMPLATE), "{text:?} {hints:?}");
        }
        assert_eq!(hints("a: {b: c}: d\n").len(), 1);
    }
}
