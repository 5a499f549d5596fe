//! Lays a configuration over a live value.

use serde_json::{Map as JsonMap, Value};
use std::collections::{BTreeMap, BTreeSet};

use super::form::{TypeForm, element};
use crate::object::field::PathElement;
use crate::ssa::schema::{List, Map, Type};

/// The live value with what `config` sets. Nothing is removed; a leaf that both have is the
/// configuration's; `None` when nothing is left to say.
pub(super) fn combine(of: Type<'_>, live: Option<&Value>, config: Option<&Value>) -> Option<Value> {
    let form = if config.is_none() {
        TypeForm::of(of, live)
    } else {
        TypeForm::of(of, config)
    };
    match (TypeForm::or_first(form, of), of.map(), of.list()) {
        (TypeForm::Map, Some(map), _) => maps(map, live, config),
        (TypeForm::List, _, Some(list)) => lists(list, live, config),
        _ => leaf(live, config),
    }
}

fn leaf(live: Option<&Value>, config: Option<&Value>) -> Option<Value> {
    config.or(live).cloned()
}

fn maps(map: Map<'_>, live: Option<&Value>, config: Option<&Value>) -> Option<Value> {
    let none = JsonMap::new();
    let old = live.and_then(Value::as_object).unwrap_or(&none);
    let new = config.and_then(Value::as_object).unwrap_or(&none);
    // Nothing on both sides is a leaf, so that `null` and `{}` stay apart.
    if map.is_atomic() || (old.is_empty() && new.is_empty()) {
        return leaf(live, config);
    }
    let mut merged = JsonMap::new();
    for name in old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))) {
        let (old, new) = (old.get(name), new.get(name));
        let value = match map.child(name) {
            Some(of) => combine(of, old, new),
            None => leaf(old, new),
        };
        merged.extend(value.map(|value| (name.clone(), value)));
    }
    (!merged.is_empty()).then_some(Value::Object(merged))
}

fn lists(list: List<'_>, live: Option<&Value>, config: Option<&Value>) -> Option<Value> {
    let old = live.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let new = config.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if list.is_atomic() || (old.is_empty() && new.is_empty()) {
        return leaf(live, config);
    }
    let merged = MergedItems::new(list, old, new).merge();
    (!merged.is_empty()).then_some(Value::Array(merged))
}

/// The items of two versions of a list, by their path elements.
struct MergedItems<'a> {
    of: Type<'a>,
    live: Vec<(PathElement, &'a Value)>,
    config: Vec<(PathElement, &'a Value)>,
    /// The live item of each element. Where several share one, none of them is merged into.
    standing: BTreeMap<PathElement, &'a Value>,
    wanted: BTreeMap<PathElement, &'a Value>,
}

impl<'a> MergedItems<'a> {
    fn new(list: List<'a>, live: &'a [Value], config: &'a [Value]) -> Self {
        let elements = |items: &'a [Value]| -> Vec<(PathElement, &'a Value)> {
            let places = items.iter().map(|item| element(list, item).map(|place| (place, item)));
            places.filter_map(Result::ok).collect()
        };
        let (live, config) = (elements(live), elements(config));
        let mut standing = BTreeMap::new();
        for (place, item) in &live {
            let item = if standing.contains_key(place) {
                &Value::Null
            } else {
                *item
            };
            standing.insert(place.clone(), item);
        }
        Self {
            of: list.item(),
            standing,
            wanted: config.iter().cloned().collect(),
            live,
            config,
        }
    }

    /// The order is the configuration's for the items it has. Items that only the live list has stay
    /// between the same neighbours as far as that order lets them: each comes before the next item
    /// that both have.
    fn merge(&self) -> Vec<Value> {
        let mut shared = self
            .config
            .iter()
            .map(|(place, _)| place)
            .filter(|place| self.standing.contains_key(place));
        let mut next_shared = shared.next();
        let mut merged = Vec::new();
        let mut taken: BTreeSet<&PathElement> = BTreeSet::new();
        let (mut live, mut config) = (self.live.iter().peekable(), self.config.iter().peekable());
        while live.peek().is_some() || config.peek().is_some() {
            if let (Some((old, _)), Some((new, _))) = (live.peek(), config.peek()) {
                if old == new {
                    taken.insert(new);
                    merged.extend(self.both(new));
                    live.next();
                    config.next();
                    next_shared = shared.next();
                    continue;
                }
                // An item that both have, but not the one whose turn it is.
                if self.wanted.contains_key(old) && next_shared.is_some_and(|next| next != old) {
                    live.next();
                    continue;
                }
            }
            if let Some((old, item)) = live.peek() {
                if !self.wanted.contains_key(old) {
                    merged.extend(combine(self.of, Some(item), None));
                    live.next();
                    continue;
                } else if taken.contains(old) {
                    live.next();
                }
            }
            if let Some((new, _)) = config.next() {
                taken.insert(new);
                merged.extend(self.both(new));
                if next_shared == Some(new) {
                    next_shared = shared.next();
                }
            }
        }
        merged
    }

    fn both(&self, place: &PathElement) -> Option<Value> {
        let live = self.standing.get(place).copied();
        combine(self.of, live, self.wanted.get(place).copied())
    }
}
