//! Makes fields ours that the server has filled in, so that the apply after it can leave them out.

use super::apply::{Agreed, Applied};
use super::{Outcome, Run, TRIES};
use crate::cluster::{Apply, Failure, Force, Persist};
use crate::field::FieldPath;
use crate::observe;
use crate::plan::{Unverified, Version};

impl Run<'_> {
    /// Applies these fields as they are, together with all that is ours already. No value changes, and a
    /// sync that is cut off here leaves what the next one goes on from.
    pub(super) async fn take_back(&self, mut agreed: Agreed, fields: &[FieldPath]) -> Result<Agreed, Applied> {
        let field_manager = self.execution.question.policy.field_manager.clone();
        for _ in 0..TRIES {
            let (resource, reference) = (agreed.work.resource.clone(), agreed.work.desired.reference.clone());
            let turn = self.requests.acquire().await;
            let live = self.execution.cluster.get(&resource, &reference).await;
            let live = live.map_err(|error| {
                let error = observe::failed(&format!("read {reference}"), error);
                Applied::Not(Outcome::Failed(error))
            })?;
            if let Some(live) = live.filter(|live| agreed.work.live == Some(Version::of(live))) {
                let mut claim = observe::claim(&live, &field_manager, fields);
                observe::bind(&mut claim, agreed.work.live.as_ref());
                let apply = Apply {
                    object: &claim,
                    reference: &reference,
                    field_manager: &field_manager,
                    force: Force::Yield,
                    persist: Persist::Stored,
                };
                match self.execution.cluster.apply(&resource, &apply).await {
                    Ok(answer) => {
                        let taken = Version::of(&answer.object);
                        observe::bind(&mut agreed.work.sent, Some(&taken));
                        agreed.work.live = Some(taken);
                        return Ok(agreed);
                    }
                    Err(error) if error.failure == Failure::Conflict => {}
                    Err(error) => {
                        let error = observe::refused(&agreed.work.desired, error);
                        return Err(Applied::Not(Outcome::Failed(error)));
                    }
                }
            }
            drop(turn);
            agreed = self.plan_again(agreed).await?;
            if !matches!(agreed.unverified, Some(Unverified::Defaulted(_))) {
                return Ok(agreed);
            }
        }
        Err(Applied::Not(Outcome::Moved))
    }
}
