//! Several JSON objects in one text, with nothing between them that says so.

use std::ops::Range;

use serde::de::IgnoredAny;

/// The parts of a text that are read each for itself: the objects of a JSON text that stand one after the other; else
/// the whole text.
///
/// To YAML a text of several is an error, so no other text is read otherwise for this. Where it stops being JSON, the
/// rest is one part, so that the error is found there.
pub(super) fn split(text: &str) -> Vec<Range<usize>> {
    let whole = || std::iter::once(0..text.len()).collect();
    let mut parts: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    while let Some(length) = text.get(start..).and_then(object) {
        parts.push(start..start + length);
        start += length;
    }
    let rest = text.get(start..).unwrap_or_default().trim_start();
    match parts.len() {
        0 => return whole(),
        // It goes on as YAML does, with a marker or a comment.
        1 if !rest.starts_with('{') => return whole(),
        _ if rest.is_empty() => {}
        _ => parts.push(start..text.len()),
    }
    parts
}

/// How many bytes the JSON object takes that `text` begins with, with the white space before it.
fn object(text: &str) -> Option<usize> {
    text.trim_start().strip_prefix('{')?;
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    Some(values.byte_offset())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<&str> {
        split(text).into_iter().map(|part| &text[part]).collect()
    }

    #[test]
    fn objects_one_after_the_other_are_a_part_each() {
        assert_eq!(parts("{\"a\":1}\n{\"b\":{}}\n"), ["{\"a\":1}", "\n{\"b\":{}}"]);
        assert_eq!(parts("{\"a\":\"}{\"}{}{}"), ["{\"a\":\"}{\"}", "{}", "{}"]);
    }

    #[test]
    fn what_is_no_json_any_more_is_one_part() {
        assert_eq!(parts("{}\n{}\n{a: }\n{}"), ["{}", "\n{}", "\n{a: }\n{}"]);
        assert_eq!(parts("{}\n{\"a\":"), ["{}", "\n{\"a\":"]);
    }

    #[test]
    fn any_other_text_is_whole() {
        let whole = [
            "",
            "a: b",
            "{}",
            "{a: b}\n",
            "{}\n---\n{}",
            "{} # {}",
            "[{}]",
            "{\"a\": 1} x",
        ];
        for text in whole {
            assert_eq!(parts(text), [text]);
        }
    }
}
