//! What was written is looked at once more at the end of a sync: somebody may have deleted it meanwhile.
//!
//! A controller does so with the Secret of a token whose ServiceAccount came too late, and an operator with what
//! it takes for its own. A sync that says "created" of such an object would be wrong.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;

use super::{Outcome, Run};
use crate::applyset::tally::OutcomeKind;
use crate::cluster::{Resource, Scope};
use crate::object::{GroupKind, ObjectRef};
use crate::observe;

/// An object that was written, as it was then.
#[derive(Debug)]
pub(super) struct WrittenObject {
    pub(super) resource: Resource,
    pub(super) reference: ObjectRef,
    pub(super) uid: String,
    /// What it was counted as.
    pub(super) outcome: OutcomeKind,
}

impl Run<'_> {
    /// Tells of what was written and is gone, and how many objects that are.
    ///
    /// With a set this takes one list a kind, and one more request for each object that is not listed. What
    /// may not be listed is not looked at.
    pub(super) async fn look_again(&self) -> usize {
        if self.is_stopped() {
            return 0;
        }
        let written = self.written.take();
        let listed = self.listed(&written).await;
        let unseen = written
            .iter()
            .filter(|written| match listed.get(&self.list_of(written)) {
                Some(Some(uids)) => !uids.contains(&written.uid),
                Some(None) => false,
                None => true,
            });
        let looks = join_all(unseen.map(async |written| self.is_gone(written).await.then_some(written))).await;
        let gone: Vec<&WrittenObject> = looks.into_iter().flatten().collect();
        for written in &gone {
            self.counts.borrow_mut().remove(written.outcome);
            self.settled(written.reference.clone(), Outcome::Gone);
        }
        gone.len()
    }

    /// The UIDs of what is there, by kind and place; nothing where it could not be listed.
    async fn listed(&self, written: &[WrittenObject]) -> BTreeMap<(GroupKind, Scope), Option<BTreeSet<String>>> {
        let Some(set) = &self.execution.query.set else {
            return BTreeMap::new();
        };
        let selector = set.selector();
        let mut lists: BTreeMap<(GroupKind, Scope), &Resource> = BTreeMap::new();
        for written in written {
            lists.entry(self.list_of(written)).or_insert(&written.resource);
        }
        let lists = lists.into_iter().map(async |(list, resource)| {
            let _turn = self.requests.acquire().await;
            let found = self.execution.cluster.list(resource, &list.1, &selector).await;
            let uids = found
                .ok()
                .map(|found| found.iter().map(|live| live.uid().to_owned()).collect());
            (list, uids)
        });
        join_all(lists).await.into_iter().collect()
    }

    /// Where an object is listed: where its kind was when the plan was made.
    fn list_of(&self, written: &WrittenObject) -> (GroupKind, Scope) {
        let scope = observe::scope_of(&written.reference, &self.execution.served.scopes);
        (written.reference.kind.clone(), scope)
    }

    async fn is_gone(&self, written: &WrittenObject) -> bool {
        let _turn = self.requests.acquire().await;
        let live = self.execution.cluster.get(&written.resource, &written.reference).await;
        live.is_ok_and(|live| live.is_none_or(|live| live.uid() != written.uid))
    }
}
