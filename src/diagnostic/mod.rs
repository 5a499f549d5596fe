//! Errors that point into files, the places they point at, the nearest right name, and what findings are called.

pub mod error;
pub mod identifier;
pub(crate) mod nearest;
pub mod place;
pub(crate) mod visible;
