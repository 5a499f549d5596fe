//! The kinds that every API server serves by itself.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use smol_str::SmolStr;

use super::{Discovery, Resource};
use crate::object::{GroupKind, GroupVersionKind};

/// What a Kubernetes 1.37 serves. Made anew by `UPDATE_SCHEMA=1 cargo test --test suite bundled_schema`.
const KUBERNETES: &str = include_str!("built_in.json");

/// The kinds, and the version of the API server that they are of.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Bundled {
    version: String,
    kinds: Vec<BundledKind>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BundledKind {
    api_version: String,
    kind: String,
    plural: String,
    namespaced: bool,
    listable: bool,
}

/// What a cluster would say of itself that serves what Kubernetes 1.37 does, and nothing else.
pub fn built_in_kinds() -> Discovery {
    static BUNDLED: OnceLock<Bundled> = OnceLock::new();
    // A test reads it, so that it can be read.
    let bundled = BUNDLED.get_or_init(|| serde_json::from_str(KUBERNETES).unwrap_or_default());
    let resources = bundled.kinds.iter().map(|kind| Resource {
        gvk: GroupVersionKind::new(&kind.api_version, &kind.kind),
        plural: SmolStr::from(&kind.plural),
        namespaced: kind.namespaced,
        listable: kind.listable,
    });
    Discovery::new(bundled.version.as_str(), resources)
}

/// The text of `built_in.json` for what a cluster serves: one line a kind, versions by preference.
pub fn reduce_kinds(discovery: &Discovery, is_built_in: impl Fn(&GroupKind) -> bool) -> String {
    let kinds = discovery.kinds().filter(|kind| is_built_in(kind));
    let resources = kinds.flat_map(|kind| discovery.versions(kind));
    let lines: Vec<String> = resources
        .filter_map(|resource| {
            let kind = BundledKind {
                api_version: resource.gvk.api_version(),
                kind: resource.gvk.group_kind.kind.to_string(),
                plural: resource.plural.to_string(),
                namespaced: resource.namespaced,
                listable: resource.listable,
            };
            serde_json::to_string(&kind).ok()
        })
        .collect();
    format!(
        "{{\"version\":{},\"kinds\":[\n{}\n]}}\n",
        Value::from(discovery.server_version.as_str()),
        lines.join(",\n")
    )
}
