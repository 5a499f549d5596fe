//! Roles as YAML.

use serde_json::Value;

use crate::yaml;

/// The objects that give rights, one document each, with what to do with them above.
pub fn roles(objects: &[Value]) -> String {
    let documents: Vec<String> = objects.iter().map(yaml::written).collect();
    format!(
        "# To be applied by somebody who has these rights: kubectl apply --server-side -f -\n{}",
        documents.join("---\n")
    )
}
