//! What others changed since the last sync: the plan back to what was synced then.

use crate::applyset::parent::Parent;
use crate::cli::context::{self, Planned};
use crate::cli::options;
use crate::cli::ui::Ui;
use crate::diagnostic::error::{Error, Result};
use crate::plan::Refusal;

/// Plans from the commit that was synced last, with the environment and the parameters of that sync.
///
/// # Errors
///
/// If it is not known what was synced last, which is so after a sync that was not complete too, or the directory cannot
/// be read as it was then, or is another one.
pub(super) async fn plan(args: &super::Args, parent: Option<&Parent>, ui: &mut Ui) -> Result<Planned> {
    let unknown = |why: &str| Error::new(format!("failed to find drift: {why}"));
    let last = parent.and_then(|parent| parent.completed.as_ref());
    let last = last.ok_or_else(|| unknown("no sync was completed"))?;
    if parent.is_some_and(|parent| parent.attempted_since().is_some()) {
        return Err(unknown(
            "a later sync was incomplete, or of a part of the objects, so what it changed is not known",
        )
        .hint("`stackanetes diff` compares with what is in DIR now"));
    }
    let commit = last.revision.as_ref().filter(|_| !last.dirty).ok_or_else(|| {
        unknown("what was synced last is no commit").hint("`stackanetes diff` compares with what is in DIR now")
    })?;
    let secrets: Vec<&str> = last
        .set
        .iter()
        .filter(|(_, value)| value.is_none())
        .map(|(name, _)| name.as_str())
        .collect();
    if !secrets.is_empty() {
        let names = secrets.join(", ");
        let hint = format!("pass them to `stackanetes diff --revision {}`", commit.short());
        return Err(unknown(&format!(
            "secret parameters were set by hand, whose values are not kept: {names}"
        ))
        .hint(hint));
    }
    let desired = options::DesiredOptions::as_synced(&args.of.named, &args.of.set, last, &args.field_manager);
    let planned = context::plan_directory(&desired, &args.of.cluster, &options::Safety::default(), ui).await?;
    let is_other = |refusal: &Refusal| matches!(refusal, Refusal::Source { .. });
    if planned.plan.refusals.iter().any(is_other) {
        return Err(unknown(
            "the ApplySet was synced last from another directory or repository",
        ));
    }
    Ok(planned)
}
