//! Carries out a plan, and tells of it while it does and in the end.

use std::cell::RefCell;
use std::pin::pin;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::record::recorded;
use crate::applyset::parent::Record;
use crate::cli::Exit;
use crate::cli::context::Planned;
use crate::cli::format::{OutputFormat, SyncFormat};
use crate::cli::rights::RightsHint;
use crate::cli::signal::interrupted;
use crate::cli::ui::{Ui, Verbosity};
use crate::diagnostic::error::{Error, Result};
use crate::execute::report::Report;
use crate::execute::{Abort, Execution, LeaseHolder, Lock, SyncClock, Wait};
use crate::object::commit::Commit;
use crate::plan::Plan;
use crate::view;

/// How an execution ended.
pub(super) enum Ended {
    /// The sync is over.
    With(Exit),
    /// The sync is over, and objects failed or did not become Current.
    Failed,
    /// Another one ran since the plan was made.
    Overtaken,
}

/// How long an execution may take, how it keeps others out, and when it ends.
pub(in crate::cli) struct ExecutionLimits {
    /// How long an object may take.
    pub(in crate::cli) timeout: Duration,
    /// What the sync waits for after it has applied.
    pub(in crate::cli) wait: Wait,
    pub(in crate::cli) lock: Lock,
    /// Turns true when it is to stop.
    pub(in crate::cli) stop: watch::Receiver<bool>,
}

/// What executes a plan, and the plan.
pub(in crate::cli) fn execution(planned: Planned, limits: ExecutionLimits) -> (Execution, Plan) {
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
    let clock = SyncClock::start();
    let execution = Execution {
        cluster,
        query,
        served,
        timeout: limits.timeout,
        wait: limits.wait,
        clock,
        record: Record {
            time: clock.began().to_string(),
            by: who.clone(),
            revision: revision.as_ref().map(|revision| revision.commit.clone()),
            subject: revision.as_ref().map(|revision| revision.subject.clone()),
            dirty: revision.as_ref().is_some_and(|revision| revision.dirty),
            source: plan.source.clone(),
            environment,
            set: recorded(by_hand),
            objects,
            tool: Record::this_tool(),
            server: plan.facts.server_version.clone(),
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
pub(in crate::cli) async fn execute(
    planned: Planned,
    timeout: Duration,
    format: OutputFormat,
    ui: &mut Ui,
) -> Result<Exit> {
    let options = SyncOptions {
        timeout,
        wait: Wait::UntilCurrent,
        deadline: Instant::now(),
        valid: Lock::default().valid,
        format: format.into(),
        may_plan_again: false,
        rights: None,
        back_from: None,
    };
    let set = planned.plan.facts.set.as_ref().map(|set| set.name.clone());
    match Box::pin(carry_out(planned, &options, ui)).await? {
        Ended::With(exit) => Ok(exit),
        Ended::Failed => Ok(Exit::Differs),
        Ended::Overtaken => Err(Abort::Overtaken(set.unwrap_or_default()).into()),
    }
}

/// How a plan is carried out.
pub(super) struct SyncOptions {
    /// How long an object may take.
    pub(super) timeout: Duration,
    /// What the sync waits for after it has applied.
    pub(super) wait: Wait,
    /// The time until which the Lease of another sync is waited for.
    pub(super) deadline: Instant,
    /// How long ours is valid.
    pub(super) valid: Duration,
    pub(super) format: SyncFormat,
    /// Whether another plan may take the place of one that was overtaken.
    pub(super) may_plan_again: bool,
    /// The rights that it takes, where the roles with exactly them can be printed.
    pub(super) rights: Option<RightsHint>,
    /// The commit whose sync failed, where this is the way back from it.
    pub(super) back_from: Option<Commit>,
}

/// Carries out a plan, and prints what came of it.
pub(super) async fn carry_out(planned: Planned, options: &SyncOptions, ui: &mut Ui) -> Result<Ended> {
    let (sender, stop) = watch::channel(false);
    let limits = ExecutionLimits {
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
    let clock = execution.clock;
    let mut report = Report::of(&plan);
    ui.sync(&plan);
    // What happens and how time goes are both told.
    let told = RefCell::new(&mut *ui);
    let mut tell = |event| {
        let mut ui = told.borrow_mut();
        if options.format == SyncFormat::Json {
            ui.stream(&view::json::line(&view::json::event(&event, clock.now())));
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
    let error = result.as_ref().err();
    match options.format {
        SyncFormat::Json => {
            let subject = view::json::ReportSubject {
                set: set.as_ref(),
                cluster: &cluster_name,
                revision: commit.as_ref(),
                back_from: options.back_from.as_ref(),
                ended: clock.now(),
            };
            ui.result(&view::json::line(&view::json::report(&report, error, &subject)))?;
        }
        // It could not begin: the error says all.
        SyncFormat::Text if report.failed && !has_begun => {}
        SyncFormat::Text => {
            let is_whole = ui.verbosity() == Verbosity::Verbose;
            ui.result(&view::report(&report, is_whole, Ui::width()))?;
        }
        SyncFormat::Markdown => ui.result(&view::report_markdown(&report, error))?,
        SyncFormat::Junit => {
            let name = set.as_ref().map(|set| format!("{}/{}", set.namespace, set.name));
            ui.result(&view::report_junit(&report, error, &name.unwrap_or_default()))?;
        }
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
        Err(error) if options.format != SyncFormat::Text => {
            // The report has it, too.
            ui.error(&error);
            Ok(Ended::With(Exit::Failed))
        }
        Err(error) => Err(error),
        Ok(()) if was_interrupted => Ok(Ended::With(Exit::Interrupted)),
        Ok(()) if report.is_complete() => Ok(Ended::With(Exit::Done)),
        Ok(()) if report.has_failures() => Ok(Ended::Failed),
        Ok(()) => Ok(Ended::With(Exit::Differs)),
    }
}

fn stopped_at_once(valid: Duration) -> Error {
    Error::new("stopped at once: what was under way may be done or not")
        .hint(format!("the Lease is free again after {} s", valid.as_secs()))
}
