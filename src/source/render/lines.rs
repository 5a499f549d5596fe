//! Which line of a template made which line of the text.
//!
//! Each line of the template begins with a mark that says its number, in white space that no
//! configuration file holds, so that it goes wherever Jinja's white-space control takes white space
//! away. What is left in the filled-in text tells where its lines come from.

const BEGIN: char = '\u{2029}';
const END: char = '\u{2028}';
const DIGITS: [char; 10] = [
    '\u{2000}', '\u{2001}', '\u{2002}', '\u{2003}', '\u{2004}', '\u{2005}', '\u{2006}', '\u{2007}', '\u{2008}',
    '\u{2009}',
];

/// What the scan of a template is inside of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Text,
    Expression,
    Block,
    Comment,
}

/// The template with a mark at the beginning of every line that is text. Nothing where it holds such
/// characters itself, or literal parts, in which a block is text.
pub(super) fn mark(template: &str) -> Option<String> {
    let is_used = |character: char| character == BEGIN || character == END || DIGITS.contains(&character);
    if template.contains(is_used) || template.contains("raw") && template.contains("endraw") {
        return None;
    }
    let mut marked = String::with_capacity(template.len() * 2);
    let mut inside = Inside::Text;
    let mut quote = None;
    for (number, line) in template.split_inclusive('\n').enumerate() {
        if inside == Inside::Text {
            marked.push(BEGIN);
            marked.extend(
                number
                    .to_string()
                    .bytes()
                    .map(|digit| DIGITS[usize::from(digit - b'0')]),
            );
            marked.push(END);
        }
        scan(line, &mut inside, &mut quote);
        marked.push_str(line);
    }
    Some(marked)
}

/// Follows a line through what it opens and closes.
fn scan(line: &str, inside: &mut Inside, quote: &mut Option<char>) {
    let mut rest = line;
    while let Some(character) = rest.chars().next() {
        let opened = match *inside {
            Inside::Text => [
                ("{{", Inside::Expression),
                ("{%", Inside::Block),
                ("{#", Inside::Comment),
            ]
            .into_iter()
            .find(|(open, _)| rest.starts_with(open)),
            Inside::Comment => Some(("#}", Inside::Text)).filter(|(close, _)| rest.starts_with(close)),
            Inside::Expression | Inside::Block => {
                let close = if *inside == Inside::Expression { "}}" } else { "%}" };
                match *quote {
                    Some(open) if character == '\\' && open != '\0' => {
                        // What follows is escaped.
                        rest = &rest[character.len_utf8()..];
                        rest = rest.chars().next().map_or("", |next| &rest[next.len_utf8()..]);
                        continue;
                    }
                    Some(open) if character == open => {
                        *quote = None;
                        None
                    }
                    Some(_) => None,
                    None if matches!(character, '"' | '\'') => {
                        *quote = Some(character);
                        None
                    }
                    None => Some((close, Inside::Text)).filter(|(close, _)| rest.starts_with(close)),
                }
            }
        };
        match opened {
            Some((delimiter, next)) => {
                *inside = next;
                rest = &rest[delimiter.len()..];
            }
            None => rest = &rest[character.len_utf8()..],
        }
    }
}

/// The text without its marks, and for each of its lines the number of the last mark in it or before.
pub(super) fn unmark(marked: &str) -> (String, Vec<usize>) {
    let mut text = String::with_capacity(marked.len());
    let mut lines = Vec::new();
    let mut current = 0;
    for line in marked.split_inclusive('\n') {
        let mut rest = line;
        let mut first = None;
        while let Some(begin) = rest.find(BEGIN) {
            let Some(end) = rest[begin..].find(END).map(|end| begin + end) else {
                break;
            };
            let digits = rest[begin + BEGIN.len_utf8()..end].chars();
            let number = digits
                .filter_map(|character| DIGITS.iter().position(|digit| *digit == character))
                .fold(0, |number, digit| number * 10 + digit);
            // Where two lines were joined, the one with text before the next mark made this line.
            if first.is_none() || text_is_blank(&rest[..begin]) {
                first = Some(number);
            }
            current = number;
            text.push_str(&rest[..begin]);
            rest = &rest[end + END.len_utf8()..];
        }
        text.push_str(rest);
        lines.push(first.unwrap_or(current));
    }
    // A mark after the last line break is no line.
    if lines.len() > text.split_inclusive('\n').count() {
        lines.pop();
    }
    (text, lines)
}

fn text_is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_text_is_marked() {
        let marked = mark("a\n{{ 'x\n}}' }}\n{# c\nc #}\nb {% if\nx %}\n").expect("it can be marked");
        let begins: Vec<bool> = marked.lines().map(|line| line.starts_with(BEGIN)).collect();
        assert_eq!(begins, [true, true, false, true, false, true, false]);
        assert_eq!(mark("{% raw %}{{{% endraw %}"), None);
        assert_eq!(mark("a\u{2003}b"), None);
    }

    #[test]
    fn marks_come_off_again() {
        let template = "a\nb\nc\n";
        let (text, lines) = unmark(&mark(template).expect("it can be marked"));
        assert_eq!((text.as_str(), lines), (template, vec![0, 1, 2]));
        let (text, lines) = unmark(&mark("no end").expect("it can be marked"));
        assert_eq!((text.as_str(), lines), ("no end", vec![0]));
        assert_eq!(unmark(""), (String::new(), Vec::new()));
    }
}
