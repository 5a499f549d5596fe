//! One object that has several names, since it is served in several API groups, as an Event is.

use std::collections::BTreeSet;

use crate::object::LiveObject;

/// The objects that were seen, by their UIDs.
#[derive(Debug, Default)]
pub(super) struct SeenUids<'a>(BTreeSet<&'a str>);

impl<'a> SeenUids<'a> {
    /// Notes an object. Whether it was not seen under another name; what has no UID, since nothing of it is stored,
    /// has no other name.
    pub(super) fn is_new(&mut self, object: &'a LiveObject) -> bool {
        object.uid().is_empty() || self.0.insert(object.uid())
    }
}

impl<'a> FromIterator<&'a LiveObject> for SeenUids<'a> {
    fn from_iter<T: IntoIterator<Item = &'a LiveObject>>(objects: T) -> Self {
        Self(objects.into_iter().map(LiveObject::uid).collect())
    }
}
