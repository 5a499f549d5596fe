//! A plan as a comment on a pull request: the verdict and what is dangerous first, then a collapsed section an
//! object, and never more than a comment may hold.

use std::fmt::Write as _;

use anstream::adapter::strip_str;

use super::plan::{self, Heading, note, refusal};
use super::value::visible;
use crate::plan::{Action, Plan, Step};

/// How long a comment may be, by
/// [GitHub](https://docs.github.com/en/rest/issues/comments): in characters, and so surely in bytes.
const LONGEST: usize = 65_536;
/// What is kept free to say what was left out.
const TAIL: usize = 300;
/// How many dangers are listed.
const DANGERS: usize = 40;

/// The comment.
pub fn markdown(plan: &Plan, heading: &Heading<'_>) -> String {
    let mut text = format!("### {}\n\n", escaped(plain(&plan::head(plan, heading)).trim()));
    let _ = writeln!(
        text,
        "**{}**\n",
        escaped(plain(&plan::summary(plan, heading.pruning)).trim())
    );
    text += &dangers(plan, heading);
    let mut steps: Vec<&Step> = plan.steps.iter().collect();
    steps.sort_by_key(|step| danger(step));
    let mut left_out = 0;
    for step in steps {
        // The first line is in the title.
        let lines = plan::step(step, heading);
        let body: String = lines.iter().skip(1).map(|line| line.sign_first(plain) + "\n").collect();
        let whole = section(step, heading, &body);
        let short = || {
            let hidden = lines.len().saturating_sub(1);
            section(
                step,
                heading,
                &format!("{hidden} lines are left out, since the comment would be too long\n"),
            )
        };
        let is_room = |section: &str| text.len() + section.len() + TAIL <= LONGEST;
        let fitting = [
            Some(whole).filter(|whole| is_room(whole)),
            Some(short()).filter(|short| is_room(short)),
        ];
        match fitting.into_iter().flatten().next() {
            Some(section) => text += &section,
            None => left_out += 1,
        }
    }
    if left_out > 0 {
        let _ = writeln!(
            text,
            "\n{left_out} more objects change, and are left out, since the comment would be too long: `stackanetes \
             diff` shows them."
        );
    }
    let remarks = plain(&plan::remarks(plan, heading));
    if !remarks.is_empty() && text.len() + remarks.len() + TAIL <= LONGEST {
        text += &fenced("", &remarks);
    }
    text
}

/// The objects whose change may do harm come first.
fn danger(step: &Step) -> u8 {
    match step.action {
        Action::Conflict | Action::Refused => 0,
        Action::Delete => 1,
        Action::Replace => 2,
        Action::Skip => 3,
        Action::Update if step.restarts.is_some() => 4,
        Action::Update => 5,
        Action::Create => 6,
        Action::Keep => 7,
    }
}

/// What a reviewer must not overlook.
fn dangers(plan: &Plan, heading: &Heading<'_>) -> String {
    let mut lines: Vec<String> = plan
        .refusals
        .iter()
        .map(|reason| format!("sync blocked: {}", escaped(&shortened(&refusal(reason)))))
        .collect();
    let crossed = plan.crossed_as_meant();
    lines.extend(crossed.map(|crossed| escaped(&shortened(&plan::crossed(crossed)))));
    for kind in &plan.facts.not_compared {
        lines.push(format!("not compared: {}", escaped(&kind.kind.to_string())));
    }
    let mut steps: Vec<&Step> = plan.steps.iter().filter(|step| danger(step) <= 4).collect();
    steps.sort_by_key(|step| danger(step));
    for step in steps {
        lines.push(title(step, heading, escaped));
    }
    if lines.is_empty() {
        return String::new();
    }
    let more = lines.len().saturating_sub(DANGERS);
    lines.truncate(DANGERS);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    let mut text = "> [!WARNING]\n".to_owned();
    for line in lines {
        let _ = writeln!(text, "> - {line}");
    }
    text.push('\n');
    text
}

/// `~ update <code>Deployment a/web</code>: restarts 3 pods`
fn title(step: &Step, heading: &Heading<'_>, escaped: fn(&str) -> String) -> String {
    let reference = html(&step.reference.to_string());
    let mut title = format!(
        "{} {} <code>{reference}</code>",
        step.action.glyph(),
        step.action.word()
    );
    let note = note(step, heading);
    if !note.is_empty() {
        let _ = write!(title, ": {}", escaped(&shortened(&note)));
    }
    title
}

fn section(step: &Step, heading: &Heading<'_>, body: &str) -> String {
    if body.is_empty() {
        return format!("- {}\n\n", title(step, heading, escaped));
    }
    let title = title(step, heading, html);
    format!(
        "<details><summary>{title}</summary>\n\n{}\n</details>\n\n",
        fenced("diff", body)
    )
}

/// A block of code whose fence is longer than any in it.
fn fenced(language: &str, body: &str) -> String {
    let longest = body
        .split(|character| character != '`')
        .map(str::len)
        .max()
        .unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", body.trim_end_matches('\n'))
}

/// Text without colours, and without anything that could move a cursor.
fn plain(text: &str) -> String {
    strip_str(text).to_string()
}

fn shortened(text: &str) -> String {
    const MOST: usize = 300;
    let text = text.replace('\n', " ");
    if text.chars().count() <= MOST {
        return text;
    }
    format!("{}…", text.chars().take(MOST - 1).collect::<String>())
}

/// Text that means in Markdown what it says: nothing is linked or shown as a picture.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in visible(text).chars() {
        if "\\`*_[]()!#|~".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    html(&escaped)
}

/// Text that means in HTML what it says, in which nobody is mentioned.
fn html(text: &str) -> String {
    let text = visible(text)
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
    }

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        assert_eq!(fenced("diff", "+ a\n"), "```diff\n+ a\n```\n");
        assert_eq!(fenced("diff", "+ ````\n"), "`````diff\n+ ````\n`````\n");
    }
}
