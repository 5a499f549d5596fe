//! What a person meets: the command as it is run, on a real control plane.
//!
//! Each file is about one promise. `bed` makes the place a test runs in; `control_plane` the cluster.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod agreement;
mod asking;
mod bed;
mod behind;
mod between;
mod bounds;
mod bundled_schema;
mod causes;
mod check;
mod checkouts;
mod components;
mod conflicts;
mod connections;
mod control_plane;
mod cut_off;
mod defaults;
mod definitions;
mod delete;
mod desired;
mod diff;
mod differential;
mod environments;
mod events;
mod failures;
mod findings;
mod fixture;
mod generated;
mod golden;
mod history;
mod immutable;
mod input;
mod interrupt;
mod jobs;
mod left_out;
mod manual;
mod migration;
mod namespaces;
mod one_at_a_time;
mod options;
mod order;
mod parameters;
mod parent;
mod programs;
mod proxy;
mod prune;
mod races;
mod refused;
mod revision;
mod roles;
mod rooms;
mod rules;
mod sandbox;
mod saved_plans;
mod schemas;
mod scope;
mod secrets;
mod stored_forms;
mod sync;
mod teardown;
mod unverified;
mod waiting;
mod whose;
