//! Errors that point into files, the places they point at, and the nearest right name.

pub mod error;
pub(crate) mod nearest;
pub mod place;
pub(crate) mod visible;
