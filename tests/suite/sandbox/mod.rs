//! The sandbox: what it claims of a cluster, what a person does with it, and snapshots.

mod agree;
mod alike;
mod both;
mod commands;
mod desired;
mod snapshot;

pub use commands::{Desk, files};
pub use desired::{it_is_the_same_in_a_sandbox, it_is_the_same_in_a_snapshot};
