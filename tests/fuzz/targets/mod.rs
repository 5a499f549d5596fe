//! What is fuzzed: everything that reads what others wrote.
//!
//! A target takes any bytes, and fails by panicking. Most do more than read: what was read is written and read again,
//! merged, checked, and shown, and what has to hold of that is asserted. A text that no target can make sense of is
//! simply refused by the product, as it would be for a person.

mod answers;
mod definitions;
mod directory;
mod documents;
mod expressions;
mod fields;
mod git;
mod kubeconfig;
mod merge;
mod open_api;
mod options;
mod parts;
mod plan;
mod quantities;
mod selectors;
mod shown;
mod sops;
mod templates;

/// Something that reads what others wrote.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name, which its folder below `fixtures/fuzz` has too.
    pub name: &'static str,
    /// Reads an input, whatever it is.
    pub run: fn(&[u8]),
}

/// All of them.
pub const TARGETS: [Target; 16] = [
    target("answers", answers::run),
    target("definitions", definitions::run),
    target("directory", directory::run),
    target("documents", documents::run),
    target("expressions", expressions::run),
    target("fields", fields::run),
    target("git", git::run),
    target("kubeconfig", kubeconfig::run),
    target("merge", merge::run),
    target("open-api", open_api::run),
    target("options", options::run),
    target("plan", plan::run),
    target("quantities", quantities::run),
    target("selectors", selectors::run),
    target("sops", sops::run),
    target("templates", templates::run),
];

const fn target(name: &'static str, run: fn(&[u8])) -> Target {
    Target { name, run }
}
