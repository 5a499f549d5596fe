//! Where the fields of an object come from that was laid over defaults.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use crate::diagnostic::place::Origin;
use crate::object::field::{FieldPath, PathElement};
use crate::object::{GroupVersionKind, Origins};
use crate::source::Manifest;
use crate::source::render::Rendered;
use crate::ssa::merge;
use crate::ssa::schema::{List, Schema, Type};

/// What one default says to one object.
#[derive(Debug)]
pub(super) struct DefaultsLayer {
    pub(super) rendered: Arc<Rendered>,
    pub(super) value: Value,
}

impl DefaultsLayer {
    /// The path at which the default says what is at `path` of the object; nothing where it says nothing.
    fn written(&self, path: &FieldPath) -> Option<FieldPath> {
        find(&self.value, path.elements(), FieldPath::root())
    }
}

/// Where `value`, which stands at `walked`, says what is at `path` within it: an item for all stands for
/// every item that there is no own one for.
fn find(value: &Value, path: &[PathElement], walked: FieldPath) -> Option<FieldPath> {
    let Some((element, rest)) = path.split_first() else {
        return Some(walked);
    };
    let own = element.find(value);
    let own = own.and_then(|value| find(value, rest, walked.join(element.clone())));
    own.or_else(|| {
        let PathElement::Key(key) = element else { return None };
        let items = value.as_array()?.iter().enumerate();
        let mut every = items.filter(|(_, item)| merge::stands_for(item, key));
        every.find_map(|(index, item)| find(item, rest, walked.join(PathElement::Index(index))))
    })
}

/// Tells where the fields come from: the object's own where it says them, of the topmost default
/// otherwise.
#[derive(Debug)]
pub(super) struct LayeredOrigins {
    own: Arc<dyn Origins>,
    gvk: GroupVersionKind,
    /// What the object says itself.
    value: Value,
    /// The lowest first.
    layers: Vec<DefaultsLayer>,
    schema: Arc<Cow<'static, Schema>>,
    /// Rendered when it is first asked for: that is of the few objects that change.
    merged: OnceLock<Value>,
}

impl LayeredOrigins {
    pub(super) fn new(manifest: &Manifest, layers: Vec<DefaultsLayer>, schema: Arc<Cow<'static, Schema>>) -> Self {
        Self {
            own: manifest.origins.clone(),
            gvk: manifest.gvk.clone(),
            value: manifest.value.clone(),
            layers,
            schema,
            merged: OnceLock::new(),
        }
    }

    fn root(&self) -> Option<Type<'_>> {
        self.schema.kind(&self.gvk).map(|kind| kind.root())
    }

    /// The object over its defaults.
    pub(super) fn merged(&self) -> Value {
        // What the server would refuse to merge is left as it is, for the check to tell of it.
        let root = self
            .root()
            .filter(|root| merge::mistakes(*root, &self.value).is_empty());
        let Some(root) = root else {
            return self.value.clone();
        };
        let layers = self.layers.iter().rev().map(|layer| &layer.value);
        layers.fold(self.value.clone(), |object, under| {
            merge::lay_over(root, under, &object)
        })
    }

    /// The path by keys, where it counts the items of a keyed list: it is the same in each layer then.
    fn keyed(&self, path: &FieldPath) -> FieldPath {
        if !path
            .elements()
            .iter()
            .any(|element| matches!(element, PathElement::Index(_)))
        {
            return path.clone();
        }
        let mut of = self.root();
        let mut value = Some(self.merged.get_or_init(|| self.merged()));
        let mut keyed = FieldPath::root();
        for element in path.elements() {
            let list = of.and_then(Type::list);
            let item = value.and_then(|value| element.find(value));
            let element = match (element, list, item) {
                (PathElement::Index(_), Some(list), Some(item)) => {
                    merge::element(list, item).unwrap_or_else(|_| element.clone())
                }
                _ => element.clone(),
            };
            of = match &element {
                PathElement::Field(name) => of.and_then(Type::map).and_then(|map| map.child(name)),
                _ => list.map(List::item),
            };
            value = item;
            keyed = keyed.join(element);
        }
        keyed
    }

    /// The topmost default that says what is at `path`, and where it does; nothing where the object does.
    fn layer(&self, path: &FieldPath) -> Option<(&DefaultsLayer, FieldPath)> {
        if path.find(&self.value).is_some() {
            return None;
        }
        let mut layers = self.layers.iter().rev();
        layers.find_map(|layer| Some((layer, layer.written(path)?)))
    }
}

impl Origins for LayeredOrigins {
    fn of(&self, path: &FieldPath) -> Vec<Origin> {
        let path = self.keyed(path);
        match self.layer(&path) {
            Some((layer, written)) => layer.rendered.origins(&written).to_vec(),
            None => self.own.of(&path),
        }
    }

    fn of_line(&self, path: &FieldPath, line: usize) -> Vec<Origin> {
        let path = self.keyed(path);
        match self.layer(&path) {
            Some((layer, written)) => layer.rendered.origins(&written).to_vec(),
            None => self.own.of_line(&path, line),
        }
    }

    fn is_secret(&self, path: &FieldPath) -> bool {
        let path = self.keyed(path);
        let mut written = self
            .layers
            .iter()
            .filter_map(|layer| Some((layer, layer.written(&path)?)));
        self.own.is_secret(&path) || written.any(|(layer, written)| layer.rendered.is_secret(&written))
    }

    fn reveals(&self, value: &Value, said: Option<&Value>) -> bool {
        self.own.reveals(value, said)
    }
}
