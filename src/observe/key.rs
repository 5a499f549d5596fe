//! Whether an ApplySet needs a key, and what its key is.

use std::collections::BTreeMap;

use super::explain::failed;
use crate::applyset::inventory::ApplySet;
use crate::applyset::key::{Key, Keyring};
use crate::cluster::{Cluster, Failure, Resource};
use crate::diagnostic::error::{Error, Result};
use crate::kinds::jobs::Declared;
use crate::kinds::rollout;
use crate::object::{self, DesiredObject, GroupVersionKind, ObjectRef};

/// Whether anything is digested with a key: a Secret that pods follow (where they do, `rollouts`), or one
/// among the inputs of a Job.
pub fn is_needed<'a>(
    mut objects: impl Iterator<Item = &'a DesiredObject>,
    declared: &BTreeMap<ObjectRef, Declared>,
    rollouts: bool,
) -> bool {
    declared.values().any(Declared::needs_key) || rollouts && objects.any(rollout::seals)
}

/// Reads the key of an ApplySet that needs one; where there is none yet, one is made that the next
/// sync stores.
pub(super) async fn read(cluster: &dyn Cluster, set: &ApplySet) -> Result<Keyring> {
    let reference = set.key();
    match cluster.get(&resource(), &reference).await {
        // In a snapshot, nobody knows it.
        Ok(Some(live)) if object::masked_keys(&live).next().is_some() => Ok(Keyring::Hidden),
        Ok(Some(live)) => match Key::read(&live) {
            Some(key) => Ok(Keyring::Stored(key)),
            None => Err(Error::new(format!("{reference} holds no key of the ApplySet {}", set.name)).hint(
                "if it is not needed for anything else, delete it: the next sync makes a new one, and no Job runs again for it",
            )),
        },
        Ok(None) => Ok(Keyring::New(Key::new(rand::random()))),
        Err(error) if error.failure == Failure::Forbidden => Ok(Keyring::Hidden),
        Err(error) => Err(failed(&format!("read {reference}"), error)),
    }
}

/// How the Secret that holds a key is reached.
fn resource() -> Resource {
    Resource {
        gvk: GroupVersionKind::new("v1", "Secret"),
        plural: "secrets".to_owned(),
        namespaced: true,
        listable: true,
    }
}
