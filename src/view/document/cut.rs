//! Long values: what a reviewer needs of them is where they differ.

use super::{Line, Lines, Sign};

/// How many characters of a line are shown, about as many as a narrow terminal shows on five lines.
const CHARACTERS: usize = 400;
/// How many characters are shown on either side of what differs.
const AROUND: usize = 60;
/// How many lines of a field are shown, about a screen.
const LINES: usize = 60;

/// The lines of a field, of which the middle is left out where there are more than a screen holds, and of each line what
/// does not differ where it is long. How much is left out is said.
pub(super) fn cut(lines: Lines) -> Lines {
    let mut lines: Vec<Line> = lines.into_iter().collect();
    narrow(&mut lines);
    let count = lines.len();
    if count <= LINES {
        return lines.into_iter().collect();
    }
    let (first, last) = (LINES / 2, LINES / 2 - 1);
    let left_out = count - first - last;
    let indent = lines[first].indent;
    let more = Line::new(indent, format!("… {left_out} more lines; -v shows them …"));
    let rest = lines.split_off(count - last);
    lines.truncate(first);
    lines.push(more);
    lines.extend(rest);
    lines.into_iter().collect()
}

/// Cuts long lines: a line that goes and the one that comes in its place around what differs, any other in its middle.
fn narrow(lines: &mut [Line]) {
    let mut start = 0;
    while start < lines.len() {
        let of =
            |lines: &[Line], from: usize, sign: Sign| lines[from..].iter().take_while(|line| line.sign == sign).count();
        let removed = of(lines, start, Sign::Removed);
        let added = of(lines, start + removed, Sign::Added);
        if removed > 0 && removed == added {
            for line in start..start + removed {
                let (before, after) = pair(&lines[line].text, &lines[line + removed].text);
                lines[line].text = before;
                lines[line + removed].text = after;
            }
        }
        let next = start + (removed + added).max(1);
        for line in &mut lines[start..next] {
            line.text = middle_out(&line.text);
        }
        start = next;
    }
}

/// Two texts without most of what they have in common, if either is long.
fn pair(before: &str, after: &str) -> (String, String) {
    let (then, now): (Vec<char>, Vec<char>) = (before.chars().collect(), after.chars().collect());
    if then.len().max(now.len()) <= CHARACTERS {
        return (before.to_owned(), after.to_owned());
    }
    let same = |(one, other): &(&char, &char)| one == other;
    let begin = then.iter().zip(&now).take_while(same).count();
    let shorter = then.len().min(now.len()) - begin;
    let end = then
        .iter()
        .rev()
        .zip(now.iter().rev())
        .take(shorter)
        .take_while(same)
        .count();
    let (begin, end) = (begin.saturating_sub(AROUND), end.saturating_sub(AROUND));
    let window = |text: &[char]| {
        let shown: String = text[begin..text.len() - end].iter().collect();
        format!("{}{}{}", left_out(begin), middle_out(&shown), left_out(end))
    };
    (window(&then), window(&now))
}

/// A text of which the middle is left out where it is long.
fn middle_out(text: &str) -> String {
    let count = text.chars().count();
    // What says how much is left out is no longer than what it stands for.
    if count <= CHARACTERS + 2 * AROUND {
        return text.to_owned();
    }
    let half = CHARACTERS / 2;
    let first: String = text.chars().take(half).collect();
    let last: String = text.chars().skip(count - half).collect();
    format!("{first}{}{last}", left_out(count - 2 * half))
}

fn left_out(characters: usize) -> String {
    match characters {
        0 => String::new(),
        1 => "…(1 character)…".to_owned(),
        characters => format!("…({characters} characters)…"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(lines: Vec<Line>) -> Vec<String> {
        cut(lines.into_iter().collect()).iter().map(Line::left).collect()
    }

    #[test]
    fn a_long_line_is_shown_where_it_differs() {
        let text = |word: &str| format!("{}{word}{}", "a".repeat(3000), "z".repeat(2000));
        let told = told(vec![
            Line::signed(Sign::Removed, 0, &text("1")),
            Line::signed(Sign::Added, 0, &text("2.0")),
        ]);
        let (a, z) = ("a".repeat(60), "z".repeat(60));
        let shown = |sign: char, word: &str| format!("{sign} …(2940 characters)…{a}{word}{z}…(1940 characters)…");
        assert_eq!(told, [shown('-', "1"), shown('+', "2.0")]);
    }

    #[test]
    fn a_long_line_alone_keeps_its_ends() {
        let told = told(vec![Line::signed(
            Sign::Added,
            0,
            &format!("first{}last", "-".repeat(5000)),
        )]);
        assert!(
            told[0].starts_with("+ first-") && told[0].ends_with("-last"),
            "{}",
            told[0]
        );
        assert!(told[0].contains("…(4609 characters)…"), "{}", told[0]);
    }

    #[test]
    fn of_many_lines_the_first_and_the_last_are_shown() {
        let lines = |count: usize| {
            (0..count)
                .map(|line| Line::signed(Sign::Added, 2, &line.to_string()))
                .collect()
        };
        assert_eq!(told(lines(60)).len(), 60);
        let told = told(lines(100));
        assert_eq!(told.len(), 60);
        assert_eq!(told[30], "  … 41 more lines; -v shows them …");
        assert_eq!((told[29].as_str(), told[31].as_str()), ("  + 29", "  + 71"));
    }
}
