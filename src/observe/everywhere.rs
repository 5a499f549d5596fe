//! Looks for the members of an ApplySet whose parent does not say where they are: it is gone, or older than they are.

use std::collections::BTreeSet;

use super::members::{Members, Observer};
use crate::applyset::parent::Parent;
use crate::cluster::{Resource, Scope};
use crate::object::{GroupKind, ObjectRef};
use crate::plan::{Forgotten, ParentGap};

impl Observer<'_> {
    /// Looks for members of every kind that can be listed, if the parent is seen not to list all kinds and namespaces
    /// that they have. A sync widens the parent before it writes a member, so this is the case only if the parent was
    /// deleted, edited, or restored from a backup.
    ///
    /// What cannot be listed is noted, and hides nothing of what git wants.
    pub(super) async fn look_everywhere(
        &self,
        parent: Option<&Parent>,
        namespaces: &BTreeSet<String>,
        members: &mut Members,
    ) {
        let Some(gap) = self.gap(parent, members) else { return };
        let kinds = self.discovery.kinds();
        let others = kinds.filter(|kind| !members.scopes.contains_key(kind) && !members.hidden.contains_key(kind));
        let resources = others.filter_map(|kind| self.discovery.preferred(kind));
        let resources: Vec<Resource> = resources.filter(|resource| resource.listable).cloned().collect();
        let mut more = Members::default();
        let failures = self.gather(resources.into_iter(), namespaces, &mut more).await;
        // Others show copies of members under kinds of their own, such as the PodMetrics of a Pod.
        more.live.retain(|_, (_, object)| self.is_applied(object));
        members.live.append(&mut more.live);
        members.scopes.append(&mut more.scopes);
        if members.live.is_empty() {
            // It was never synced.
            return;
        }
        let elsewhere = members.scopes.iter().filter(|(kind, scopes)| {
            let is_namespaced = self
                .discovery
                .preferred(kind)
                .is_some_and(|resource| resource.namespaced);
            is_namespaced && !scopes.contains(&Scope::Cluster)
        });
        let failed = failures.into_iter().map(|(resource, _)| resource.gvk.group_kind);
        let unseen: BTreeSet<GroupKind> = elsewhere.map(|(kind, _)| kind.clone()).chain(failed).collect();
        members.forgotten = Some(Forgotten {
            gap,
            found: members.live.keys().cloned().collect(),
            unseen: unseen.into_iter().collect(),
            unavailable: self.unavailable().cloned().collect(),
        });
    }

    /// The versions that may hold members. Metrics are nobody's.
    fn unavailable(&self) -> impl Iterator<Item = &String> {
        let versions = self.discovery.unavailable.iter();
        versions.filter(|version| !version.starts_with("metrics.k8s.io/"))
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
        let listed: BTreeSet<&str> = listed.iter().map(|(_, (_, object))| object.uid()).collect();
        let mut not_listed = not_listed.into_iter();
        let forgotten = not_listed.find(|(_, (_, object))| !listed.contains(object.uid()));
        forgotten.map(|(member, _)| ParentGap::NotListed(member.clone()))
    }
}

/// Whether a parent says that there may be a member of this kind and in this namespace.
fn lists(parent: &Parent, member: &ObjectRef) -> bool {
    let namespace = member.namespace.as_ref();
    parent.kinds.contains(&member.kind) && namespace.is_none_or(|name| parent.namespaces.contains(name))
}
