//! The options that commands share. Where kubectl has one, it has kubectl's name.

mod desired;
mod directory;
mod output;
mod safety;
mod set;

pub(super) use super::connection::{Cluster, Reach};
pub(super) use desired::{Desired, FIELD_MANAGER, Selected, Source};
pub(super) use directory::Directory;
pub(super) use output::{Output, is_color_forced};
pub(super) use safety::Safety;
pub(super) use set::{Named, Set, accept, refuse_object_as_directory};
