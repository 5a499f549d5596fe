//! What others changed since the last sync: the plan back to what was synced then.

use crate::applyset::parent::Record;
use crate::cli::context::{self, Planned};
use crate::cli::options;
use crate::cli::ui::Ui;
use crate::diagnostic::error::{Error, Result};

/// Plans from the commit that was synced last, with the environment and the parameters of that sync.
///
/// # Errors
///
/// If it is not known what was synced last, or the directory cannot be read as it was then.
pub(super) async fn plan(args: &super::Args, last: Option<&Record>, ui: &mut Ui) -> Result<Planned> {
    let unknown = |why: &str| Error::new(format!("failed to find drift: {why}"));
    let last = last.ok_or_else(|| unknown("no sync was completed"))?;
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
    let desired = options::Desired::as_synced(&args.named, &args.set, last);
    context::plan_directory(&desired, &args.cluster, &options::Safety::default(), ui).await
}
