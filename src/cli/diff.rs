//! `stackanetes diff`

use std::path::PathBuf;

use super::format::{PlanFormat, PlanOutput};
use super::rights::RightsHint;
use super::{Exit, between, context, environments, options, outfile, saved};
use crate::cli::ui::Ui;
use crate::diagnostic::error::{Error, Result};
use crate::object::NamedObjects;
use crate::view::{Detail, Heading};

/// Show what a sync would do; change nothing.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    pub(super) desired: options::DesiredOptions,
    /// Show every environment, one after the other.
    ///
    /// Each is compared with the cluster that `contexts` of stackanetes.yaml binds it to, if that is one context and no
    /// cluster is named here. One that cannot be compared stops no other; the exit code is the gravest of all.
    #[arg(help_heading = "Desired state", long, conflicts_with_all = ["environment", "filename", "out", "page"])]
    all_environments: bool,
    /// Show only these objects: deployment/web, 'configmap/*'.
    ///
    /// Or svc/NAMESPACE/NAME. KIND is a kind, its plural or its short name, with or without its group. The others are
    /// compared all the same, and counted, and the exit code tells of all.
    #[arg(help_heading = "Output", value_name = "KIND/NAME")]
    pub(super) only: Vec<NamedObjects>,
    #[command(flatten)]
    pub(super) cluster: options::ConnectionOptions,
    #[command(flatten)]
    pub(super) safety: options::Safety,
    /// Save the plan, for `sync --plan FILE`.
    ///
    /// It holds no manifest and no secret.
    #[arg(help_heading = "Output", long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write the page that --format html prints into a file, too, of the same plan as what is printed.
    #[arg(help_heading = "Output", hide_short_help = true, long, value_name = "FILE")]
    page: Option<PathBuf>,
    /// What is printed.
    #[arg(help_heading = "Output", long, value_name = "FORMAT", default_value = "text")]
    format: PlanFormat,
    /// Print one line for each object.
    #[arg(help_heading = "Output", long, conflicts_with = "format")]
    stat: bool,
    /// Compare with a commit, and with no cluster.
    ///
    /// With the one that this one and HEAD have in common, as pull requests do, so that only what the branch changes is
    /// shown. A...B is that of A and B; A..B is A itself. A commit is a branch, a tag, HEAD~1 or 3f2c1ab. What would change is what our own merge says,
    /// without admission.
    #[arg(help_heading = "Desired state", long, value_name = "REV", conflicts_with_all = ["kubeconfig", "context", "cluster", "user", "server", "token", "as_user", "certificate_authority", "insecure_skip_tls_verify", "request_timeout", "sandbox", "revision", "filename", "verify", "out"])]
    pub(super) from: Option<String>,
    /// The commit that is compared, with that of --from itself [default: DIR as it is on disk].
    #[arg(
        help_heading = "Desired state",
        hide_short_help = true,
        long,
        value_name = "REV",
        requires = "from"
    )]
    pub(super) to: Option<String>,
}

impl Args {
    /// The rights that it takes.
    pub(super) fn rights(&self) -> RightsHint {
        RightsHint::to_diff(&self.desired)
    }

    /// DIR stands before the objects. Where a file is read in its place, what stands there is the first of the objects.
    fn with_objects(mut self) -> Result<Self> {
        let Some(text) = self.desired.source.unread_directory() else {
            self.refuse_object_as_directory()?;
            return Ok(self);
        };
        let first = text.parse().map_err(|_| {
            let error = Error::new(format!("--filename is read, and not {text}"));
            error.hint("leave out DIR, or name the objects to show there: deployment/web")
        });
        self.only.insert(0, first?);
        Ok(self)
    }

    /// DIR cannot be left out with the objects.
    fn refuse_object_as_directory(&self) -> Result<()> {
        let is_on_disk = self.desired.source.revision().is_none() && self.from.is_none();
        let path = self.desired.source.path().filter(|_| is_on_disk);
        path.map_or(Ok(()), |path| options::refuse_object_as_directory(path, "diff"))
    }

    /// The format in which the plan is printed.
    pub(super) fn printed(&self) -> PlanFormat {
        if self.stat { PlanFormat::Stat } else { self.format }
    }

    /// How much is shown of each object.
    pub(super) fn detail(&self, ui: &Ui) -> Detail {
        if self.stat {
            Detail::Objects
        } else {
            context::detail(ui)
        }
    }

    fn shown(&self) -> PlanOutput<'_> {
        PlanOutput {
            format: self.printed(),
            page: self.page.as_deref(),
        }
    }
}

pub(super) async fn run(args: Args, ui: &mut Ui) -> Result<Exit> {
    let args = args.with_objects()?;
    if args.all_environments {
        return Box::pin(environments::run(&args, ui)).await;
    }
    if let Some(from) = &args.from {
        let to = args.to.as_deref();
        let between = between::Between {
            desired: &args.desired,
            safety: &args.safety,
            from,
            to,
        };
        let compared = Box::pin(between::compare(between, ui)).await?;
        let (plan, shown) = (&compared.planned.plan, args.shown());
        let heading = Heading {
            only: &args.only,
            ..compared.heading(ui)
        };
        shown.write_page(plan, &heading)?;
        shown.print(plan, &heading, None, ui)?;
        return Ok(exit(compared.is_in_sync()));
    }
    if let (Some(out), Some(page)) = (&args.out, &args.page)
        && outfile::is_same(out, page)
    {
        let error = Error::new(format!("--out and --page name the same file: {}", out.display()));
        return Err(error.hint("give each a file of its own"));
    }
    let planned = context::plan_directory(&args.desired, &args.cluster, &args.safety, ui).await?;
    let whole = planned.heading(ui);
    let heading = Heading {
        only: &args.only,
        ..planned.heading(ui)
    };
    let shown = args.shown();
    let made_of = match (&args.out, shown.format) {
        (Some(_), _) => Some(saved::made_of(&planned).await?),
        // What cannot be bound is shown all the same.
        (None, PlanFormat::Json) if args.only.is_empty() => saved::made_of(&planned).await.ok(),
        (None, _) => None,
    };
    // The saved plan comes after the page, so that there is none where nobody could review it.
    shown.write_page(&planned.plan, &heading)?;
    if let (Some(out), Some(made_of)) = (&args.out, &made_of) {
        saved::save(&planned.plan, &whole, made_of.clone(), out)?;
    }
    // A part of a plan is not one that could be executed.
    let made_of = made_of.filter(|_| args.only.is_empty());
    shown.print(&planned.plan, &heading, made_of, ui)?;
    Ok(exit(planned.plan.is_in_sync()))
}

fn exit(is_in_sync: bool) -> Exit {
    if is_in_sync { Exit::Done } else { Exit::Differs }
}
