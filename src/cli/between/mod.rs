//! `stackanetes diff --from REV`: what a change in git does, without a cluster.
//!
//! Compared with is the merge base, where not both commits are named: what a branch changes is not what others
//! changed since it left theirs.
//!
//! The first commit is synced into a sandbox of its own, and the second compared with that: so pods that
//! restart, Jobs that run again and objects that are pruned are what they are in any diff.

mod range;
mod surroundings;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::context::{Connected, PlanRequest};
use super::findings::{self, Checking};
use super::format::Shown;
use super::{Exit, context, options, sync};
use crate::cli::ui::Ui;
use crate::cluster::Sandbox;
use crate::diagnostic::error::{Error, Result};
use crate::execute::{Event, Lock, Wait};
use crate::object::NamedObjects;
use crate::object::commit::Commit;
use crate::object::selection::Selection;
use crate::source::{self, Desired, EnvironmentDigests, MergeBase};
use crate::view::{self, Against};
use range::Range;

/// In a sandbox everything is Current at once.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What an ApplySet is called that has no name: only the heading shows it.
const UNNAMED: &str = "unnamed";

/// What is compared with what.
pub(super) struct Between<'a> {
    pub(super) desired: &'a options::Desired,
    pub(super) safety: &'a options::Safety,
    /// `--from` and `--to`, as typed.
    pub(super) from: &'a str,
    pub(super) to: Option<&'a str>,
    pub(super) shown: Shown<'a>,
    /// The objects that are shown, where not all are.
    pub(super) only: &'a [NamedObjects],
}

pub(super) async fn run(between: Between<'_>, ui: &mut Ui) -> Result<Exit> {
    let Between {
        desired,
        safety,
        from,
        to,
        shown,
        only,
    } = between;
    let path = desired.source.path().unwrap_or_else(|| Path::new("."));
    let inputs = desired.source.inputs()?;
    let named = |mut read: Desired| {
        let name = desired.set.name.clone();
        read.settings.name = name.or(read.settings.name).or_else(|| Some(UNNAMED.to_owned()));
        read
    };
    let range = Range::new(from, to)?;
    let base = base(path, &range, ui)?;
    let to = named(match range.to {
        Some(to) => source::at_revision(path, to, &inputs)?,
        None => context::read(&desired.source, true)?,
    });
    let before = source::environments(path, Some(base.name()))?;
    let after = source::environments(path, range.to)?;
    let is_new = |name: &String| after.contains_key(name) && !before.contains_key(name);
    let is_new = to.environment.as_ref().is_some_and(is_new);
    let from = if is_new {
        source::nothing_at(path, base.name(), &to)?
    } else {
        named(source::at_revision(path, base.name(), &inputs)?)
    };
    for warning in view::warnings(&to) {
        ui.warning(&warning);
    }
    let selection = desired.selection();
    context::known_components(&to, &selection)?;

    let sandbox = Arc::new(Sandbox::in_memory());
    let connected = || Connected {
        cluster: sandbox.clone(),
        name: String::new(),
        reached: None,
        default_namespace: Sandbox::DEFAULT_NAMESPACE.to_owned(),
        concurrency: 1,
    };
    let namespace = context::namespace(&desired.set, &from.settings, Sandbox::DEFAULT_NAMESPACE);
    surroundings::make(&sandbox, &from, &to, &namespace).await?;
    let checking = if desired.no_check {
        Checking::Off
    } else {
        Checking::Since(findings::found(&from, &namespace))
    };
    let first = from.revision.clone();
    let elsewhere = elsewhere(&before, &after, to.environment.as_ref());
    let base_of = base.of();
    if !is_new {
        Box::pin(sync_into(from, connected(), desired, ui)).await?;
    }
    let asked = PlanRequest {
        desired,
        safety,
        selection,
        checking,
    };
    let planned = context::plan_against(to, connected(), asked, ui).await?;
    let mut heading = planned.heading(ui);
    heading.only = only;
    if let Some(first) = &first {
        heading.against = Against::Commit {
            revision: first,
            base_of,
        };
        heading.elsewhere = &elsewhere;
    }
    shown.write_page(&planned.plan, &heading)?;
    shown.print(&planned.plan, &heading, None, ui)?;
    Ok(if planned.plan.is_in_sync() && elsewhere.is_empty() {
        Exit::Done
    } else {
        Exit::Differs
    })
}

/// The environments that are not the one that is shown, and of which the two sides do not say the same.
fn elsewhere(from: &EnvironmentDigests, to: &EnvironmentDigests, shown: Option<&String>) -> Vec<String> {
    let names: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    let changed = names.into_iter().filter(|name| from.get(*name) != to.get(*name));
    changed.filter(|name| Some(*name) != shown).cloned().collect()
}

/// The commit that is compared with.
enum Base<'a> {
    /// The one that was named.
    Named(&'a str),
    /// The merge base of two.
    Merge { id: Commit, of: [&'a str; 2] },
}

impl<'a> Base<'a> {
    /// What it is found by.
    fn name(&self) -> &str {
        match self {
            Self::Named(name) => name,
            Self::Merge { id, .. } => id.as_str(),
        }
    }

    /// The commits that it is the merge base of, where it is not one that was named.
    fn of(&self) -> Option<[&'a str; 2]> {
        match self {
            Self::Named(_) => None,
            Self::Merge { of, .. } => Some(*of),
        }
    }
}

fn base<'a>(path: &Path, range: &Range<'a>, ui: &mut Ui) -> Result<Base<'a>> {
    let name = match range.from {
        range::From::Commit(name) => return Ok(Base::Named(name)),
        range::From::MergeBaseWith(name) => name,
    };
    let of = [name, range.other()];
    let MergeBase {
        commit,
        others,
        is_first,
    } = source::merge_base(path, of)?;
    if others > 0 {
        let count = others + 1;
        ui.warning(&format!(
            "{} and {} have {count} merge bases: comparing with {commit}",
            of[0], of[1]
        ));
    }
    Ok(if is_first {
        Base::Named(name)
    } else {
        Base::Merge { id: commit, of }
    })
}

/// Syncs all of what a commit says into an empty sandbox.
async fn sync_into(read: Desired, connected: Connected, desired: &options::Desired, ui: &mut Ui) -> Result<()> {
    let asked = PlanRequest {
        desired,
        safety: &options::Safety::default(),
        selection: Selection::default(),
        checking: Checking::Off,
    };
    let planned = context::plan_against(read, connected, asked, ui).await?;
    let (_stays, stop) = watch::channel(false);
    let limits = sync::Limits {
        timeout: TIMEOUT,
        wait: Wait::UntilCurrent,
        lock: Lock::default(),
        stop,
    };
    let (execution, plan) = sync::execution(planned, limits);
    execution.run(plan, &mut |_: Event| {}).await.map_err(Error::from)
}
