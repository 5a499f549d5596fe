//! YAML and JSON text, read into values that keep where everything stands; and written.
//!
//! Scalars mean what they mean to kubectl (see [`Scalar`]), so that a manifest applied by either
//! is the same object. Nothing here knows what a manifest is.
//!
//! ```
//! use stackanetes::diagnostic::place::SourceFile;
//! use stackanetes::yaml;
//!
//! let file = SourceFile::new("a.yaml", "mode: 0644\nports: [80, 443]\n");
//! let mut errors = Vec::new();
//! let documents = yaml::documents(&file, &mut errors);
//! assert!(errors.is_empty());
//! assert_eq!(documents[0].root.to_value(), serde_json::json!({"mode": 420, "ports": [80, 443]}));
//! ```

mod build;
mod explain;
mod json;
mod mapping;
mod node;
mod parse;
#[cfg(test)]
mod properties;
mod resolve;
mod write;

pub use node::{Entry, Node, NodeValue, Tree, are, position};
pub use parse::{Document, document_at, documents};
pub use resolve::{Scalar, ScalarError};
pub use write::written;

/// How deeply collections may be nested; `serde_json` reads back 128 levels.
const MAX_DEPTH: usize = 120;
