//! Server-side apply as a library: what an API server that cannot be asked would make of an apply.
//!
//! [`schema`] says how each kind is merged, [`merge`] merges and tracks who owns which field,
//! [`canonical`] tells whether two values mean the same, and [`predict`] puts them together.

pub mod canonical;
pub mod merge;
pub mod predict;
pub mod schema;
