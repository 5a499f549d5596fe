//! `stackanetes diff`

use std::path::PathBuf;

use super::{Exit, options, saved, setting};
use crate::error::Result;
use crate::ui::Ui;
use crate::view;

/// Show what a sync would do; change nothing.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    desired: options::Desired,
    #[command(flatten)]
    cluster: options::Cluster,
    #[command(flatten)]
    safety: options::Safety,
    /// Save the plan, for `sync --plan FILE`. It holds no manifest and no secret.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) async fn run(args: Args, ui: &mut Ui) -> Result<Exit> {
    let planned = setting::planned(&args.desired, &args.cluster, &args.safety, ui).await?;
    let text = view::plan(&planned.plan, &planned.heading(ui));
    ui.result(&text)?;
    if let Some(path) = &args.out {
        saved::save(&planned, path).await?;
    }
    Ok(if planned.plan.is_in_sync() {
        Exit::Done
    } else {
        Exit::Differs
    })
}
