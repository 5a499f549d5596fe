//! `stackanetes check`

use super::{Exit, context, options};
use crate::check;
use crate::cli::ui::Ui;
use crate::diagnostic::error::Result;
use crate::source::Settings;
use crate::view;

/// Find mistakes without a cluster: unknown fields, references that lead nowhere, options that a
/// service does not have, and more.
///
/// Every mistake is shown at its line. An object that relies on something outside of the directory
/// says so by the annotation `stackanetes.io/check: ignore`; its fields are checked all the same.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 nothing found; 1 something found; 2 could not run.")]
pub(super) struct Args {
    #[command(flatten)]
    source: options::Source,
    /// The namespace of manifests that name none [default: that of stackanetes.yaml, or `default`].
    #[arg(short, long, value_name = "NAMESPACE", value_parser = |name: &str| options::accept(name, Settings::refuse_namespace))]
    namespace: Option<String>,
}

pub(super) fn run(args: &Args, ui: &mut Ui) -> Result<Exit> {
    let desired = context::read(&args.source, true)?;
    for warning in &desired.warnings {
        ui.warning(warning);
    }
    let namespace = args.namespace.clone().or(desired.settings.namespace);
    let namespace = namespace.unwrap_or_else(|| "default".to_owned());
    let checked = check::check(&desired.manifests, &namespace);
    ui.result(&view::checked(&checked))?;
    Ok(if checked.findings.is_empty() {
        Exit::Done
    } else {
        Exit::Differs
    })
}
