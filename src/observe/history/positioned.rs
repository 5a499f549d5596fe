//! Where fields come from, of an object whose encrypted values were replaced with those of the cluster.

use std::sync::Arc;

use serde_json::Value;

use crate::diagnostic::place::Origin;
use crate::object::field::{FieldPath, PathElement};
use crate::object::{DesiredObject, Origins};

/// The origins of an object in which the keys of items may be other than git writes them: an item is found by its
/// position.
#[derive(Debug)]
struct Positioned {
    own: Arc<dyn Origins>,
    /// The object as it is now.
    value: Value,
}

/// Finds the fields of `object` by their positions from now on. It has as many items as before, in their order.
pub(super) fn by_position(object: &mut DesiredObject) {
    object.origins = Arc::new(Positioned {
        own: Arc::clone(&object.origins),
        value: object.value.clone(),
    });
}

impl Positioned {
    /// The path by positions, as far as it leads to what is there.
    fn path(&self, path: &FieldPath) -> FieldPath {
        let mut value = Some(&self.value);
        let position = |element: &PathElement| {
            let position = match (value.and_then(Value::as_array), element) {
                (Some(items), PathElement::Key(_) | PathElement::Value(_)) => element.position_written(items),
                _ => None,
            };
            value = value.and_then(|value| element.find_written(value));
            position.map_or_else(|| element.clone(), PathElement::Index)
        };
        path.elements().iter().map(position).collect()
    }
}

impl Origins for Positioned {
    fn of(&self, path: &FieldPath) -> Vec<Origin> {
        self.own.of(&self.path(path))
    }

    fn of_line(&self, path: &FieldPath, line: usize) -> Vec<Origin> {
        self.own.of_line(&self.path(path), line)
    }

    fn is_secret(&self, path: &FieldPath) -> bool {
        let path = self.path(path);
        // A file of a ConfigMap that is bytes stood beside those that are text.
        let beside = path.is_under(&["binaryData"]).then(|| {
            let data = std::iter::once(PathElement::field("data"));
            data.chain(path.elements()[1..].iter().cloned()).collect()
        });
        self.own.is_secret(&path) || beside.is_some_and(|path| self.own.is_secret(&path))
    }

    fn reveals(&self, value: &Value, said: Option<&Value>) -> bool {
        self.own.reveals(value, said)
    }
}
