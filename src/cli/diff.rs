//! `stackanetes diff`

use std::path::PathBuf;

use super::format::{PlanFormat, Shown};
use super::rights::Rights;
use super::{Exit, between, context, options, outfile, saved};
use crate::cli::ui::Ui;
use crate::diagnostic::error::{Error, Result};

/// Show what a sync would do; change nothing.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    desired: options::Desired,
    #[command(flatten)]
    cluster: options::Cluster,
    #[command(flatten)]
    safety: options::Safety,
    /// Save the plan, for `sync --plan FILE`.
    ///
    /// It holds no manifest and no secret.
    #[arg(help_heading = "Output", long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write the page that --format html prints into a file, too, of the same plan as what is printed.
    #[arg(help_heading = "Output", long, value_name = "FILE")]
    page: Option<PathBuf>,
    /// What is printed.
    #[arg(help_heading = "Output", long, value_name = "FORMAT", default_value = "text")]
    format: PlanFormat,
    /// Print one line for each object.
    #[arg(help_heading = "Output", long, conflicts_with = "format")]
    stat: bool,
    /// Compare with the commit that this one and HEAD have in common, and with no cluster.
    ///
    /// As pull requests do, so that only what the branch changes is shown. A...B is that of A and B; A..B is A
    /// itself. A commit is a branch, a tag, HEAD~1 or 3f2c1ab. What would change is what our own merge says,
    /// without admission.
    #[arg(help_heading = "Desired state", long, value_name = "REV", conflicts_with_all = ["kubeconfig", "context", "cluster", "user", "server", "token", "as_user", "certificate_authority", "insecure_skip_tls_verify", "request_timeout", "sandbox", "revision", "filename", "verify", "out"])]
    from: Option<String>,
    /// The commit that is compared, with that of --from itself [default: DIR as it is on disk].
    #[arg(help_heading = "Desired state", long, value_name = "REV", requires = "from")]
    to: Option<String>,
}

impl Args {
    /// The rights that it takes.
    pub(super) fn rights(&self) -> Rights {
        Rights::to_diff(&self.desired)
    }

    fn shown(&self) -> Shown<'_> {
        Shown {
            format: if self.stat { PlanFormat::Stat } else { self.format },
            page: self.page.as_deref(),
        }
    }
}

pub(super) async fn run(args: Args, ui: &mut Ui) -> Result<Exit> {
    if let Some(from) = &args.from {
        let to = args.to.as_deref();
        let between = between::Between {
            desired: &args.desired,
            safety: &args.safety,
            from,
            to,
            shown: args.shown(),
        };
        return Box::pin(between::run(between, ui)).await;
    }
    if let (Some(out), Some(page)) = (&args.out, &args.page)
        && outfile::is_same(out, page)
    {
        let error = Error::new(format!("--out and --page name the same file: {}", out.display()));
        return Err(error.hint("give each a file of its own"));
    }
    let planned = context::plan_directory(&args.desired, &args.cluster, &args.safety, ui).await?;
    let heading = planned.heading(ui);
    let shown = args.shown();
    let made_of = match (&args.out, shown.format) {
        (Some(_), _) => Some(saved::made_of(&planned).await?),
        // What cannot be bound is shown all the same.
        (None, PlanFormat::Json) => saved::made_of(&planned).await.ok(),
        (None, PlanFormat::Text | PlanFormat::Markdown | PlanFormat::Html | PlanFormat::Stat) => None,
    };
    // The saved plan comes after the page, so that there is none where nobody could review it.
    shown.write_page(&planned.plan, &heading)?;
    if let (Some(out), Some(made_of)) = (&args.out, &made_of) {
        saved::save(&planned.plan, &heading, made_of.clone(), out)?;
    }
    shown.print(&planned.plan, &heading, made_of, ui)?;
    Ok(if planned.plan.is_in_sync() {
        Exit::Done
    } else {
        Exit::Differs
    })
}
