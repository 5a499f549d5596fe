//! The expressions inside a text: `${{ … }}`, and `$${{` for a literal one.

use std::ops::Range;

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Text that stands for itself.
    Literal(&'a str),
    /// An expression, without its delimiters.
    Expression(&'a str),
}

/// An expression is begun and not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unclosed {
    /// Which of the text's expressions it is.
    pub(super) number: usize,
}

/// What an expression begins with.
pub(super) const OPEN: &str = "${{";
const CLOSE: &str = "}}";

/// Takes a text apart; a single literal piece when there is no expression in it.
pub(super) fn pieces(text: &str) -> Result<Vec<Piece<'_>>, Unclosed> {
    let mut pieces = Vec::new();
    let mut number = 0;
    let mut rest = text;
    while let Some(start) = rest.find(OPEN) {
        if rest[..start].ends_with('$') {
            // `$${{`: one dollar goes, and what follows is text.
            pieces.push(Piece::Literal(&rest[..start - 1]));
            pieces.push(Piece::Literal(OPEN));
            rest = &rest[start + OPEN.len()..];
            continue;
        }
        let inside = &rest[start + OPEN.len()..];
        let end = end_of_expression(inside).ok_or(Unclosed { number })?;
        pieces.push(Piece::Literal(&rest[..start]));
        pieces.push(Piece::Expression(inside[..end].trim()));
        number += 1;
        rest = &inside[end + CLOSE.len()..];
    }
    pieces.push(Piece::Literal(rest));
    pieces.retain(|piece| *piece != Piece::Literal(""));
    if pieces.is_empty() {
        pieces.push(Piece::Literal(""));
    }
    Ok(pieces)
}

/// Where `}}` ends an expression: outside quotes, and not where it closes maps within it.
fn end_of_expression(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote = None;
    let mut escaped = false;
    for (position, character) in text.char_indices() {
        match (quote, character) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), _) if character == open => quote = None,
            (None, '"' | '\'') => quote = Some(character),
            (None, '{') => depth += 1,
            (None, '}') if depth > 0 => depth -= 1,
            (None, '}') if text[position..].starts_with(CLOSE) => return Some(position),
            (Some(_) | None, _) => {}
        }
    }
    None
}

/// Where the expressions of a text stand in the file, one after the other, found again in the text as it is written
/// there (`written`, at `offset`): quoting and folding may have moved everything else.
pub(super) fn spans(written: &str, offset: usize) -> impl Iterator<Item = Range<usize>> {
    let mut position = 0;
    std::iter::from_fn(move || {
        while let Some(start) = written[position..].find(OPEN).map(|start| position + start) {
            let inside = start + OPEN.len();
            position = inside;
            if written[..start].ends_with('$') {
                continue;
            }
            position = end_of_expression(&written[inside..]).map_or(written.len(), |end| inside + end + CLOSE.len());
            return Some(offset + start..offset + position);
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::Piece::{Expression, Literal};
    use super::*;

    #[test]
    fn a_text_is_taken_apart() {
        assert_eq!(pieces("plain"), Ok(vec![Literal("plain")]));
        assert_eq!(pieces(""), Ok(vec![Literal("")]));
        assert_eq!(pieces("${{ a.b }}"), Ok(vec![Expression("a.b")]));
        assert_eq!(
            pieces("x-${{ a }}.${{b}}!"),
            Ok(vec![
                Literal("x-"),
                Expression("a"),
                Literal("."),
                Expression("b"),
                Literal("!")
            ])
        );
        assert_eq!(pieces("$${{ a }}"), Ok(vec![Literal("${{"), Literal(" a }}")]));
        assert_eq!(
            pieces("$(VAR) ${VAR} {{ x }}"),
            Ok(vec![Literal("$(VAR) ${VAR} {{ x }}")])
        );
    }

    #[test]
    fn braces_and_quotes_inside_an_expression_do_not_end_it() {
        assert_eq!(
            pieces("${{ {'a': {'b': 1}} }}"),
            Ok(vec![Expression("{'a': {'b': 1}}")])
        );
        assert_eq!(
            pieces("${{ '}}' ~ \"\\\"}}\" }}"),
            Ok(vec![Expression("'}}' ~ \"\\\"}}\"")])
        );
        assert_eq!(pieces("a ${{ b"), Err(Unclosed { number: 0 }));
    }

    #[test]
    fn an_expression_is_found_again_where_it_is_written() {
        let written = "\"$${{ x }} ${{ a }}\\n${{ b }}\"";
        assert_eq!(
            spans(written, 10)
                .map(|span| &written[span.start - 10..span.end - 10])
                .collect::<Vec<_>>(),
            ["${{ a }}", "${{ b }}"]
        );
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_odd(text in "[${} 'a\"é\\\\]{0,24}") {
            let _ = pieces(&text);
            for span in spans(&text, 0) {
                assert!(text[span].starts_with(OPEN));
            }
        }
    }
}
