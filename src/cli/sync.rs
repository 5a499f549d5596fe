//! `stackanetes sync`

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::watch;

use super::setting::Planned;
use super::{Exit, options, saved, setting};
use crate::error::{Error, Result};
use crate::execute::{Execution, Holder};
use crate::inventory::Record;
use crate::parameters::SetByHand;
use crate::plan::Plan;
use crate::report::Report;
use crate::source::Revision;
use crate::ui::Ui;
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
    /// Do what this plan says, without asking, or nothing where that is not what a sync would do now.
    /// `diff --out FILE` saves one.
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Do not ask.
    #[arg(short, long)]
    yes: bool,
    /// How long an object may take to become Current, or to be gone: 90s, 5m, 1h.
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = duration)]
    timeout: Duration,
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let number = text.trim_end_matches(char::is_alphabetic);
    let unit = match &text[number.len()..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3_600,
        _ => return Err("write a number and s, m or h, such as 90s".to_owned()),
    };
    let count: u32 = number
        .parse()
        .map_err(|_| "write a number and s, m or h, such as 90s".to_owned())?;
    Ok(Duration::from_secs(u64::from(count) * unit))
}

pub(super) async fn run(args: Args, ui: &mut Ui) -> Result<Exit> {
    let planned = setting::planned(&args.desired, &args.cluster, &args.safety, ui).await?;
    if let Some(path) = &args.plan {
        saved::must_agree(&planned, path, ui).await?;
    }
    let text = view::plan(&planned.plan, &planned.heading(ui));
    ui.result(&text)?;
    if let Some(error) = refusals(&planned) {
        return Err(error);
    }
    if planned.plan.writes() && !args.yes && args.plan.is_none() {
        if !Ui::can_ask() || args.desired.source.path().is_none() {
            return Err(
                Error::new("there is nobody to ask whether to sync this").hint("say --yes to sync without asking")
            );
        }
        if !ui.confirm("Sync?")? {
            ui.warning("nothing was changed");
            return Ok(Exit::Differs);
        }
    }
    execute(planned, args.timeout, ui).await
}

pub(super) fn refusals(planned: &Planned) -> Option<Error> {
    let refusals = planned.plan.refusals.iter();
    Error::join(refusals.map(|refusal| {
        Error::new(format!(
            "refused for safety, nothing was changed: {}",
            view::refusal(refusal)
        ))
    }))
}

/// What executes a plan, until it is told to `stop`, and the plan.
pub(super) fn execution(planned: Planned, timeout: Duration, stop: watch::Receiver<bool>) -> (Execution, Plan) {
    let Planned {
        plan,
        cluster,
        question,
        discovery,
        scopes,
        defined_by,
        schema,
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
        discovery,
        question,
        scopes,
        defined_by,
        schema,
        timeout,
        record: Record {
            environment,
            set: recorded(by_hand),
            ..record(revision.as_ref(), &who, objects, &plan.server_version)
        },
        holder: Holder {
            identity: format!("{who}/{}", std::process::id()),
        },
        stop,
    };
    (execution, plan)
}

pub(super) async fn execute(planned: Planned, timeout: Duration, ui: &mut Ui) -> Result<Exit> {
    let (sender, stop) = watch::channel(false);
    let (execution, plan) = execution(planned, timeout, stop);
    let mut report = Report::default();
    ui.doing("syncing");
    let mut tell = |event| {
        ui.event(&event);
        report.note(event);
    };
    let result = {
        let run = execution.run(plan, &mut tell);
        tokio::pin!(run);
        tokio::select! {
            result = &mut run => result,
            () = interrupted() => {
                // From now on nothing new is started, and nothing waited for.
                Ui::announce("stopping: what is under way is finished; once more stops at once");
                sender.send_replace(true);
                tokio::select! {
                    result = &mut run => result,
                    () = interrupted() => Err(Error::new("stopped at once: what was under way may be done or not")
                        .hint("the Lease is free again in half a minute")),
                }
            }
        }
    };
    let was_interrupted = *sender.borrow();
    report.interrupted = was_interrupted;
    report.failed = result.is_err();
    ui.done();
    if !(report.failed && report.outcomes.is_empty()) {
        ui.result(&view::report(&report))?;
    }
    match result {
        Err(error) if was_interrupted => {
            ui.error(&error);
            Ok(Exit::Interrupted)
        }
        Err(error) => Err(error),
        Ok(()) if was_interrupted => Ok(Exit::Interrupted),
        Ok(()) => Ok(if report.is_complete() {
            Exit::Done
        } else {
            Exit::Differs
        }),
    }
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
        environment: None,
        set: BTreeMap::new(),
        objects,
        tool: Record::this_tool(),
        server: server.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_numbers_with_a_unit() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        assert_eq!(duration("1h"), Ok(Duration::from_secs(3_600)));
        for wrong in ["", "m", "5 minutes", "-1s", "5d"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
