//! Server-side apply, as an API server does it, without one.
//!
//! Pure: no I/O, no clock. What defaulting and admission add is not part of it. The rules are those of
//! [KEP-555](https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/555-server-side-apply),
//! and where it is silent, of what a real API server was seen to do: a test holds the two together.
//!
//! ```
//! use serde_json::json;
//! use stackanetes::ssa::merge::{self, OnConflict, Writer};
//! use stackanetes::ssa::schema::Schema;
//!
//! let settings = |text: &str| json!({
//!     "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"log": text},
//! });
//! let schema = Schema::bundled();
//! let ours = Writer::new("ours", "2026-01-01T00:00:00Z");
//! let live = merge::apply(schema, None, &settings("info"), &ours, OnConflict::Refuse)?.object;
//!
//! let theirs = Writer::new("theirs", "2026-01-02T00:00:00Z");
//! let refused = merge::apply(schema, Some(&live), &settings("debug"), &theirs, OnConflict::Refuse);
//! assert_eq!(refused.unwrap_err().to_string(), "1 conflict: data.log is owned by ours");
//! # Ok::<(), merge::MergeError>(())
//! ```

mod apply;
mod combine;
mod compare;
mod dropped;
mod form;
mod layer;
mod live;
mod managers;
mod owned;
mod proof;
mod prune;
mod reconcile;
mod refusal;
mod regrown;
mod remove;
mod restore;
#[cfg(test)]
mod tests;
mod unchanged;
mod validate;
mod versions;
mod write;

use serde_json::Value;

use crate::object::GroupVersionKind;
use crate::object::field::{FieldManager, ManagedFields, Operation};
use crate::ssa::schema::{Kind, Schema};

use live::{DeclaredOwners, Live, without_managed_fields};
use write::Merge;

pub use dropped::{Dropped, applied_fields, dropped};
pub use form::NoPlace;
pub(crate) use form::element;
pub use layer::{EVERY, lay_over, stands_for};
pub use proof::changes_nothing;
pub use refusal::{Conflict, MergeError};
pub use regrown::regrown;
pub use validate::{Fault, Mistake, Shape, mistakes};

/// Who writes, through what, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    /// The field manager's name.
    pub manager: String,
    /// The subresource that is written; empty for the object itself.
    pub subresource: String,
    /// The time of the write (RFC 3339), which becomes that of the writer's entry.
    pub time: String,
}

impl Writer {
    /// Someone who writes objects themselves.
    pub fn new(manager: impl Into<String>, time: impl Into<String>) -> Self {
        Self {
            manager: manager.into(),
            subresource: String::new(),
            time: time.into(),
        }
    }

    fn entry(&self, operation: Operation, kind: Kind<'_>) -> FieldManager {
        FieldManager {
            name: self.manager.clone(),
            operation,
            api_version: kind.gvk().api_version(),
            subresource: self.subresource.clone(),
            time: Some(self.time.clone()),
        }
    }
}

/// What an apply does when another manager owns a field with another value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnConflict {
    /// Nothing at all: it is refused.
    Refuse,
    /// The apply takes the field from who owns it.
    Force,
}

/// What a write makes of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// The object, with its managed fields. What the API server resets is as it was; defaults are not
    /// in it, and `null` is as it was applied: [`crate::ssa::canonical::stored`] knows what becomes of it.
    pub object: Value,
    /// The managed fields of the merged object.
    pub managed_fields: ManagedFields,
    /// What a forced apply took from other managers; without force it would have been refused for these.
    pub taken: Vec<Conflict>,
}

/// Applies `config` to the live object, or creates it where there is none.
///
/// The live object is in the version of the configuration, as an API server would read it.
pub fn apply(
    schema: &Schema,
    live: Option<&Value>,
    config: &Value,
    writer: &Writer,
    on_conflict: OnConflict,
) -> Result<Merged, MergeError> {
    let kind = kind_of(schema, config)?;
    let merge = Merge::new(schema, kind, writer);
    let live = Live::read(live, kind);
    let applied = merge.apply(&live, config, on_conflict)?;
    Ok(Merged {
        taken: applied.taken,
        ..merge.written(live, applied.object, applied.managers)
    })
}

/// Writes the object as `new`, or creates it where there is none.
///
/// What `new` is must be known: it is the stored object with a patch applied to it, say. Its managed
/// fields, if it has any, are taken for those of the live object, as an API server does.
pub fn update(schema: &Schema, live: Option<&Value>, new: &Value, writer: &Writer) -> Result<Merged, MergeError> {
    let kind = kind_of(schema, new)?;
    let merge = Merge::new(schema, kind, writer);
    let is_created = live.is_none();
    let live = Live::read(live, kind);
    let (object, declared) = without_managed_fields(new);
    let mut managers = match declared {
        DeclaredOwners::Reset => ManagedFields::default(),
        DeclaredOwners::These(managers) if writer.subresource.is_empty() => managers,
        DeclaredOwners::None | DeclaredOwners::These(_) => live.managers.clone(),
    };
    // Who made an object that nobody is known to own cannot be known any more.
    if is_created || !managers.is_empty() {
        let entry = writer.entry(Operation::Update, kind);
        let fits = |object: &Value| validate::mistakes_in_stored(kind.root(), object).is_empty();
        let is_settled =
            fits(&live.object) && fits(&object) && merge.update(&live.object, &object, &mut managers, entry).is_ok();
        if is_settled {
            managers::cap(&mut managers);
        } else {
            // What cannot be made sense of is written all the same; the owners stay who they were.
            managers.clone_from(&live.managers);
        }
    }
    Ok(merge.written(live, object, managers))
}

fn kind_of<'a>(schema: &'a Schema, object: &Value) -> Result<Kind<'a>, MergeError> {
    schema.kind_of(object).ok_or_else(|| {
        let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
        MergeError::UnknownKind(GroupVersionKind::new(text("apiVersion"), text("kind")))
    })
}
