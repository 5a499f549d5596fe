//! Looks for the members of an ApplySet whose parent does not say where they are: it is gone, or older than they are.

use std::collections::BTreeSet;

use smol_str::SmolStr;

use super::members::{Members, Observer};
use super::metrics_kinds;
use super::once::SeenUids;
use crate::applyset::parent::Parent;
use crate::applyset::unlisted::Unlisted;
use crate::cluster::{Resource, Scope};
use crate::object::{GroupKind, ObjectRef};
use crate::plan::{Forgotten, ParentGap};

impl Observer<'_> {
    /// Looks for members of every kind that can be listed, if the parent is seen not to list all kinds and namespaces
    /// that they have. A sync widens the parent before it writes a member, so this is the case only if the parent was
    /// deleted, edited, or restored from a backup.
    ///
    /// What cannot be listed hides nothing of what git wants. A sync notes it in the parent, so that it is looked
    /// into again until it can be listed.
    pub(super) async fn look_everywhere(
        &self,
        parent: Option<&Parent>,
        namespaces: &BTreeSet<SmolStr>,
        members: &mut Members,
    ) {
        let Some(gap) = self.gap(parent, members) else { return };
        // What was listed everywhere before need not be again.
        let noted = parent.filter(|_| matches!(gap, ParentGap::Unlisted));
        let noted = noted.map(|parent| &parent.unlisted);
        let is_open = |kind: &GroupKind| noted.is_none_or(|noted| noted.has_kind(kind));
        let kinds = self.discovery.kinds().filter(|kind| is_open(kind));
        let others = kinds.filter(|kind| !members.scopes.contains_key(kind) && !members.hidden.contains_key(kind));
        let resources = others.filter_map(|kind| self.discovery.preferred(kind));
        let resources =
            resources.filter(|resource| resource.listable && !metrics_kinds::are_in(&resource.gvk.group_kind.group));
        let resources: Vec<Resource> = resources.cloned().collect();
        let mut more = Members::default();
        let failures = self.gather(resources.into_iter(), namespaces, &mut more).await;
        // Others show copies of members under kinds of their own.
        more.live.retain(|_, (_, object)| self.is_applied(object));
        members.live.append(&mut more.live);
        members.scopes.append(&mut more.scopes);
        if parent.is_none() && members.live.is_empty() && failures.is_empty() {
            // It was never synced.
            return;
        }
        let listed = members.scopes.iter().filter(|(kind, _)| is_open(kind));
        let elsewhere = listed.filter(|(kind, scopes)| self.is_namespaced(kind) && !scopes.contains(&Scope::Cluster));
        let failed = failures.into_iter().map(|(resource, _)| resource.gvk.group_kind);
        let unavailable = metrics_kinds::unavailable_but(self.discovery);
        let unavailable = unavailable.filter(|version| noted.is_none_or(|noted| noted.has_version(version)));
        let unlisted = Unlisted {
            kinds: elsewhere.map(|(kind, _)| kind.clone()).chain(failed).collect(),
            versions: unavailable.cloned().collect(),
        };
        let found = members.live.keys().cloned().collect();
        members.forgotten = Some(Forgotten { gap, found, unlisted });
    }

    fn is_namespaced(&self, kind: &GroupKind) -> bool {
        let resource = self.discovery.preferred(kind);
        resource.is_some_and(|resource| resource.namespaced)
    }

    /// What shows that the parent does not say where all members are; nothing where nothing shows it.
    fn gap(&self, parent: Option<&Parent>, members: &Members) -> Option<ParentGap> {
        let mut applied = members.live.iter().filter(|(_, (_, object))| self.is_applied(object));
        let Some(parent) = parent else {
            // Where git wants nothing, nothing was listed that could show it.
            return (self.wanted.is_empty() || applied.next().is_some()).then_some(ParentGap::Missing);
        };
        let (listed, not_listed): (Vec<_>, Vec<_>) = applied.partition(|(member, _)| lists(parent, member));
        // What is served in several API groups may be listed in another.
        let mut listed: SeenUids<'_> = listed.into_iter().map(|(_, (_, object))| object).collect();
        let mut not_listed = not_listed.into_iter();
        let forgotten = not_listed.find(|(_, (_, object))| listed.is_new(object));
        let forgotten = forgotten.map(|(member, _)| ParentGap::NotListed(member.clone()));
        forgotten.or_else(|| (!parent.unlisted.is_empty()).then_some(ParentGap::Unlisted))
    }
}

/// Whether a parent says that there may be a member of this kind and in this namespace.
fn lists(parent: &Parent, member: &ObjectRef) -> bool {
    let namespace = member.namespace.as_ref();
    parent.kinds.contains(&member.kind) && namespace.is_none_or(|name| parent.namespaces.contains(name))
}
