//! The rules for the entries of `metadata.managedFields` as a whole.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::object::field::{FieldManager, FieldPath, FieldSet, ManagedFields, Operation};

/// How many writers other than appliers are told apart.
const MOST_UPDATERS: usize = 10;
/// What the oldest of them become when there are more.
const ANCIENT: &str = "ancient-changes";

/// The entries as an API server reads them: of those it takes for one writer, the last. A write of the
/// scale can leave two.
pub(super) fn told_apart(managers: &ManagedFields) -> ManagedFields {
    let mut apart = ManagedFields::default();
    for (manager, fields) in managers.entries() {
        apart.set(manager.clone(), fields.clone());
    }
    apart
}

/// What no entry ever holds: what identifies an object, and what the API server sets.
pub(super) fn unmanaged() -> &'static FieldSet {
    static UNMANAGED: LazyLock<FieldSet> = LazyLock::new(of_nobody);
    &UNMANAGED
}

fn of_nobody() -> FieldSet {
    let mut fields = FieldSet::default();
    for path in [["apiVersion"].as_slice(), &["kind"], &["metadata"]] {
        fields.insert(FieldPath::of(path).elements());
    }
    for name in [
        "name",
        "namespace",
        "creationTimestamp",
        "selfLink",
        "uid",
        "clusterName",
        "generation",
        "managedFields",
        "resourceVersion",
    ] {
        fields.insert(FieldPath::of(&["metadata", name]).elements());
    }
    fields
}

/// Merges the oldest updaters of a version into one entry, until there are few enough of them.
///
/// The first of a version that is met stays as it is until a second is to be merged with it.
pub(super) fn cap(managers: &mut ManagedFields) {
    let mut updaters: Vec<FieldManager> = managers
        .entries()
        .filter(|(manager, _)| manager.operation == Operation::Update)
        .map(|(manager, _)| manager.clone())
        .collect();
    updaters.sort_by(|left, right| age(left).cmp(&age(right)));
    let mut surplus = updaters.len().saturating_sub(MOST_UPDATERS);
    let mut first: BTreeMap<String, FieldManager> = BTreeMap::new();
    for updater in updaters {
        if surplus == 0 {
            break;
        }
        let Some(oldest) = first.get(&updater.api_version) else {
            first.insert(updater.api_version.clone(), updater);
            continue;
        };
        let bucket = FieldManager {
            name: ANCIENT.to_owned(),
            operation: Operation::Update,
            api_version: updater.api_version.clone(),
            subresource: String::new(),
            time: updater.time.clone(),
        };
        let mut fields = managers.fields(&updater).cloned().unwrap_or_default();
        if managers.fields(&bucket).is_none() {
            fields.extend(managers.fields(oldest).unwrap_or(&FieldSet::default()));
            managers.set(oldest.clone(), FieldSet::default());
        } else {
            fields.extend(managers.fields(&bucket).unwrap_or(&FieldSet::default()));
        }
        managers.set(updater, FieldSet::default());
        managers.set(bucket, fields);
        surplus -= 1;
    }
}

/// What makes one updater older than another: its time, and then the identifier under which the API
/// server keeps it, in which a subresource comes before none.
fn age(manager: &FieldManager) -> (&str, &str, &str, bool, &str) {
    let time = manager.time.as_deref().unwrap_or_default();
    let subresource = manager.subresource.as_str();
    (
        time,
        &manager.name,
        &manager.api_version,
        subresource.is_empty(),
        subresource,
    )
}
