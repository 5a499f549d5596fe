//! The way back to the last complete sync, where a sync fails: with its plan, and as carefully as any sync.

use super::carry_out::{Ended, SyncOptions, carry_out};
use super::record::recorded;
use super::{Args, Terms, confirmed};
use crate::applyset::parent::Parent;
use crate::cli::Exit;
use crate::cli::context::{self, Planned};
use crate::cli::signal::interrupted;
use crate::cli::ui::Ui;
use crate::diagnostic::error::Result;
use crate::object::commit::Commit;

/// Where a sync that fails goes back to.
pub(super) struct WayBack {
    /// The commit of the last complete sync.
    to: Commit,
    /// The commit that is to be synced now; nothing outside of git.
    from: Option<Commit>,
}

/// Why a sync cannot be rolled back.
enum NoWay {
    /// The manifests are not read from a directory, which may be in git.
    NoDirectory,
    /// No sync of the whole set was complete.
    NeverComplete,
    /// The last complete sync was of no commit, or of files that differed from it.
    NoCommit,
    /// The last complete sync was of the commit that is synced now.
    SameCommit(Commit),
    /// The last complete sync was from another directory, or another repository.
    OtherSource(Commit),
    /// The last complete sync was with another environment or with other parameters that were set by hand.
    OtherParameters(Commit),
}

/// Where a sync goes back to if it fails, where that is asked for. That there is no such place is told before it
/// begins.
pub(super) fn way_back(args: &Args, planned: &Planned, ui: &mut Ui) -> Option<WayBack> {
    if !args.waiting.rollback_on_failure {
        return None;
    }
    match find(args, planned) {
        Ok(way) => Some(way),
        Err(why) => {
            ui.warning(&format!("a failure will not be rolled back: {}", no_way_text(&why)));
            None
        }
    }
}

fn find(args: &Args, planned: &Planned) -> Result<WayBack, NoWay> {
    if args.desired.source.is_file() {
        return Err(NoWay::NoDirectory);
    }
    let syncs = planned
        .plan
        .facts
        .parent
        .as_ref()
        .map(Parent::syncs)
        .unwrap_or_default();
    let last = &syncs.last_complete().ok_or(NoWay::NeverComplete)?.record;
    let to = last.revision.clone().filter(|_| !last.dirty).ok_or(NoWay::NoCommit)?;
    let now = planned.revision.as_ref();
    if now.is_some_and(|now| !now.dirty && now.commit == to) {
        return Err(NoWay::SameCommit(to));
    }
    let source = last.source.as_ref();
    if source.is_some_and(|source| source.is_other_than(planned.plan.source.as_ref())) {
        return Err(NoWay::OtherSource(to));
    }
    if last.environment != planned.environment || last.set != recorded(planned.by_hand.clone()) {
        return Err(NoWay::OtherParameters(to));
    }
    let from = now.map(|now| now.commit.clone());
    Ok(WayBack { to, from })
}

fn no_way_text(why: &NoWay) -> String {
    match why {
        NoWay::NoDirectory => "the manifests are not from a directory in git".to_owned(),
        NoWay::NeverComplete => "no sync of the whole ApplySet was complete yet".to_owned(),
        NoWay::NoCommit => "what the last complete sync was of is no commit".to_owned(),
        NoWay::SameCommit(commit) => format!("the last complete sync was of the same commit, {}", commit.short()),
        NoWay::OtherSource(commit) => format!(
            "the last complete sync, of {}, was from another directory or repository",
            commit.short()
        ),
        NoWay::OtherParameters(commit) => format!(
            "the last complete sync, of {}, was with another --environment or --set",
            commit.short()
        ),
    }
}

/// Goes back. The exit code says that the sync failed, however this ends.
pub(super) async fn go_back(way: WayBack, args: &Args, ui: &mut Ui) -> Exit {
    let to = way.to.short().to_owned();
    ui.warning(&format!("the sync failed: rolling back to {to}"));
    match carried_out(way, args, ui).await {
        Ok(Some(Ended::With(Exit::Done))) => ui.warning(&format!("the sync failed, and was rolled back to {to}")),
        Ok(Some(Ended::With(Exit::Interrupted))) => return Exit::Interrupted,
        Ok(Some(_)) => ui.warning(&format!("the sync failed, and was not wholly rolled back to {to}")),
        Ok(None) => {}
        Err(error) => ui.error(&error),
    }
    Exit::Differs
}

/// Plans the way back, shows the plan, asks, and carries it out; nothing if the answer is no.
async fn carried_out(way: WayBack, args: &Args, ui: &mut Ui) -> Result<Option<Ended>> {
    let desired = args.desired.at(&way.to);
    // Nobody but us ends this process at Ctrl-C any more.
    let planned = tokio::select! {
        planned = context::plan_directory(&desired, &args.cluster, &args.safety, ui) => planned?,
        () = interrupted() => return Ok(Some(Ended::With(Exit::Interrupted))),
    };
    let terms = Terms {
        asks: !args.yes,
        not_done: "the failed sync was not rolled back",
    };
    let Some(planned) = confirmed(planned, args, &terms, ui).await? else {
        return Ok(None);
    };
    let options = SyncOptions {
        may_plan_again: false,
        back_from: way.from,
        ..args.options()?
    };
    Ok(Some(Box::pin(carry_out(planned, &options, ui)).await?))
}
