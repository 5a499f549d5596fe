//! A declarative GitOps diff-and-sync engine for Kubernetes.
//!
//! Data flows one way, and everything between reading and acting is pure:
//!
//! 1. [`source`] reads the desired state: a directory, or standard input, into objects whose every
//!    field knows where it was written ([`place`]).
//! 2. [`observe`] gathers, through the one trait [`cluster::Cluster`], what the cluster has and what
//!    it answers to a dry-run.
//!    [`history`] adds what the directory said, for what differs, when it was last applied.
//! 3. [`mod@compare`] compares one object, and [`mod@plan`] decides what becomes of it. No I/O, no clock.
//! 4. [`view`] turns the plan into text, and [`execute`] carries it out, telling of it in events.
//!
//! Under these lies server-side apply as a library of its own, with neither I/O nor a clock either:
//! [`schema`] says how each kind is merged, [`field`] who owns what, [`merge`] does it, and
//! [`canonical`] tells whether two values mean the same. [`predict`] puts them together: what an API
//! server that cannot be asked would answer to an apply.
//!
//! A [`cluster`] is an API server, or a directory that behaves as one: the sandbox, made of the same.
//!
//! Only [`cluster`] knows the Kubernetes client, and only [`ui`] prints.

pub mod canonical;
pub mod check;
pub mod cli;
pub mod cluster;
pub mod compare;
pub mod error;
pub mod execute;
pub mod field;
pub mod finalizer;
pub mod generate;
mod glob;
pub mod health;
pub mod history;
pub mod inventory;
pub mod jobs;
pub mod journal;
pub mod key;
pub mod merge;
pub mod migrate;
mod nearest;
pub mod object;
pub mod observe;
pub mod options;
pub mod order;
pub mod parameters;
pub mod place;
pub mod plan;
mod pods;
pub mod predict;
pub mod render;
pub mod report;
pub mod roles;
pub mod rollout;
pub mod rules;
pub mod schema;
pub mod selection;
pub mod snapshot;
pub mod source;
#[cfg(test)]
mod testing;
pub mod ui;
pub mod view;
pub mod yaml;
