//! What is known of particular kinds: health, pods, Jobs, rollouts, generated Secrets, finalizers,
//! CustomResourceDefinitions, namespaces that are going, fields that exclude each other, disruption budgets, network
//! policies, what an object needs besides.

pub mod brought;
pub mod definition;
pub mod disruption;
pub mod finalizer;
pub mod generate;
pub mod health;
pub mod jobs;
pub mod keeper;
pub(crate) mod pods;
pub mod prerequisites;
pub mod privilege;
pub mod rollout;
pub mod termination;
pub mod traffic;
pub mod unions;
pub mod versions;
