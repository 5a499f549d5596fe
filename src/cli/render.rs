//! `stackanetes render`

use super::{Exit, context, options};
use crate::cli::ui::Ui;
use crate::cluster::built_in_kinds;
use crate::diagnostic::error::{Error, Result};
use crate::observe;
use crate::source::Settings;
use crate::view::{self, SecretValues};

/// Print the desired objects as YAML. Needs no cluster.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    source: options::SourceOptions,
    #[command(flatten)]
    selected: options::Selected,
    /// Write this namespace into manifests that name none.
    ///
    /// Manifests of kinds that have no namespaces are left out of this. Without this option, manifests that name no
    /// namespace are printed as they are.
    #[arg(help_heading = "Desired state", short, long, value_name = "NAMESPACE", value_parser = |name: &str| options::accept(name, Settings::refuse_namespace))]
    namespace: Option<String>,
    /// Show the values of Secrets.
    #[arg(help_heading = "Output", long)]
    show_secrets: bool,
}

pub(super) fn run(args: &Args, ui: &mut Ui) -> Result<Exit> {
    let mut desired = context::read(&args.source, true)?;
    let selection = args.selected.selection();
    context::known_components(&desired, &selection)?;
    let default_namespace = args.namespace.clone().or_else(|| desired.settings.namespace.clone());
    desired.manifests.retain(|manifest| {
        let reference = manifest.reference(default_namespace.as_deref());
        selection.selects(&reference, |key| manifest.label(key))
    });
    let namespace = args.namespace.as_deref();
    for kind in observe::name_namespace(&mut desired.manifests, &built_in_kinds(), namespace) {
        ui.warning(&format!(
            "nothing here defines the kind {kind}: its manifests that name no namespace are printed as they are"
        ));
    }
    let closed: Vec<String> = desired.closed.iter().map(view::closed).collect();
    if args.show_secrets
        && let Some(error) = Error::join(closed.iter().map(Error::new))
    {
        return Err(error);
    }
    for warning in view::warnings(&desired).iter().chain(&closed) {
        ui.warning(warning);
    }
    let secrets = if args.show_secrets {
        SecretValues::Shown
    } else {
        SecretValues::Masked
    };
    ui.paged(&view::manifests(&desired.manifests, secrets))?;
    Ok(Exit::Done)
}
