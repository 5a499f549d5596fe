//! The `Warning` headers by which an API server speaks to whoever applies (RFC 7234, section 5.5).

use http::{HeaderMap, header};

/// The texts of all warnings, in order, each once.
pub(super) fn texts(headers: &HeaderMap) -> Vec<String> {
    let mut texts = Vec::new();
    for value in headers.get_all(header::WARNING) {
        // The text may be UTF-8, which `HeaderValue::to_str` refuses.
        let mut rest = String::from_utf8_lossy(value.as_bytes()).into_owned();
        while let Some((text, after)) = quoted(&rest) {
            if !text.is_empty() && !texts.contains(&text) {
                texts.push(text);
            }
            after_comma(&after).clone_into(&mut rest);
        }
    }
    texts
}

/// The next quoted string of `header`, unescaped, and what follows it.
fn quoted(header: &str) -> Option<(String, String)> {
    let (_, rest) = header.split_once('"')?;
    let mut text = String::new();
    let mut characters = rest.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => return Some((text, characters.as_str().to_owned())),
            '\\' => text.extend(characters.next()),
            _ => text.push(character),
        }
    }
    None
}

/// A warning may end in a quoted date; the next one stands after a comma.
fn after_comma(header: &str) -> &str {
    let date = header.trim_start();
    let after_date = match date.strip_prefix('"').and_then(|date| date.split_once('"')) {
        Some((_, after)) => after,
        None => date,
    };
    after_date.split_once(',').map_or("", |(_, next)| next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&'static str]) -> Vec<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::WARNING, http::HeaderValue::from_static(value));
        }
        texts(&headers)
    }

    #[test]
    fn a_warning_is_unescaped() {
        assert_eq!(
            read(&[r#"299 - "unknown field \"spec.a\" \\ b""#]),
            [r#"unknown field "spec.a" \ b"#]
        );
    }

    #[test]
    fn several_warnings_come_in_several_headers_or_in_one() {
        assert_eq!(read(&[r#"299 - "a""#, r#"299 - "b""#, r#"299 - "a""#]), ["a", "b"]);
        assert_eq!(
            read(&[r#"299 - "a, b" "Sat, 25 Aug 2012 23:34:45 GMT", 299 host "c""#]),
            ["a, b", "c"]
        );
    }

    #[test]
    fn what_is_no_warning_is_left_out() {
        assert!(read(&["", "299 -", r#"299 - "open"#, r#"299 - """#]).is_empty());
    }
}
