//! What is sent and what the cluster has, walked side by side.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::object::field::{FieldPath, FieldSet, ItemKeys, PathElement};

/// An object that is to be sent, next to the one that the cluster has.
pub(crate) struct SentTree<'a> {
    live: Option<&'a Value>,
    sent: &'a Value,
    keys: &'a FieldSet,
}

/// One value of either side, or of both.
#[derive(Debug, Clone)]
pub(crate) struct Branch<'a> {
    /// The way to it. Below a value that the server takes as a whole, items are named by their position in
    /// what is sent.
    pub(crate) path: FieldPath,
    pub(crate) live: Option<&'a Value>,
    pub(crate) sent: Option<&'a Value>,
    /// The position of an item in what is sent.
    pub(crate) position: Option<usize>,
    /// The value that it is a part of and that the server takes as a whole, if it is.
    pub(crate) whole: Option<FieldPath>,
    /// What anybody owns of it.
    keys: Option<&'a FieldSet>,
}

impl<'a> SentTree<'a> {
    /// `keys` is what anybody owns of the live object: it tells how lists are merged.
    pub(crate) fn new(live: Option<&'a Value>, sent: &'a Value, keys: &'a FieldSet) -> Self {
        Self { live, sent, keys }
    }

    /// Both objects.
    pub(crate) fn root(&self) -> Branch<'a> {
        Branch {
            path: FieldPath::root(),
            live: self.live,
            sent: Some(self.sent),
            position: None,
            whole: None,
            keys: Some(self.keys),
        }
    }
}

impl<'a> Branch<'a> {
    /// The fields or items of either side.
    pub(crate) fn children(&self) -> Vec<Branch<'a>> {
        match (self.live, self.sent) {
            (Some(Value::Array(_)), _) | (_, Some(Value::Array(_))) => self.items(),
            (Some(Value::Object(_)), _) | (_, Some(Value::Object(_))) => self.fields(),
            _ => Vec::new(),
        }
    }

    /// The values below which there is nothing that is owned by itself: the fields and items that managers
    /// own one by one. Keys of items are left out, since no item is without.
    pub(crate) fn leaves(&self) -> Vec<Branch<'a>> {
        let children = if self.whole.is_some() || self.is_whole() {
            Vec::new()
        } else {
            self.children()
        };
        let children: Vec<_> = children.into_iter().filter(|child| !self.is_key(child)).collect();
        if children.is_empty() {
            return vec![self.clone()];
        }
        children.iter().flat_map(Branch::leaves).collect()
    }

    /// Whether the server takes the value as a whole: somebody owns it, and nothing in it.
    fn is_whole(&self) -> bool {
        let is_leaf = |keys: &FieldSet| keys.is_member() && keys.children().next().is_none();
        let is_item = matches!(self.path.elements().last(), Some(PathElement::Key(_)));
        let is_list = matches!(self.live.or(self.sent), Some(Value::Array(_)));
        !is_item && (self.keys.is_some_and(is_leaf) || (is_list && self.keys.and_then(ItemKeys::of).is_none()))
    }

    /// Whether `child` is one of the fields by which the item that this is, is known.
    fn is_key(&self, child: &Branch<'_>) -> bool {
        match (self.path.elements().last(), child.path.elements().last()) {
            (Some(PathElement::Key(keys)), Some(PathElement::Field(name))) => keys.contains_key(name.as_str()),
            _ => false,
        }
    }

    fn inner_whole(&self) -> Option<FieldPath> {
        self.whole
            .clone()
            .or_else(|| self.is_whole().then(|| self.path.clone()))
    }

    fn fields(&self) -> Vec<Branch<'a>> {
        let sides = [self.live, self.sent].into_iter().flatten();
        let names: BTreeSet<&String> = sides
            .filter_map(Value::as_object)
            .flat_map(serde_json::Map::keys)
            .collect();
        let whole = self.inner_whole();
        let child = |name: &String| {
            let element = PathElement::field(name);
            Branch {
                path: self.path.join(element.clone()),
                live: self.live.and_then(|live| live.get(name)),
                sent: self.sent.and_then(|sent| sent.get(name)),
                position: None,
                whole: whole.clone(),
                keys: self.keys.and_then(|keys| keys.child(&element)),
            }
        };
        names.into_iter().map(child).collect()
    }

    fn items(&self) -> Vec<Branch<'a>> {
        let items = |side: Option<&'a Value>| side.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let (live, sent) = (items(self.live), items(self.sent));
        let list = self.keys.and_then(ItemKeys::of).filter(|_| self.whole.is_none());
        let Some(list) = list else {
            return self.positions(live, sent);
        };
        let mut found = Vec::new();
        let mut met = BTreeSet::new();
        for item in live {
            let element = list.element(item);
            let position = element.position_written(sent);
            met.extend(position);
            found.push(Branch {
                path: self.path.join(element.clone()),
                live: Some(item),
                sent: position.map(|position| &sent[position]),
                position,
                whole: None,
                keys: self.keys.and_then(|keys| keys.child(&element)),
            });
        }
        for (position, item) in sent.iter().enumerate().filter(|(position, _)| !met.contains(position)) {
            found.push(Branch {
                path: self.path.join(list.element(item)),
                live: None,
                sent: Some(item),
                position: Some(position),
                whole: None,
                keys: None,
            });
        }
        found
    }

    /// The items of a list that is one value, each with the live one of its name, or else at its place.
    fn positions(&self, live: &'a [Value], sent: &'a [Value]) -> Vec<Branch<'a>> {
        let whole = self.whole.clone().or_else(|| Some(self.path.clone()));
        let partner = |position: usize, item: &Value| match item.get("name") {
            Some(name) => live.iter().find(|other| other.get("name") == Some(name)),
            None => live.get(position),
        };
        let child = |(position, item): (usize, &'a Value)| Branch {
            path: self.path.join(PathElement::Index(position)),
            live: partner(position, item),
            sent: Some(item),
            position: Some(position),
            whole: whole.clone(),
            keys: None,
        };
        sent.iter().enumerate().map(child).collect()
    }
}
