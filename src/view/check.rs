//! What a check found, as text.

use crate::check::Checked;

use super::error::MOST;
use super::style::{STRONG, paint};
use super::value::line;

/// The mistakes, as errors are shown; what was not checked; and how many there are.
pub fn checked(checked: &Checked) -> String {
    let mut text = String::new();
    for finding in checked.findings.iter().take(MOST) {
        text += &super::error(&finding.to_error());
        text.push('\n');
    }
    match checked.findings.len().saturating_sub(MOST) {
        0 => {}
        1 => text += "1 more is not shown\n\n",
        more => text += &format!("{more} more are not shown\n\n"),
    }
    if !checked.not_checked.is_empty() {
        let kinds = checked.not_checked.iter();
        let kinds: Vec<_> = kinds
            .map(|(gvk, count)| line(&format!("{gvk} ({count})")).into_owned())
            .collect();
        text += &format!("fields not checked, for want of a schema: {}\n", kinds.join(", "));
    }
    let objects = match checked.objects {
        1 => "1 object".to_owned(),
        count => format!("{count} objects"),
    };
    let found = match checked.findings.len() {
        0 => "nothing found".to_owned(),
        1 => "1 mistake".to_owned(),
        count => format!("{count} mistakes"),
    };
    text + &format!("{} in {objects}\n", paint(STRONG, &found))
}
