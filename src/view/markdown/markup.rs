//! Text of others as Markdown: it means what it says, and ends nothing that is around it.

use super::super::value::line;

/// A block of code whose fence is longer than any in it.
pub(super) fn fenced(language: &str, body: &str) -> String {
    let longest = body
        .split(|character| character != '`')
        .map(str::len)
        .max()
        .unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", body.trim_end_matches('\n'))
}

/// Text on one line that means in Markdown what it says: nothing is linked or shown as a picture.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in line(text).chars() {
        if "\\`*_[]()!#|~".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    html(&escaped)
}

/// Text on one line that means in HTML what it says, in which nobody is mentioned.
pub(super) fn html(text: &str) -> String {
    let text = line(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    text.replace('@', "@<!-- -->")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_is_text_and_nothing_else() {
        assert_eq!(
            escaped("ping @team, see [x](http://y) <b>"),
            "ping @<!-- -->team, see \\[x\\]\\(http://y\\) &lt;b&gt;"
        );
        assert_eq!(escaped("one\n> two"), "one\\\\n&gt; two");
    }

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        assert_eq!(fenced("diff", "+ a\n"), "```diff\n+ a\n```\n");
        assert_eq!(fenced("diff", "+ ````\n"), "`````diff\n+ ````\n`````\n");
    }
}
