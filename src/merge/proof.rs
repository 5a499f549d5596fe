//! Proof, without asking anybody, that an apply would change nothing.

use std::collections::BTreeMap;

use serde_json::Value;

use super::form::element;
use super::{managers, owned, validate};
use crate::canonical;
use crate::field::{FieldPath, FieldSet, ManagedFields, PathElement, order};
use crate::schema::{List, Schema, Type};

/// What is known of the values that were applied the last time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastApplied {
    /// They are those that are to be applied now. Then none has changed: who changes a value takes it
    /// out of the applier's entry.
    Same,
    /// Nothing. Then every value is compared, and what may have been defaulted inside of an atomic one
    /// is not proved.
    Unknown,
}

/// Whether an apply of `config` to the object itself by `manager` would change nothing: neither values,
/// nor the order of items, nor owners. At most, the time of the manager's entry and the generation
/// would be others.
///
/// A no says nothing: it was not proved. A yes holds as long as the API server defaults and admits as
/// it did at the last apply.
pub fn changes_nothing(schema: &Schema, live: &Value, config: &Value, manager: &str, last: LastApplied) -> bool {
    let Some(kind) = schema.kind_of(config) else {
        return false;
    };
    let api_version = kind.gvk().api_version();
    if live.get("apiVersion").and_then(Value::as_str) != Some(&api_version) {
        return false;
    }
    let entries = ManagedFields::read(live);
    let Some((entry, fields)) = entries.applied_by(manager) else {
        return false;
    };
    let wanted = owned::fields(kind.root(), config)
        .without_below(&kind.reset(""))
        .without(&managers::unmanaged());
    entry.api_version == api_version && *fields == wanted && validate::mistakes(kind.root(), config).is_empty() && {
        let mut others = FieldSet::default();
        entries.others(manager).for_each(|(_, fields)| others.extend(fields));
        let is_built_in = kind.is_built_in();
        Proof { last, is_built_in }.root(kind.root(), Pair { live, config }, &others)
    }
}

struct Proof {
    last: LastApplied,
    is_built_in: bool,
}

/// What is there, and what is applied.
#[derive(Clone, Copy)]
struct Pair<'a> {
    live: &'a Value,
    config: &'a Value,
}

impl Proof {
    /// Of the object but for what identifies it, and what the API server sets.
    fn root(&self, of: Type<'_>, Pair { live, config }: Pair<'_>, others: &FieldSet) -> bool {
        let (unmanaged, nothing) = (managers::unmanaged(), FieldSet::default());
        let is_managed = |path: &[&str]| !unmanaged.contains(&FieldPath::of(path));
        let is_secret = config.get("kind").is_some_and(|kind| kind == "Secret");
        let mut fields = config.as_object().into_iter().flatten();
        fields.all(|(name, config)| {
            let Some(of) = of.map().and_then(|map| map.child(name)) else {
                return false;
            };
            let live = live.get(name);
            let others = below(Some(others), name).unwrap_or(&nothing);
            match (name.as_str(), of.map(), config) {
                ("apiVersion" | "kind" | "status", ..) => true,
                // It is stored, and changed by others, as `data`, which its owner does not own.
                ("stringData", ..) if is_secret => false,
                ("metadata", Some(map), Value::Object(fields)) => {
                    let mut managed = fields.iter().filter(|(name, _)| is_managed(&["metadata", name]));
                    managed.all(|(name, config)| {
                        let live = live.and_then(|live| live.get(name));
                        let others = below(Some(others), name);
                        map.child(name).is_some_and(|of| self.value(of, live, config, others))
                    })
                }
                _ => self.value(of, live, config, Some(others)),
            }
        })
    }

    fn value(&self, of: Type<'_>, live: Option<&Value>, config: &Value, others: Option<&FieldSet>) -> bool {
        let map = of.map().filter(|map| !map.is_atomic());
        let list = of.list().filter(|list| !list.is_atomic());
        match (live, config, map, list) {
            (Some(live @ Value::Object(_)), Value::Object(fields), Some(map), _) => {
                fields.iter().all(|(name, config)| {
                    let of = map.child(name);
                    of.is_some_and(|of| self.value(of, live.get(name), config, below(others, name)))
                })
            }
            (Some(Value::Array(live)), Value::Array(config), _, Some(list)) => self.items(list, live, config, others),
            _ => {
                live.is_some_and(|live| order::equal(live, config))
                    || (self.means_the_same(of, live, config)
                        // Spelled differently, it would be taken from whoever owns it too.
                        && others.is_none_or(FieldSet::is_empty))
            }
        }
    }

    fn means_the_same(&self, of: Type<'_>, live: Option<&Value>, config: &Value) -> bool {
        let is_map = of.map().is_some_and(|map| !map.is_atomic()) && !config.is_array();
        let is_list = of.list().is_some_and(|list| !list.is_atomic()) && !config.is_object();
        let is_alike = || self.is_built_in && canonical::same(Some(of), live, Some(config));
        // Others can change what is in a map or a list without taking it over.
        let is_owned_whole = !(config.is_null() || config.is_array() || config.is_object()) || !(is_map || is_list);
        (is_owned_whole && self.last == LastApplied::Same) || is_alike()
    }

    /// The items of the configuration are there, in its order.
    fn items(&self, list: List<'_>, live: &[Value], config: &[Value], others: Option<&FieldSet>) -> bool {
        let mut places: BTreeMap<PathElement, usize> = BTreeMap::new();
        for (place, item) in live.iter().enumerate() {
            // Of items that share a key, nothing can be told.
            let is_new = element(list, item).is_ok_and(|element| places.insert(element, place).is_none());
            if !is_new {
                return false;
            }
        }
        let mut next = 0;
        config.iter().all(|item| {
            let Ok(element) = element(list, item) else {
                return false;
            };
            places.get(&element).is_some_and(|place| {
                let is_in_order = *place >= next;
                next = place + 1;
                let others = others.and_then(|others| others.child(&element));
                is_in_order && self.value(list.item(), live.get(*place), item, others)
            })
        })
    }
}

fn below<'a>(fields: Option<&'a FieldSet>, name: &str) -> Option<&'a FieldSet> {
    fields?.child(&PathElement::Field(name.to_owned()))
}
