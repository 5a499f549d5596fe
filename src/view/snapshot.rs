//! What was recorded, as text.

use std::path::Path;

use crate::applyset::inventory::ApplySet;
use crate::object::{self, ObjectRef};

/// One line about a snapshot that was written to `to`.
pub fn snapshot<'a>(
    set: &ApplySet,
    cluster: &str,
    to: &Path,
    objects: impl IntoIterator<Item = &'a ObjectRef>,
) -> String {
    let (mut count, mut secrets) = (0, 0);
    for reference in objects {
        count += 1;
        secrets += usize::from(object::is_secret(&reference.kind));
    }
    let masked = match secrets {
        0 => String::new(),
        1 => "; the values of 1 Secret are masked".to_owned(),
        secrets => format!("; the values of {secrets} Secrets are masked"),
    };
    format!(
        "recorded {count} objects of {} on {cluster} in {}{masked}\n",
        set.name,
        to.display()
    )
}
