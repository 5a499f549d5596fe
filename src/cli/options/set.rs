//! Which ApplySet.

use std::path::{Path, PathBuf};

use super::directory::DIRECTORY;
use crate::cli::candidates;
use crate::diagnostic::error::{self, Error};
use crate::object::NamedObjects;
use crate::source::Settings;

/// Which directory names the ApplySet.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Desired state")]
pub(in crate::cli) struct NamingDirectory {
    /// The directory whose stackanetes.yaml names the ApplySet.
    #[arg(value_name = "DIR", default_value = DIRECTORY)]
    pub(in crate::cli) directory: PathBuf,
    /// The environment, where the name or the namespace reads parameters.
    #[arg(short, long, value_name = "NAME", add = candidates::environments())]
    pub(in crate::cli) environment: Option<String>,
}

/// DIR cannot be left out with the objects that are named after it, as `command` takes them.
pub(in crate::cli) fn refuse_object_as_directory(path: &Path, command: &str) -> error::Result<()> {
    let text = path.to_str().unwrap_or_default();
    if path.exists() || text.parse::<NamedObjects>().is_err() {
        return Ok(());
    }
    let error = Error::new(format!("there is no directory {text}"));
    Err(error.hint(format!(
        "to show that object, name DIR before it: `stackanetes {command} desired {text}`"
    )))
}

/// Which ApplySet.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Desired state")]
pub(in crate::cli) struct Set {
    /// The name of the ApplySet, in place of that of stackanetes.yaml.
    ///
    /// Without a name, objects become no members of an ApplySet, and nothing is pruned.
    #[arg(hide_short_help = true, long, value_name = "NAME", value_parser = |name: &str| accept(name, Settings::refuse_name))]
    pub(in crate::cli) name: Option<String>,
    /// The namespace of manifests that name none.
    ///
    /// The ApplySet's own records are kept there too [default: that of stackanetes.yaml, or of the kubeconfig's
    /// context]
    #[arg(hide_short_help = true, short, long, value_name = "NAMESPACE", value_parser = |name: &str| accept(name, Settings::refuse_namespace))]
    pub(in crate::cli) namespace: Option<String>,
}

pub(in crate::cli) fn accept(text: &str, refuse: fn(&str) -> Option<&'static str>) -> Result<String, &'static str> {
    refuse(text).map_or_else(|| Ok(text.to_owned()), Err)
}
