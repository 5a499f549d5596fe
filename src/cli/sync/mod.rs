//! `stackanetes sync`

mod carry_out;
mod record;
mod rollback;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::context::Planned;
use super::duration::duration;
use super::format::SyncFormat;
use super::rights::RightsHint;
use super::signal::interrupted;
use super::{Exit, context, options, saved};
use crate::cli::saved::Agreement;
use crate::cli::ui::{AnsweredAt, Ui};
use crate::diagnostic::error::{Error, Result};
use crate::execute::Wait;
use crate::plan::{MadeOf, Refusal};
use crate::view;

pub(super) use carry_out::{ExecutionLimits, execute, execution};
pub(super) use record::recorded;

use carry_out::{Ended, SyncOptions, carry_out};

/// Make the cluster what git says: apply, wait until everything is Current, prune.
///
/// The plan is shown first, and needs your confirmation unless --yes is given.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    desired: options::DesiredOptions,
    #[command(flatten)]
    cluster: options::ConnectionOptions,
    #[command(flatten)]
    safety: options::Safety,
    /// Carry out this saved plan, without asking.
    ///
    /// `diff --out FILE` saves a plan. Nothing is changed if a sync would do something else by now, or if the plan was
    /// carried out already.
    #[arg(help_heading = "Sync", long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Do not ask.
    #[arg(help_heading = "Sync", short, long)]
    yes: bool,
    #[command(flatten)]
    waiting: WaitArgs,
    #[command(flatten)]
    lock: LockArgs,
    /// What is printed.
    #[arg(help_heading = "Output", long, value_name = "FORMAT", default_value = "text")]
    format: SyncFormat,
}

/// How long what is applied is waited for.
#[derive(Debug, clap::Args)]
struct WaitArgs {
    /// How long an object may take.
    ///
    /// This is the time that an object has to become Current, or to be gone.
    #[arg(help_heading = "Sync", long, value_name = "DURATION", default_value = "5m", value_parser = duration)]
    timeout: Duration,
    /// Wait until what is applied is Current; with --wait=false, apply it and end.
    ///
    /// With --wait=false, objects that depend on others are applied as soon as those are stored, in the same order.
    /// Nothing is pruned as long as an object is not Current, since it may still use what git dropped.
    #[arg(help_heading = "Sync", hide_short_help = true, long, value_name = "BOOL", default_value = "true", default_missing_value = "true", num_args = 0..=1, require_equals = true, action = clap::ArgAction::Set)]
    wait: bool,
    /// Do not wait for what cannot become Current by itself.
    ///
    /// Such an object fails at once: a pod that no node takes, an image that cannot be pulled, a container that crashes
    /// again and again.
    #[arg(help_heading = "Sync", long)]
    fail_fast: bool,
    /// If an object fails or does not become Current, go back to the commit of the last complete sync.
    ///
    /// That plan is shown and must be confirmed like any other; --plan confirms only the saved plan. Nothing is deleted
    /// or replaced that a sync of that commit with these options would not delete or replace.
    #[arg(help_heading = "Sync", hide_short_help = true, long)]
    rollback_on_failure: bool,
}

impl WaitArgs {
    /// What the sync waits for after it has applied.
    fn wait(&self) -> Result<Wait> {
        if !self.wait && self.rollback_on_failure {
            return Err(unknown_without_waiting("--rollback-on-failure"));
        }
        match (self.wait, self.fail_fast) {
            (true, false) => Ok(Wait::UntilCurrent),
            (true, true) => Ok(Wait::FailFast),
            (false, false) => Ok(Wait::Not),
            (false, true) => Err(unknown_without_waiting("--fail-fast")),
        }
    }
}

fn unknown_without_waiting(option: &str) -> Error {
    Error::new(format!("{option} cannot be used with --wait=false"))
        .hint("leave out one of them: without waiting, it is not known what becomes of an object")
}

/// One sync at a time.
#[derive(Debug, clap::Args)]
struct LockArgs {
    /// How long to wait for another sync of the ApplySet to end; after that, the plan is made again.
    #[arg(help_heading = "Sync", hide_short_help = true, id = "lock-timeout", long, value_name = "DURATION", default_value = "0s", value_parser = duration)]
    wait: Duration,
    /// How long the Lease of this sync is valid without being renewed. After that time, another sync takes over from
    /// one that died.
    #[arg(help_heading = "Sync", hide_short_help = true, id = "lease-duration", long, value_name = "DURATION", default_value = "30s", value_parser = lease_duration)]
    valid: Duration,
}

impl Args {
    /// The rights that it takes.
    pub(super) fn rights(&self) -> RightsHint {
        RightsHint::to_sync(&self.desired)
    }

    fn options(&self) -> Result<SyncOptions> {
        if self.format == SyncFormat::Junit && self.waiting.rollback_on_failure {
            let error = Error::new("--format junit cannot be used with --rollback-on-failure");
            return Err(error.hint("choose another format: two syncs are no single suite of tests"));
        }
        Ok(SyncOptions {
            timeout: self.waiting.timeout,
            wait: self.waiting.wait()?,
            deadline: Instant::now() + self.lock.wait,
            valid: self.lock.valid,
            format: self.format,
            may_plan_again: self.may_plan_again(),
            rights: Some(self.rights()),
            back_from: None,
        })
    }

    /// Whether another plan may be made and carried out in the place of one that was overtaken. Standard
    /// input can be read once.
    fn may_plan_again(&self) -> bool {
        !self.lock.wait.is_zero() && self.desired.source.path().is_some()
    }

    /// Where a person answers.
    fn answers(&self) -> AnsweredAt {
        match self.desired.source.path() {
            Some(_) => AnsweredAt::StandardInput,
            None => AnsweredAt::Terminal,
        }
    }
}

fn lease_duration(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        short if short < Duration::from_secs(1) => Err("a Lease is valid for one second at least".to_owned()),
        long => Ok(long),
    }
}

pub(super) async fn run(args: Args, ui: &mut Ui) -> Result<Exit> {
    let options = args.options()?;
    let Some(planned) = Box::pin(agreed(&args, ui)).await? else {
        return Ok(Exit::Differs);
    };
    let mut way_back = rollback::way_back(&args, &planned, ui);
    let mut ended = Box::pin(carry_out(planned, &options, ui)).await?;
    loop {
        match (ended, way_back) {
            (Ended::With(exit), _) => return Ok(exit),
            (Ended::Failed, Some(way)) => return Ok(Box::pin(rollback::go_back(way, &args, ui)).await),
            (Ended::Failed, None) => return Ok(Exit::Differs),
            (Ended::Overtaken, _) => {}
        }
        ui.warning("another sync ran since the plan was made: planning again");
        // From the first execution on nobody but us ends this process at Ctrl-C.
        let planned = tokio::select! {
            planned = agreed(&args, ui) => planned?,
            () = interrupted() => return Ok(Exit::Interrupted),
        };
        let Some(planned) = planned else {
            return Ok(Exit::Differs);
        };
        way_back = rollback::way_back(&args, &planned, ui);
        ended = Box::pin(carry_out(planned, &options, ui)).await?;
    }
}

/// Plans, shows the plan, and asks; nothing if the answer is no.
async fn agreed(args: &Args, ui: &mut Ui) -> Result<Option<Planned>> {
    let planned = context::plan_directory(&args.desired, &args.cluster, &args.safety, ui).await?;
    if let Some(path) = &args.plan {
        let agreement = saved::must_agree(&planned, path, ui).await?;
        if let (Agreement::Done(record), SyncFormat::Text) = (agreement, args.format) {
            ui.result(&view::carried_out(
                &path.display().to_string(),
                &record,
                Timestamp::now(),
            ))?;
        }
    }
    let terms = Terms {
        asks: !args.yes && args.plan.is_none(),
        not_done: "nothing was changed",
    };
    confirmed(planned, args, &terms, ui).await
}

/// The terms on which a plan is carried out.
struct Terms {
    /// Whether a person is asked.
    asks: bool,
    /// What is said where it is not carried out.
    not_done: &'static str,
}

/// Shows a plan, and asks for it where nobody agreed to it yet; nothing if the answer is no.
async fn confirmed(planned: Planned, args: &Args, terms: &Terms, ui: &mut Ui) -> Result<Option<Planned>> {
    let made_of = match args.format {
        SyncFormat::Json => saved::made_of(&planned).await.ok(),
        SyncFormat::Text | SyncFormat::Markdown | SyncFormat::Junit => None,
    };
    show(&planned, made_of, args.format, ui)?;
    if let Some(error) = refusals(&planned, Some(&args.rights()), terms.not_done) {
        return Err(error);
    }
    if planned.plan.writes() && terms.asks {
        if args.format == SyncFormat::Junit {
            let error = Error::new("cannot prompt: --format junit does not show the plan");
            return Err(error.hint("pass --yes to sync without asking, or --plan FILE"));
        }
        let answers = args.answers();
        if !Ui::can_ask(answers) {
            let why = match answers {
                AnsweredAt::StandardInput => "standard input is not a terminal",
                AnsweredAt::Terminal => "there is no terminal",
            };
            return Err(Error::new(format!("cannot prompt: {why}")).hint("pass --yes to sync without asking"));
        }
        if !ui.confirm(&view::question(&planned.plan, &planned.heading(ui)), answers)? {
            ui.warning(terms.not_done);
            return Ok(None);
        }
    }
    Ok(Some(planned))
}

/// Prints the plan that is to be carried out: of this, where it can be bound to anything.
pub(super) fn show(planned: &Planned, made_of: Option<MadeOf>, format: SyncFormat, ui: &mut Ui) -> Result<()> {
    let heading = planned.heading(ui);
    let text = match format {
        SyncFormat::Text => view::plan(&planned.plan, &heading, Ui::width()),
        SyncFormat::Json => view::json::line(&view::json::plan(&planned.plan, &heading, made_of)),
        SyncFormat::Markdown => view::markdown(&planned.plan, &heading),
        SyncFormat::Junit => return Ok(()),
    };
    ui.result(&text)
}

/// What the plan refuses, so that it is `not_done`, with the roles that `rights` asks for where a right is missing.
pub(super) fn refusals(planned: &Planned, rights: Option<&RightsHint>, not_done: &str) -> Option<Error> {
    let refusals = planned.plan.refusals.iter();
    Error::join(refusals.map(|refusal| {
        let said = view::refusal(refusal);
        let error = Error::new(format!("refused for safety, {not_done}: {said}"));
        match (refusal, rights) {
            (Refusal::NotAllowed(_) | Refusal::NotCompared(_), Some(rights)) => error.hint(rights.hint(None)),
            _ => error,
        }
    }))
}
