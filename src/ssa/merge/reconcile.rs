//! Fits what was recorded of a manager to the schema as it is now.

use crate::object::field::{FieldSet, PathElement};
use crate::ssa::schema::Type;

use super::form::TypeForm;

/// The fields of a manager, where a list or a map that became atomic since is owned as a whole.
pub(super) fn reconcile(of: Type<'_>, fields: &FieldSet) -> FieldSet {
    let mut fitted = below(of, fields, false);
    fitted.set_member(false);
    fitted
}

/// `is_leaf` says that the path is owned, and nothing below it.
fn below(of: Type<'_>, fields: &FieldSet, is_leaf: bool) -> FieldSet {
    let whole = || {
        let mut whole = FieldSet::default();
        whole.set_member(true);
        whole
    };
    match TypeForm::or_first(TypeForm::of(of, None), of) {
        TypeForm::Scalar => fields.clone(),
        TypeForm::List => match of.list() {
            Some(list) if list.is_atomic() && !is_leaf => whole(),
            Some(list) => children(fields, |_| Some(list.item())),
            None => fields.clone(),
        },
        TypeForm::Map => match of.map() {
            Some(map) if map.is_unknown() => fields.clone(),
            Some(map) if map.is_atomic() && !is_leaf && fields.children().next().is_some() => whole(),
            Some(map) if map.is_atomic() => fields.clone(),
            Some(map) => children(fields, |element| match element {
                PathElement::Field(name) => map.child(name),
                _ => map.rest(),
            }),
            None => fields.clone(),
        },
    }
}

/// Whether [`reconcile`] leaves the fields of a manager as they are.
pub(super) fn is_reconciled(of: Type<'_>, fields: &FieldSet) -> bool {
    !fields.is_member() && is_reconciled_below(of, fields, false)
}

fn is_reconciled_below<'a>(of: Type<'a>, fields: &FieldSet, is_leaf: bool) -> bool {
    let are_children = |of: &dyn Fn(&PathElement) -> Option<Type<'a>>| {
        let mut children = fields.children();
        children.all(|(element, child)| of(element).is_none_or(|of| is_reconciled_below(of, child, child.is_leaf())))
    };
    match TypeForm::or_first(TypeForm::of(of, None), of) {
        TypeForm::Scalar => true,
        TypeForm::List => of.list().is_none_or(|list| {
            if list.is_atomic() {
                is_leaf
            } else {
                are_children(&|_| Some(list.item()))
            }
        }),
        TypeForm::Map => of.map().is_none_or(|map| {
            if map.is_unknown() {
                true
            } else if map.is_atomic() {
                is_leaf || fields.children().next().is_none()
            } else {
                are_children(&|element| match element {
                    PathElement::Field(name) => map.child(name),
                    _ => map.rest(),
                })
            }
        }),
    }
}

fn children<'a>(fields: &FieldSet, of: impl Fn(&PathElement) -> Option<Type<'a>>) -> FieldSet {
    let mut fitted = FieldSet::default();
    fitted.set_member(fields.is_member());
    for (element, child) in fields.children() {
        let child = match of(element) {
            Some(of) => below(of, child, child.is_leaf()),
            None => child.clone(),
        };
        fitted.add_below(element.clone(), child);
    }
    fitted
}
