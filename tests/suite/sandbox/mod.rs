//! The sandbox: what it claims of a cluster, what a person does with it, and snapshots.

mod agree;
mod both;
mod commands;
mod snapshot;
