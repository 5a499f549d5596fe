//! What is remembered of a sync.

use std::collections::BTreeMap;

use serde_json::Value;

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
