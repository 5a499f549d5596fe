//! What a person meets: the command as it is run, on a real control plane.
//!
//! Each file is about one promise. `bed` makes the place a test runs in; `control_plane` the cluster.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod agreement;
mod bed;
mod behind;
mod between;
mod bundled_schema;
mod causes;
mod check;
mod components;
mod conflicts;
mod control_plane;
mod defaults;
mod desired;
mod diff;
mod differential;
mod environments;
mod fixture;
mod generated;
mod input;
mod interrupt;
mod jobs;
mod migration;
mod namespaces;
mod parameters;
mod parent;
mod programs;
mod prune;
mod races;
mod revision;
mod roles;
mod rules;
mod sandbox;
mod saved_plans;
mod schemas;
mod scope;
mod secrets;
mod stored_forms;
mod sync;
mod unverified;
mod waiting;
