//! The kinds that sequences are about, and what their manifests may say.

pub mod custom;
mod network;
mod policy;
mod simple;
mod workload;

use serde_json::{Value, json};

use super::fragment::Fragment;

/// A kind, and what its manifests may say.
pub struct Subject {
    /// The versions in which it is written; the first is the usual one.
    pub versions: &'static [&'static str],
    pub kind: &'static str,
    pub plural: &'static str,
    /// What a manifest must say to be accepted.
    pub base: Value,
    pub fragments: Vec<Fragment>,
    /// What its status may say, where it has one that can be written.
    pub status: Vec<Fragment>,
    /// Whether the API server stores what it is given, and adds no defaults.
    pub is_plain: bool,
}

/// The custom kinds `Gadget` (typed, in two versions, with a status) and `Loose` (not typed).
pub const DEFINITIONS: [&str; 2] = [include_str!("../gadget.json"), include_str!("../loose.json")];

/// Every kind, the ones with the most rules to them more often.
///
/// Not those that the API server itself writes to meanwhile: it counts the changes of a DaemonSet in
/// an annotation, and gives a claim a finalizer.
pub fn all() -> Vec<Subject> {
    vec![
        simple::config_map(),
        workload::deployment(),
        network::service(),
        custom::gadget(),
        simple::secret(),
        network::ingress(),
        network::network_policy(),
        custom::gadget(),
        policy::autoscaler(),
        workload::stateful_set(),
        simple::role(),
        simple::role_binding(),
        workload::deployment(),
        custom::loose(),
        workload::cron_job(),
        custom::gadget(),
        simple::service_account(),
        policy::disruption_budget(),
        network::endpoint_slice(),
        policy::quota(),
        custom::gadget(),
    ]
}

fn fragments(all: Value) -> Vec<Fragment> {
    let pairs = all.as_array().expect("a list").iter();
    let mut fragments: Vec<_> = pairs
        .map(|pair| Fragment::new(pair[0].as_str().expect("a place"), pair[1].clone()))
        .collect();
    let metadata = json!([
        ["metadata.labels.team", ["a", "b", null, ""]],
        ["metadata.labels.tier", ["x", "y"]],
        ["metadata.annotations.note", ["one", "two", "a<b&c"]],
        ["metadata.annotations.other", ["three", null]],
        [
            "metadata.finalizers[]",
            ["example.com/a", "example.com/b", "example.com/c"]
        ],
        ["metadata.labels", [{}, null]],
    ]);
    let metadata = metadata.as_array().expect("a list").iter();
    fragments.extend(metadata.map(|pair| Fragment::new(pair[0].as_str().expect("a place"), pair[1].clone())));
    fragments
}
