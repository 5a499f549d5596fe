//! Fields: paths to them, sets of them, and who manages them.

mod at;
mod list;
mod manager;
pub mod order;
mod path;
mod set;

pub use at::At;
pub(crate) use list::ItemKeys;
pub use manager::{BEFORE_FIRST_APPLY, FieldManager, ManagedFields, Operation};
pub use path::{FieldPath, PathElement};
pub use set::FieldSet;
