//! Values that nobody should choose: made once in the cluster, from a declaration of their form.
//!
//! What is declared is public; what is made of it is never read again. Which values were made is noted
//! on the Secret itself, so that one that was rotated since is not made again.

mod due;

pub use crate::object::generated::{Generated, GeneratedForm};
pub use due::{Due, Make, Making, due, noted, outdated};

/// The annotation of a Secret that notes which of its values were made: `KEY=ROTATION/FORM,…`.
pub const GENERATED: &str = "stackanetes.io/generated";

/// The name under which generated values are applied: another than that of what git says, so that
/// neither takes the other's values away.
pub const FIELD_MANAGER: &str = "stackanetes-generate";
