//! What need not be asked about.

use std::collections::BTreeSet;

use super::Query;
use crate::applyset::parent::Parent;
use crate::cluster::Discovery;
use crate::object::ObjectRef;

/// What may be proved without asking the server: what a server of its version has stored, or said that it would.
pub(super) enum Provable {
    /// Nothing: everything is asked about.
    Nothing,
    /// All but what the last sync left.
    AllBut(BTreeSet<ObjectRef>),
}

impl Provable {
    /// What may be, by what the ApplySet's parent says of its earlier syncs.
    pub(super) fn of(parent: Option<&Parent>, discovery: &Discovery, query: &Query) -> Self {
        let Some(parent) = parent.filter(|_| !query.verify) else {
            return Self::Nothing;
        };
        let server = &discovery.server_version;
        let completed = parent.completed.as_ref();
        if completed.is_some_and(|completed| completed.server == *server) {
            return Self::AllBut(BTreeSet::new());
        }
        match parent.journal.unsettled_on(server) {
            Some(left) => Self::AllBut(left.iter().cloned().collect()),
            None => Self::Nothing,
        }
    }

    pub(super) fn has(&self, object: &ObjectRef) -> bool {
        matches!(self, Self::AllBut(left) if !left.contains(object))
    }
}
