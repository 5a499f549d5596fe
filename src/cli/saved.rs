//! Saved plans: `diff --out` and `sync --plan`.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use super::context::Planned;
use super::{outfile, sync};
use crate::applyset::parent::Record;
use crate::cli::ui::Ui;
use crate::diagnostic::error::{Error, Result};
use crate::object::ObjectRef;
use crate::observe;
use crate::plan::{MadeOf, Plan, SavedPlan};
use crate::view::{self, Heading};

/// Saves the plan, for `sync --plan`.
pub(super) fn save(plan: &Plan, heading: &Heading<'_>, made_of: MadeOf, path: &Path) -> Result<()> {
    let text = view::json::pretty(&view::json::plan(plan, heading, Some(made_of)));
    outfile::write(path, &text)
}

/// How a saved plan agrees with the one that is made now.
pub(super) enum Agreement {
    /// The saved plan and the new one say the same.
    Same,
    /// This sync carried the plan out, and nothing is left to do.
    Done(Box<Record>),
}

/// Refuses a plan that is neither the one that was saved nor what is left of it once it was carried out, and shows what
/// moved.
pub(super) async fn must_agree(planned: &Planned, path: &Path, ui: &mut Ui) -> Result<Agreement> {
    let shown = path.display().to_string();
    let text = read(path).map_err(|error| Error::new(format!("failed to read {shown}")).because(error))?;
    let saved = SavedPlan::read(&shown, &text)?;
    let others = saved.other_parts(&made_of(planned).await?);
    if !others.is_empty() {
        let error = Error::new(format!(
            "{shown} is another plan, nothing was changed: {}",
            view::other_parts(&others)
        ));
        return Err(
            error.hint("sync with the options that the plan was made with, or make a new one with `diff --out`")
        );
    }
    let moved = saved.moved(&planned.plan);
    if moved.is_nothing() {
        return Ok(Agreement::Same);
    }
    if let Some(record) = carried_out(planned, &saved) {
        return Ok(Agreement::Done(Box::new(record)));
    }
    ui.result(&view::moved(&moved, &planned.plan, &planned.heading(ui), Ui::width()))?;
    Err(Error::new(format!(
        "what {shown} says is not what a sync would do now; nothing was changed"
    ))
    .hint("review what moved, and save a new plan with `diff --out`"))
}

/// The complete sync of what a plan was made of, where nothing would change any more. What was reviewed may have been
/// synced from another commit with the same content: the one that is there now.
fn carried_out(planned: &Planned, saved: &SavedPlan) -> Option<Record> {
    let parent = planned
        .plan
        .facts
        .parent
        .as_ref()
        .filter(|_| planned.plan.is_in_sync())?;
    let now = planned.revision.as_ref().map(|revision| &revision.commit);
    let commits = [saved.revision(), now];
    let set = sync::recorded(planned.by_hand.clone());
    let syncs = parent.syncs();
    let mut records = syncs.complete().map(|entry| &entry.record);
    let is_of_it = |record: &&Record| {
        let is_of_commit = record.revision.is_some() && commits.contains(&record.revision.as_ref());
        is_of_commit && !record.dirty && record.environment == planned.environment && record.set == set
    };
    records.find(is_of_it).cloned()
}

/// The text of a saved plan.
fn read(path: &Path) -> io::Result<String> {
    /// A plan of all that a cluster may hold is smaller.
    const LONGEST: u64 = 256 << 20;
    let mut text = String::new();
    fs::File::open(path)?.take(LONGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LONGEST {
        return Err(io::Error::other("it is larger than 256 MiB"));
    }
    Ok(text)
}

/// What the plan was made of. What no commit holds cannot be said of it.
pub(super) async fn made_of(planned: &Planned) -> Result<MadeOf> {
    let unbound = |what: &str, hint: &str| {
        Err(Error::new(format!("a plan can neither be saved nor executed where {what}")).hint(hint.to_owned()))
    };
    let Some(revision) = &planned.revision else {
        let hint = "keep the directory in a git repository, and give it by its path";
        return unbound("what is desired is no commit", hint);
    };
    if revision.dirty {
        let hint = "commit them, or plan a commit as it is with --revision HEAD";
        return unbound("files differ from the commit", hint);
    }
    let Some(tree) = &revision.tree else {
        let hint = "name a directory that the commit has";
        return unbound("the commit has no such directory", hint);
    };
    if let Some(secret) = planned.by_hand.secrets.first() {
        let hint = format!("set it in the environment's file, or leave out what sets {secret} by hand");
        return unbound("a secret is set by hand", &hint);
    }
    Ok(MadeOf {
        apply_set: planned.query.set.as_ref().map(Into::into),
        cluster: cluster(planned).await?,
        revision: revision.commit.clone(),
        tree: tree.clone(),
        environment: planned.environment.clone(),
        set: planned.by_hand.values.clone(),
    })
}

/// The UID of the namespace that every cluster has and keeps; the address where that may not be read.
async fn cluster(planned: &Planned) -> Result<String> {
    let system = ObjectRef::namespace("kube-system");
    let found = match planned.served.discovery.preferred(&system.kind) {
        Some(resource) => planned.cluster.get(resource, &system).await,
        None => Ok(None),
    };
    match found {
        Ok(Some(namespace)) => Ok(namespace.uid().to_owned()),
        Ok(None) => Ok(planned.cluster.address()),
        Err(error) if error.failure == crate::cluster::Failure::Forbidden => Ok(planned.cluster.address()),
        Err(error) => Err(observe::failed("find out which cluster this is", error)),
    }
}
