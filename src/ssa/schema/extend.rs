//! Puts two schemas together.

use super::Schema;
use super::open_api::DEDUCED;
use super::types::{Reference, TypeDefinition};
use crate::object::GroupVersionKind;

impl Schema {
    /// Adds the kinds of another schema. Of a kind that both have, the other's is taken.
    pub fn extend(&mut self, other: Schema) {
        let own = DEDUCED + 1;
        let by = self.definitions.len() - own;
        let moved = other.definitions.into_iter().skip(own);
        self.definitions.extend(moved.map(|definition| shifted(definition, by)));
        for (name, index) in other.names {
            self.names.entry(name).or_insert(index + by);
        }
        for (gvk, mut kind) in other.kinds {
            kind.root += by;
            self.kinds.insert(gvk, kind);
        }
    }

    /// Forgets some kinds.
    pub fn forget<'a>(&mut self, kinds: impl IntoIterator<Item = &'a GroupVersionKind>) {
        for gvk in kinds {
            self.kinds.remove(gvk);
        }
    }
}

/// A definition as it is after so many others. Those that every schema begins with stay where they are.
fn shifted(mut definition: TypeDefinition, by: usize) -> TypeDefinition {
    let shift = |reference: &mut Reference| {
        if reference.index > DEDUCED {
            reference.index += by;
        }
    };
    if let Some(list) = &mut definition.list {
        shift(&mut list.item);
    }
    if let Some(map) = &mut definition.map {
        map.fields.values_mut().for_each(|field| shift(&mut field.of));
        map.rest.iter_mut().for_each(shift);
    }
    definition
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::field::FieldPath;
    use crate::ssa::schema::ListType;
    use serde_json::{Value, json};

    fn definition(list_type: &str) -> Value {
        let tags = json!({"type": "array", "x-kubernetes-list-type": list_type, "items": {"type": "string"}});
        let spec = json!({"type": "object", "properties": {"tags": tags, "any": {"type": "object"}}});
        json!({"spec": {"group": "example.com", "names": {"kind": "Widget"}, "versions": [
            {"name": "v1", "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}},
        ]}})
    }

    #[test]
    fn kinds_of_another_schema_keep_their_types_and_replace_what_was_known() {
        let mut other = Schema::bundled().clone();
        other.add_custom(&definition("set"));
        let mut schema = Schema::bundled().clone();
        schema.add_custom(&definition("atomic"));
        schema.extend(other);
        let widget = GroupVersionKind::new("example.com/v1", "Widget");
        let kind = schema.kind(&widget).expect("a Widget");
        let tags = kind.type_at(&FieldPath::of(&["spec", "tags"])).expect("a field");
        assert_eq!(*tags.list().expect("a list").kind(), ListType::Set);
        assert!(kind.type_at(&FieldPath::of(&["spec", "any", "thing"])).is_some());
        assert!(kind.type_at(&FieldPath::of(&["metadata", "labels", "a"])).is_some());
        let pod = schema.kind(&GroupVersionKind::new("v1", "Pod")).expect("a Pod");
        let containers = pod.type_at(&FieldPath::of(&["spec", "containers"])).expect("a field");
        assert_eq!(
            *containers.list().expect("a list").kind(),
            ListType::Map(vec!["name".into()])
        );
        schema.forget([&widget]);
        assert!(schema.kind(&widget).is_none());
    }
}
