//! What is remembered of a sync.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::applyset::parent::Record;
use crate::source::Revision;
use crate::source::parameters::SetByHand;

/// What of `--set` is kept: of secret parameters only that they were set.
pub(in crate::cli) fn recorded(by_hand: SetByHand) -> BTreeMap<String, Option<Value>> {
    let secrets = by_hand.secrets.into_iter().map(|name| (name, None));
    by_hand
        .values
        .into_iter()
        .map(|(name, value)| (name, Some(value)))
        .chain(secrets)
        .collect()
}

pub(super) fn record(revision: Option<&Revision>, who: &str, objects: usize, server: &str) -> Record {
    Record {
        time: Timestamp::now().to_string(),
        by: who.to_owned(),
        revision: revision.map(|revision| revision.commit.clone()),
        subject: revision.map(|revision| revision.subject.clone()),
        dirty: revision.is_some_and(|revision| revision.dirty),
        source: None,
        environment: None,
        set: BTreeMap::new(),
        objects,
        tool: Record::this_tool(),
        server: server.to_owned(),
    }
}
