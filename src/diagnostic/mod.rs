//! Errors that point into files, the places they point at, names and the nearest right one, and what findings are called.

pub mod error;
pub mod identifier;
pub(crate) mod names;
pub(crate) mod nearest;
pub mod place;
pub(crate) mod visible;
