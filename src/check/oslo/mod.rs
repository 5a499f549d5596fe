//! Configuration files of [oslo.config](https://docs.openstack.org/oslo.config/latest/), held to the
//! options that a service has.
//!
//! An [`OptionSchema`] is what `oslo-config-generator --format json` writes. [`mistakes()`] reads a file as
//! oslo.config does (`ini`), and says which of its lines the service would refuse, ignore, or take
//! under another name. Pure: the schema is read by whoever reads the directory.

mod ini;
mod mistakes;
mod schema;
mod uri;
mod values;

use crate::diagnostic::error::Error;

pub use mistakes::{OptionMistake, mistakes};
pub use schema::OptionSchema;

use crate::source::SchemaFile;

impl SchemaFile {
    /// The schema that it holds.
    pub fn schema(&self) -> Result<OptionSchema, Error> {
        OptionSchema::read(&self.bytes).map_err(|error| {
            Error::new(format!("{} is no option schema", self.path))
                .because(error)
                .at(self.place.clone(), "")
                .hint("make it by `oslo-config-generator --namespace … --format json`; it may be compressed by gzip")
        })
    }
}
