//! What was recorded, as text.

use std::path::Path;

use crate::applyset::inventory::ApplySet;
use crate::diagnostic::names::counted;
use crate::object::{self, ObjectRef};

/// One line about a snapshot that was written to `to`.
pub fn snapshot<'a>(
    set: &ApplySet,
    cluster: &str,
    to: &Path,
    objects: impl IntoIterator<Item = &'a ObjectRef>,
) -> String {
    let (mut count, mut secrets) = (0_usize, 0_usize);
    for reference in objects {
        count += 1;
        secrets += usize::from(object::is_secret(&reference.kind));
    }
    let masked = match secrets {
        0 => String::new(),
        secrets => format!("; the values of {} are masked", counted(secrets, "Secret")),
    };
    format!(
        "recorded {} of {} on {cluster} in {}{masked}\n",
        counted(count, "object"),
        set.name,
        to.display()
    )
}
