//! The members of an ApplySet, whatever git says.

use std::collections::{BTreeMap, BTreeSet};

use super::members::{Members, Observer, split_hidden};
use super::{Query, Scopes};
use crate::applyset::inventory::ApplySet;
use crate::applyset::parent::Parent;
use crate::cluster::{Cluster, Discovery, Resource};
use crate::diagnostic::error::{Error, Result};
use crate::kinds::jobs::Recorded;
use crate::object::LiveObject;
use crate::plan::{Forgotten, NotCompared};

/// The members that were found, and where there may be others.
#[derive(Debug)]
pub struct MemberSearch {
    /// The members.
    pub live: Vec<(Resource, LiveObject)>,
    /// How their kinds were listed.
    pub scopes: Scopes,
    /// The kinds that the parent lists and that could not be listed.
    pub not_compared: Vec<NotCompared>,
    /// Set where the parent does not say where all members are.
    pub forgotten: Option<Forgotten>,
}

impl MemberSearch {
    /// Whether there may be members that were not found.
    pub fn may_have_more(&self) -> bool {
        let forgotten = self.forgotten.as_ref();
        !self.not_compared.is_empty() || forgotten.is_some_and(|forgotten| !forgotten.unlisted.is_empty())
    }
}

/// Lists the members of an ApplySet wherever its parent says that there are any, or everywhere where it does not say
/// so; nothing if the ApplySet was never synced: it has no parent and, as far as all kinds can be listed, no member.
///
/// # Errors
///
/// If it has no parent, no member was found, and there may be some of kinds that could not be listed.
pub async fn read_members(
    cluster: &dyn Cluster,
    query: &Query,
    discovery: &Discovery,
    parent: Option<&Parent>,
) -> Result<Option<MemberSearch>> {
    let none = Recorded::new();
    let observer = Observer {
        cluster,
        query,
        discovery,
        completed: parent.map_or(&none, |parent| &parent.jobs),
        wanted: &BTreeSet::new(),
        brought_by: &BTreeMap::new(),
    };
    let Members {
        live,
        scopes,
        hidden,
        forgotten,
    } = observer.members(&[], parent).await?;
    if parent.is_none() && live.is_empty() {
        return match query.set.as_ref().zip(forgotten) {
            None => Ok(None),
            Some((set, forgotten)) => Err(not_known(set, &forgotten)),
        };
    }
    let (_, not_compared) = split_hidden(Vec::new(), hidden);
    Ok(Some(MemberSearch {
        live: live.into_values().collect(),
        scopes,
        not_compared,
        forgotten,
    }))
}

/// No member was found of an ApplySet without a parent, and not every kind could be listed.
fn not_known(set: &ApplySet, forgotten: &Forgotten) -> Error {
    let unlisted = match forgotten.unlisted.kinds.len() + forgotten.unlisted.versions.len() {
        1 => "one kind could not be listed".to_owned(),
        kinds => format!("{kinds} kinds could not be listed"),
    };
    Error::new(format!(
        "no member of the ApplySet {} was found, and its parent, {}, is missing; {unlisted}, so there may be members",
        set.name,
        set.parent()
    ))
    .hint("check --name and -n, or use a --context that may list all kinds")
}
