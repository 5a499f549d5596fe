//! How the kinds that are wanted are merged: for proof, and where the server cannot be asked.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::ask_all::Known;
use crate::cluster::{Cluster, Discovery, Resource};
use crate::object::{GroupVersionKind, LiveObject, ObjectRef, is_definition};
use crate::ssa::schema::Schema;

/// The schema of the kinds that are wanted, and what of it is still to be read.
///
/// It comes from nearby: from what is bundled, from the definitions that are members, and before those from
/// the ones that git wants, since objects are applied after their definition. Only for what is in none of them the server's own is read: for custom kinds whose definition is
/// somebody else's, for the kinds of extension servers, and for those of a server that is not of the
/// [bundled](Schema::is_bundled_for) version.
pub(super) struct Schemas {
    schema: Cow<'static, Schema>,
    /// The kinds to read of the server.
    missing: BTreeSet<GroupVersionKind>,
    unread: Option<String>,
}

impl Schemas {
    /// What is known without a request.
    pub(super) fn nearby(
        live: &BTreeMap<ObjectRef, (Resource, LiveObject)>,
        known: &[Known],
        discovery: &Discovery,
    ) -> Self {
        let members = known.iter().filter_map(|(_, _, member)| member.as_ref());
        let members = live.values().chain(members).map(|(_, live)| live);
        let there = members.filter(|live| is_definition(&live.reference().kind));
        let wanted = known.iter().map(|(desired, _, _)| desired);
        let wanted = wanted.filter(|desired| is_definition(&desired.reference.kind));
        let definitions: Vec<&Value> = there
            .map(LiveObject::value)
            .chain(wanted.map(|desired| &desired.value))
            .collect();
        let mut custom = Schema::from_open_api([]);
        for definition in &definitions {
            custom.add_custom(definition);
        }
        let is_bundled = Schema::is_bundled_for(&discovery.server_version);
        let kinds = known.iter().map(|(_, resource, _)| &resource.gvk);
        let missing = kinds.filter(|gvk| {
            let is_known = custom.kind(gvk).is_some() || (is_bundled && Schema::bundled().kind(gvk).is_some());
            !is_known && discovery.resource(gvk).is_some()
        });
        // In every version: in each of them fields of the object may be recorded.
        let versions = missing.flat_map(|gvk| discovery.versions(&gvk.group_kind));
        let missing: BTreeSet<GroupVersionKind> = versions.map(|resource| resource.gvk.clone()).collect();
        let mut schema = Cow::Borrowed(Schema::bundled());
        if !missing.is_empty() {
            schema.to_mut().forget(&missing);
        }
        for definition in definitions {
            schema.to_mut().add_custom(definition);
        }
        Self {
            schema,
            missing,
            unread: None,
        }
    }

    /// Reads what is missing, once.
    pub(super) async fn read(&mut self, cluster: &dyn Cluster) {
        let missing = std::mem::take(&mut self.missing);
        if missing.is_empty() {
            return;
        }
        match cluster.schema(&missing).await {
            Ok(schema) => self.schema.to_mut().extend(schema),
            Err(error) => self.unread = Some(error.to_string()),
        }
    }

    pub(super) fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The schema, and why some of it could not be read.
    pub(super) fn into_parts(self) -> (Schema, Option<String>) {
        (self.schema.into_owned(), self.unread)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{desired, resource};

    const WIDGET: &str = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w, namespace: ns}\n";
    const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: ns}\n";
    const DEFINITION: &str = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  names: {kind: Widget, plural: widgets}
  versions: [{name: v1}, {name: v2}]
";

    /// What is still to be read for these manifests, of a server of this version.
    fn missing(server: &str, texts: &[&str], live: &[&str]) -> Vec<String> {
        let discovery = Discovery::new(
            server,
            [
                resource("v1", "ConfigMap", true),
                resource("example.com/v1", "Widget", true),
                resource("example.com/v2", "Widget", true),
            ],
        );
        let known = texts.iter().map(|text| {
            let desired = desired(text);
            let resource = resource(&desired.gvk().api_version(), &desired.reference.kind.kind, true);
            (desired, resource, None)
        });
        let live = live.iter().map(|text| {
            let live = LiveObject::new(desired(text).value);
            let definition = resource("apiextensions.k8s.io/v1", "CustomResourceDefinition", false);
            (live.reference(), (definition, live))
        });
        let schemas = Schemas::nearby(&live.collect(), &known.collect::<Vec<_>>(), &discovery);
        for gvk in &schemas.missing {
            assert!(
                schemas.schema().kind(gvk).is_none(),
                "nothing is known of {gvk} but by the server"
            );
        }
        schemas.missing.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn only_what_nothing_nearby_describes_is_read_of_the_server_in_all_its_versions() {
        let widgets = ["example.com/v1 Widget", "example.com/v2 Widget"];
        assert_eq!(missing("v1.37.2", &[CONFIG_MAP], &[]), [""; 0]);
        assert_eq!(missing("v1.37.2", &[CONFIG_MAP, WIDGET], &[]), widgets);
        assert_eq!(missing("v1.37.2", &[WIDGET, DEFINITION], &[]), [""; 0]);
        assert_eq!(missing("v1.37.2", &[WIDGET], &[DEFINITION]), [""; 0]);
        // A kind that is still to come is no server's to describe.
        let thing = WIDGET.replace("Widget", "Thing");
        assert_eq!(missing("v1.37.2", &[&thing], &[]), [""; 0]);
    }

    #[test]
    fn a_server_of_another_minor_version_describes_its_own_kinds() {
        assert_eq!(missing("v1.36.3", &[CONFIG_MAP], &[]), ["v1 ConfigMap"]);
        assert_eq!(missing("v1.36.3", &[WIDGET], &[DEFINITION]), [""; 0]);
    }
}
