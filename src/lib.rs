//! A declarative GitOps diff-and-sync engine for Kubernetes.
//!
//! Data flows one way: [`source`] reads the desired state, [`observe`] asks the cluster, [`mod@plan`]
//! decides, [`view`] shows, and [`execute`] acts. Everything between reading and acting is pure.
//!
//! # Rooms
//!
//! From the highest to the lowest; a room uses only rooms below it. `tests/suite/rooms.rs` reads this
//! list and the imports, and fails when they disagree.
//!
//! 1. [`cli`]: the command line, a command a file; its [`cli::ui`] alone prints.
//! 2. [`view`]: plans, reports and histories as text, Markdown, HTML and JSON.
//! 3. [`execute`]: carries a plan out, and tells of it in events.
//! 4. [`roles`]: the rights that a diff and a sync need.
//! 5. [`observe`]: asks the cluster, and git's past, for all that a plan is made of.
//! 6. [`check`]: finds mistakes in manifests without a cluster.
//! 7. [`mod@plan`]: compares objects, and decides what becomes of each and in which order.
//! 8. [`source`]: reads git and directories: parameters, templates, components, programs, rules.
//! 9. [`cluster`]: an API server, or the sandbox: a directory that behaves as one.
//! 10. [`ssa`]: server-side apply as a library: schemas, merging, canonical values.
//! 11. [`kinds`]: what is known of particular kinds: health, pods, Jobs, rollouts, definitions.
//! 12. [`applyset`]: the ApplySet: its parent, its records, its members, its digest key.
//! 13. [`sops`]: files that SOPS encrypted, decrypted in memory.
//! 14. [`yaml`]: YAML with the place of every value.
//! 15. [`object`]: Kubernetes objects, their fields, and what selects them.
//! 16. [`diagnostic`]: errors that point into files, and the nearest right name.
//! 17. [`manual`]: the manual's chapters, as `stackanetes help` prints them.
//!
//! Only [`cluster`] names the Kubernetes client, and it does not read what [`applyset`] notes.
//!
//! Without I/O, clock or async are [`view`], [`check`], [`mod@plan`], [`kinds`], [`ssa`], [`applyset`], [`sops`],
//! [`yaml`], [`object`], [`diagnostic`], and of [`source`] its `parameters`, `render` and `rules`.

pub mod applyset;
pub mod check;
pub mod cli;
pub mod cluster;
pub mod diagnostic;
pub mod execute;
pub mod kinds;
pub mod manual;
pub mod object;
pub mod observe;
pub mod plan;
pub mod roles;
pub mod sops;
pub mod source;
pub mod ssa;
#[cfg(test)]
mod testing;
pub mod view;
pub mod yaml;
