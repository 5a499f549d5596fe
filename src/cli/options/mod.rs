//! The options that commands share. Where kubectl has one, it has kubectl's name.

mod desired;
mod directory;
mod output;
mod safety;
mod set;

pub(super) use super::connection::{ConnectionOptions, Reach};
pub(super) use desired::{DesiredOptions, FIELD_MANAGER, Selected, SourceOptions};
pub(super) use directory::DirectoryOptions;
pub(super) use output::{OutputOptions, is_color_forced};
pub(super) use safety::Safety;
pub(super) use set::{NamingDirectory, Set, accept, refuse_object_as_directory};
