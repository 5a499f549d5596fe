//! `stackanetes sync`

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::pin::pin;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::watch;

use super::context::Planned;
use super::duration::duration;
use super::format::Format;
use super::rights::Rights;
use super::{Exit, context, options, saved};
use crate::applyset::parent::Record;
use crate::cli::ui::{Ui, Verbosity};
use crate::diagnostic::error::{Error, Result};
use crate::execute::report::Report;
use crate::execute::{Abort, Execution, LeaseHolder, Lock, Wait};
use crate::plan::{MadeOf, Plan, Refusal};
use crate::source::Revision;
use crate::source::parameters::SetByHand;
use crate::view;

/// Make the cluster what git says: apply, wait until everything is Current, prune.
///
/// Shows the plan first and asks, unless --yes is given.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    desired: options::Desired,
    #[command(flatten)]
    cluster: options::Cluster,
    #[command(flatten)]
    safety: options::Safety,
    /// Do what this saved plan says, without asking.
    ///
    /// Or nothing, where that is not what a sync would do now. `diff --out FILE` saves one.
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
    ///
    /// Text, or JSON, one document a line: the Plan, an Event for each that happens, a Report at the end.
    #[arg(help_heading = "Output", long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

/// How long what is applied is waited for.
#[derive(Debug, clap::Args)]
struct WaitArgs {
    /// How long an object may take to become Current, or to be gone.
    #[arg(help_heading = "Sync", long, value_name = "DURATION", default_value = "5m", value_parser = duration)]
    timeout: Duration,
    /// Wait until what is applied is Current; with --wait=false, apply it and end.
    ///
    /// What depends on it is then applied at once, in the same order. Nothing is pruned that what is not Current may
    /// still use.
    #[arg(help_heading = "Sync", long, value_name = "BOOL", default_value = "true", default_missing_value = "true", num_args = 0..=1, require_equals = true, action = clap::ArgAction::Set)]
    wait: bool,
    /// Do not wait for what cannot become Current by itself: it has failed at once.
    ///
    /// Such as a pod that no node takes, an image that cannot be pulled, a container that crashes again and again.
    #[arg(help_heading = "Sync", long)]
    fail_fast: bool,
}

impl WaitArgs {
    /// What is waited for.
    fn wait(&self) -> Result<Wait> {
        match (self.wait, self.fail_fast) {
            (true, false) => Ok(Wait::UntilCurrent),
            (true, true) => Ok(Wait::FailFast),
            (false, false) => Ok(Wait::Not),
            (false, true) => Err(Error::new("--fail-fast cannot be used with --wait=false")
                .hint("leave out one of them: without waiting, nothing is known of what becomes of an object")),
        }
    }
}

/// One sync at a time.
#[derive(Debug, clap::Args)]
struct LockArgs {
    /// How long to wait while another sync of the ApplySet runs; then the plan is made again.
    #[arg(help_heading = "Sync", hide_short_help = true, id = "lock-timeout", long, value_name = "DURATION", default_value = "0s", value_parser = duration)]
    wait: Duration,
    /// How long the Lease of this sync is valid without being renewed: after that a sync that died is
    /// taken over.
    #[arg(help_heading = "Sync", hide_short_help = true, id = "lease-duration", long, value_name = "DURATION", default_value = "30s", value_parser = lease_duration)]
    valid: Duration,
}

impl Args {
    /// The rights that it takes.
    pub(super) fn rights(&self) -> Rights {
        Rights::to_sync(&self.desired)
    }

    /// Whether another plan may be made and carried out in the place of one that was overtaken. Standard
    /// input can be read once.
    fn may_plan_again(&self) -> bool {
        !self.lock.wait.is_zero() && self.desired.source.path().is_some()
    }
}

fn lease_duration(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        short if short < Duration::from_secs(1) => Err("a Lease is valid for one second at least".to_owned()),
        long => Ok(long),
    }
}

pub(super) async fn run(args: Args, ui: &mut Ui) -> Result<Exit> {
    let options = SyncOptions {
        timeout: args.waiting.timeout,
        wait: args.waiting.wait()?,
        deadline: Instant::now() + args.lock.wait,
        valid: args.lock.valid,
        format: args.format,
        may_plan_again: args.may_plan_again(),
        rights: Some(args.rights()),
    };
    let Some(planned) = agreed(&args, ui).await? else {
        return Ok(Exit::Differs);
    };
    let mut ended = Box::pin(carry_out(planned, &options, ui)).await?;
    loop {
        if let Ended::With(exit) = ended {
            return Ok(exit);
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
        ended = Box::pin(carry_out(planned, &options, ui)).await?;
    }
}

/// Plans, shows the plan, and asks; nothing if the answer is no.
async fn agreed(args: &Args, ui: &mut Ui) -> Result<Option<Planned>> {
    let planned = context::plan_directory(&args.desired, &args.cluster, &args.safety, ui).await?;
    if let Some(path) = &args.plan {
        saved::must_agree(&planned, path, ui).await?;
    }
    let made_of = match args.format {
        Format::Json => saved::made_of(&planned).await.ok(),
        Format::Text => None,
    };
    show(&planned, made_of, args.format, ui)?;
    if let Some(error) = refusals(&planned, Some(&args.rights())) {
        return Err(error);
    }
    if planned.plan.writes() && !args.yes && args.plan.is_none() {
        if !Ui::can_ask() || args.desired.source.path().is_none() {
            return Err(
                Error::new("cannot prompt: standard input is not a terminal").hint("pass --yes to sync without asking")
            );
        }
        if !ui.confirm(&view::question(&planned.plan, &planned.heading(ui)))? {
            ui.warning("nothing was changed");
            return Ok(None);
        }
    }
    Ok(Some(planned))
}

/// Prints the plan that is to be carried out: of this, where it can be bound to anything.
pub(super) fn show(planned: &Planned, made_of: Option<MadeOf>, format: Format, ui: &mut Ui) -> Result<()> {
    let heading = planned.heading(ui);
    let text = match format {
        Format::Text => view::plan(&planned.plan, &heading, Ui::width()),
        Format::Json => view::json::line(&view::json::plan(&planned.plan, &heading, made_of)),
    };
    ui.result(&text)
}

/// How an execution ended.
enum Ended {
    /// The sync is over.
    With(Exit),
    /// Another one ran since the plan was made.
    Overtaken,
}

/// What the plan refuses, with the roles that `rights` asks for where a right is missing.
pub(super) fn refusals(planned: &Planned, rights: Option<&Rights>) -> Option<Error> {
    let refusals = planned.plan.refusals.iter();
    Error::join(refusals.map(|refusal| {
        let said = view::refusal(refusal);
        let error = Error::new(format!("refused for safety, nothing was changed: {said}"));
        match (refusal, rights) {
            (Refusal::NotAllowed(_) | Refusal::NotCompared(_), Some(rights)) => error.hint(rights.hint(None)),
            _ => error,
        }
    }))
}

/// How long an execution may take, how it keeps others out, and when it ends.
pub(super) struct Limits {
    /// How long an object may take.
    pub(super) timeout: Duration,
    pub(super) wait: Wait,
    pub(super) lock: Lock,
    /// Turns true when it is to stop.
    pub(super) stop: watch::Receiver<bool>,
}

/// What executes a plan, and the plan.
pub(super) fn execution(planned: Planned, limits: Limits) -> (Execution, Plan) {
    let Planned {
        plan,
        cluster,
        query,
        served,
        revision,
        environment,
        by_hand,
        ..
    } = planned;
    let who = format!(
        "{}@{}",
        whoami::username().unwrap_or_else(|_| "unknown".into()),
        whoami::hostname().unwrap_or_else(|_| "unknown".into())
    );
    let objects = plan.steps.iter().filter(|step| step.place.is_some()).count() + plan.unchanged.len();
    let execution = Execution {
        cluster,
        query,
        served,
        timeout: limits.timeout,
        wait: limits.wait,
        record: Record {
            source: plan.source.clone(),
            environment,
            set: recorded(by_hand),
            ..record(revision.as_ref(), &who, objects, &plan.facts.server_version)
        },
        holder: LeaseHolder {
            identity: format!("{who}/{}", std::process::id()),
            revision: revision.map(|revision| revision.commit),
        },
        lock: limits.lock,
        stop: limits.stop,
    };
    (execution, plan)
}

/// Carries out a plan, without waiting for anybody.
pub(super) async fn execute(planned: Planned, timeout: Duration, format: Format, ui: &mut Ui) -> Result<Exit> {
    let options = SyncOptions {
        timeout,
        wait: Wait::UntilCurrent,
        deadline: Instant::now(),
        valid: Lock::default().valid,
        format,
        may_plan_again: false,
        rights: None,
    };
    let set = planned.plan.facts.set.as_ref().map(|set| set.name.clone());
    match Box::pin(carry_out(planned, &options, ui)).await? {
        Ended::With(exit) => Ok(exit),
        Ended::Overtaken => Err(Abort::Overtaken(set.unwrap_or_default()).into()),
    }
}

/// How a plan is carried out.
struct SyncOptions {
    /// How long an object may take.
    timeout: Duration,
    wait: Wait,
    /// Until when to wait for the Lease of another sync.
    deadline: Instant,
    /// How long ours is valid.
    valid: Duration,
    format: Format,
    /// Whether another plan may take the place of one that was overtaken.
    may_plan_again: bool,
    /// The rights that it takes, where the roles with exactly them can be printed.
    rights: Option<Rights>,
}

async fn carry_out(planned: Planned, options: &SyncOptions, ui: &mut Ui) -> Result<Ended> {
    let (sender, stop) = watch::channel(false);
    let limits = Limits {
        timeout: options.timeout,
        wait: options.wait,
        lock: Lock {
            wait: options.deadline.saturating_duration_since(Instant::now()),
            valid: options.valid,
        },
        stop,
    };
    let cluster_name = planned.cluster_name.clone();
    let (execution, plan) = execution(planned, limits);
    let (set, commit) = (plan.facts.set.clone(), execution.holder.revision.clone());
    let mut report = Report::of(&plan);
    ui.sync(&plan);
    // What happens and how time goes are both told.
    let told = RefCell::new(&mut *ui);
    let mut tell = |event| {
        let mut ui = told.borrow_mut();
        if options.format == Format::Json {
            ui.stream(&view::json::line(&view::json::event(&event, Timestamp::now())));
        }
        ui.event(&event);
        report.note(event);
    };
    let result = {
        let mut run = pin!(execution.run(plan, &mut tell));
        let mut signal = pin!(interrupted());
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        loop {
            tokio::select! {
                result = &mut run => break result,
                _ = seconds.tick() => told.borrow_mut().tick(),
                () = &mut signal => {
                    if *sender.borrow() {
                        break Err(stopped_at_once(options.valid).into());
                    }
                    // From now on nothing new is started, and nothing waited for.
                    Ui::announce("stopping: finishing what is under way; press Ctrl-C again to abort");
                    sender.send_replace(true);
                    signal.set(interrupted());
                }
            }
        }
    };
    let was_interrupted = *sender.borrow();
    let result = match result {
        Err(Abort::Overtaken(_)) if options.may_plan_again && !was_interrupted => return Ok(Ended::Overtaken),
        result => result.map_err(|abort| match (Error::from(abort), &options.rights) {
            (error, Some(rights)) => rights.explain(error),
            (error, None) => error,
        }),
    };
    let has_begun = !report.outcomes.is_empty() || report.has_begun();
    report.interrupted = was_interrupted;
    report.failed = result.is_err();
    ui.done();
    match options.format {
        Format::Json => {
            let subject = view::json::Subject {
                set: set.as_ref(),
                cluster: &cluster_name,
                revision: commit.as_ref(),
                ended: Timestamp::now(),
            };
            let report = view::json::report(&report, result.as_ref().err(), &subject);
            ui.result(&view::json::line(&report))?;
        }
        // It could not begin: the error says all.
        Format::Text if report.failed && !has_begun => {}
        Format::Text => ui.result(&view::report(&report, ui.verbosity() == Verbosity::Verbose))?,
    }
    match result {
        Err(error) if was_interrupted => {
            ui.error(&error);
            Ok(Ended::With(Exit::Interrupted))
        }
        // What was done is not undone: this is no sync that could not run.
        Err(error) if has_begun => {
            ui.error(&error);
            Ok(Ended::With(Exit::Differs))
        }
        Err(error) if options.format == Format::Json => {
            // The report has it for programs.
            ui.error(&error);
            Ok(Ended::With(Exit::Failed))
        }
        Err(error) => Err(error),
        Ok(()) if was_interrupted => Ok(Ended::With(Exit::Interrupted)),
        Ok(()) => Ok(Ended::With(if report.is_complete() {
            Exit::Done
        } else {
            Exit::Differs
        })),
    }
}

fn stopped_at_once(valid: Duration) -> Error {
    Error::new("stopped at once: what was under way may be done or not")
        .hint(format!("the Lease is free again after {} s", valid.as_secs()))
}

/// Waits for Ctrl-C, or for the signal by which CI cancels a job.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminated.recv() => {}
                () = ctrl_c() => {}
            }
            return;
        }
    }
    ctrl_c().await;
}

async fn ctrl_c() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without the signal there is nothing to wait for.
        std::future::pending::<()>().await;
    }
}

/// What of `--set` is kept: of secret parameters only that they were set.
fn recorded(by_hand: SetByHand) -> BTreeMap<String, Option<Value>> {
    let secrets = by_hand.secrets.into_iter().map(|name| (name, None));
    by_hand
        .values
        .into_iter()
        .map(|(name, value)| (name, Some(value)))
        .chain(secrets)
        .collect()
}

fn record(revision: Option<&Revision>, who: &str, objects: usize, server: &str) -> Record {
    Record {
        time: Timestamp::now().to_string(),
        by: who.to_owned(),
        revision: revision.map(|revision| revision.commit.clone()),
        subject: revision.map(|revision| revision.subject.clone()),
        dirty: revision.is_some_and(|revision| revision.dirty),
        source: None,
        environment: None,
        set: BTreeMap::new(),
        objects,
        tool: Record::this_tool(),
        server: server.to_owned(),
    }
}
