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

use super::context::{Connected, PlanRequest, Planned};
use super::findings::{self, Checking};
use super::{context, options, sync};
use crate::cli::ui::Ui;
use crate::cluster::Sandbox;
use crate::diagnostic::error::{Error, Result};
use crate::execute::{Event, Lock, Wait};
use crate::object::commit::Commit;
use crate::object::selection::Selection;
use crate::source::{self, Desired, EnvironmentDigests, MergeBase, Revision};
use crate::view::{self, Against, Heading};
use range::Range;

/// How long a sync into a sandbox waits, where everything is Current at once.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What an ApplySet is called that has no name: only the heading shows it.
const UNNAMED: &str = "unnamed";

/// A comparison of two states of git.
pub(super) struct Between<'a> {
    pub(super) desired: &'a options::DesiredOptions,
    pub(super) safety: &'a options::Safety,
    /// `--from` and `--to`, as typed.
    pub(super) from: &'a str,
    pub(super) to: Option<&'a str>,
}

/// What came of it.
pub(super) struct Compared {
    pub(super) planned: Planned,
    /// The commit that is compared with; nothing outside of git.
    first: Option<Revision>,
    /// The commits that it is the merge base of, where it was not named itself.
    base_of: Option<[String; 2]>,
    /// The environments that change, too, and are not shown.
    pub(super) elsewhere: Vec<String>,
}

impl Compared {
    pub(super) fn heading(&self, ui: &Ui) -> Heading<'_> {
        let heading = self.planned.heading(ui);
        let Some(revision) = &self.first else {
            return heading;
        };
        Heading {
            against: Against::Commit {
                revision,
                base_of: self.base_of.as_ref().map(|names| names.each_ref().map(String::as_str)),
            },
            elsewhere: &self.elsewhere,
            ..heading
        }
    }

    /// Whether nothing changes, in any environment.
    pub(super) fn is_in_sync(&self) -> bool {
        self.planned.plan.is_in_sync() && self.elsewhere.is_empty()
    }
}

/// The environments of the state that is looked at: as they are in the later commit, or on disk.
pub(super) fn environments(path: &Path, from: &str, to: Option<&str>) -> Result<Vec<String>> {
    source::environment_names(path, Range::new(from, to)?.to)
}

/// Compares.
pub(super) async fn compare(between: Between<'_>, ui: &mut Ui) -> Result<Compared> {
    let Between {
        desired,
        safety,
        from,
        to,
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
        Checking::Since(findings::find(&from, &namespace))
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
    Ok(Compared {
        planned,
        first,
        base_of: base_of.map(|names| names.map(str::to_owned)),
        elsewhere,
    })
}

/// The environments that are not the one that is shown, and of which the two sides do not say the same.
fn elsewhere(from: &EnvironmentDigests, to: &EnvironmentDigests, shown: Option<&String>) -> Vec<String> {
    let names: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    let changed = names.into_iter().filter(|name| from.get(*name) != to.get(*name));
    changed.filter(|name| Some(*name) != shown).cloned().collect()
}

/// The commit that is compared with.
enum BaseCommit<'a> {
    /// The commit that was named.
    Named(&'a str),
    /// The merge base of two.
    Merge { id: Commit, of: [&'a str; 2] },
}

impl<'a> BaseCommit<'a> {
    /// The name that git finds the commit by.
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

fn base<'a>(path: &Path, range: &Range<'a>, ui: &mut Ui) -> Result<BaseCommit<'a>> {
    let name = match range.from {
        range::ComparedSide::Commit(name) => return Ok(BaseCommit::Named(name)),
        range::ComparedSide::MergeBaseWith(name) => name,
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
        BaseCommit::Named(name)
    } else {
        BaseCommit::Merge { id: commit, of }
    })
}

/// Syncs all of what a commit says into an empty sandbox.
async fn sync_into(read: Desired, connected: Connected, desired: &options::DesiredOptions, ui: &mut Ui) -> Result<()> {
    let asked = PlanRequest {
        desired,
        safety: &options::Safety::default(),
        selection: Selection::default(),
        checking: Checking::Off,
    };
    let planned = context::plan_against(read, connected, asked, ui).await?;
    let (_stays, stop) = watch::channel(false);
    let limits = sync::ExecutionLimits {
        timeout: TIMEOUT,
        wait: Wait::UntilCurrent,
        lock: Lock::default(),
        stop,
    };
    let (execution, plan) = sync::execution(planned, limits);
    execution.run(plan, &mut |_: Event| {}).await.map_err(Error::from)
}
