//! Whether an ApplySet needs a key, and what its key is.

use std::collections::BTreeMap;

use super::Query;
use super::explain::failed;
use super::former::NamedSet;
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

/// Reads the key of an ApplySet that needs one; nothing without a set. Where there is none yet, the next sync stores one:
/// that of the first of the `former` sets that has one, whose digests are on the objects that are taken over from it, or
/// a new one.
pub(super) async fn read(cluster: &dyn Cluster, query: &Query, former: &[NamedSet]) -> Result<Keyring> {
    let Some(set) = &query.set else {
        return Ok(Keyring::Empty);
    };
    if let Some(own) = stored(cluster, set).await? {
        return Ok(own);
    }
    for set in former.iter().filter_map(NamedSet::of_this_program) {
        match stored(cluster, &set).await? {
            Some(Keyring::Stored(key)) => return Ok(Keyring::New(key)),
            Some(other) => return Ok(other),
            None => {}
        }
    }
    Ok(Keyring::New(Key::new(rand::random())))
}

/// The key of an ApplySet; nothing where it has none.
async fn stored(cluster: &dyn Cluster, set: &ApplySet) -> Result<Option<Keyring>> {
    let reference = set.key();
    match cluster.get(&resource(), &reference).await {
        // In a snapshot, nobody knows it.
        Ok(Some(live)) if object::masked_keys(&live).next().is_some() => Ok(Some(Keyring::Hidden)),
        Ok(Some(live)) => match Key::read(&live) {
            Some(key) => Ok(Some(Keyring::Stored(key))),
            None => Err(Error::new(format!("{reference} holds no key of the ApplySet {}", set.name)).hint(
                "if it is not needed for anything else, delete it: the next sync makes a new one, and no Job runs again for it",
            )),
        },
        Ok(None) => Ok(None),
        Err(error) if error.failure == Failure::Forbidden => Ok(Some(Keyring::Hidden)),
        Err(error) => Err(failed(&format!("read {reference}"), error)),
    }
}

/// How the Secret that holds a key is reached.
fn resource() -> Resource {
    Resource {
        gvk: GroupVersionKind::new("v1", "Secret"),
        plural: "secrets".into(),
        namespaced: true,
        listable: true,
    }
}
