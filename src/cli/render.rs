//! `stackanetes render`

use super::{Exit, context, options};
use crate::cli::ui::Ui;
use crate::diagnostic::error::Result;
use crate::view::{self, Secrets};

/// Print the desired objects as YAML. Needs no cluster.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    source: options::Source,
    #[command(flatten)]
    selected: options::Selected,
    /// Show the values of Secrets.
    #[arg(long)]
    show_secrets: bool,
}

pub(super) fn run(args: &Args, ui: &mut Ui) -> Result<Exit> {
    let mut desired = context::read(&args.source, true)?;
    let selection = args.selected.selection();
    context::known_components(&desired, &selection)?;
    let default_namespace = desired.settings.namespace.clone();
    desired.manifests.retain(|manifest| {
        let reference = manifest.reference(default_namespace.as_deref());
        selection.selects(&reference, |key| manifest.label(key))
    });
    for warning in &desired.warnings {
        ui.warning(warning);
    }
    let secrets = if args.show_secrets {
        Secrets::Shown
    } else {
        Secrets::Masked
    };
    ui.result(&view::manifests(&desired.manifests, secrets))?;
    Ok(Exit::Done)
}
