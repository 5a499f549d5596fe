//! Where an object lies: `NAMESPACE/RESOURCE/NAME.yaml`, below the sandbox's directory.

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::cluster::Resource;

/// In place of a namespace, for what has none. No namespace can have this name.
pub(super) const CLUSTER: &str = "_cluster";

/// The longest name that stands whole in a file name; file systems take 255 bytes.
const LONGEST: usize = 200;

/// The folder of a kind: `configmaps`, `deployments.apps`.
pub(super) fn folder(resource: &Resource) -> String {
    match resource.gvk.group_kind.group.as_str() {
        "" => escaped(&resource.plural),
        group => escaped(&format!("{}.{group}", resource.plural)),
    }
}

/// The file of an object, from the sandbox's directory on.
pub(super) fn file(resource: &Resource, namespace: Option<&str>, name: &str) -> PathBuf {
    let namespace = namespace.filter(|_| resource.namespaced);
    let directory = namespace.map_or_else(|| CLUSTER.to_owned(), escaped);
    Path::new(&directory)
        .join(folder(resource))
        .join(format!("{}.yaml", escaped(name)))
}

/// A name as a file name. What a file system may not take, or not tell apart, becomes `%` and a number:
/// capitals, `:` as RBAC has it, a dot at the beginning. Of a long name, the end becomes a digest.
pub(super) fn escaped(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for (index, byte) in name.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' => escaped.push(char::from(byte)),
            b'.' | b'_' if index > 0 => escaped.push(char::from(byte)),
            _ => escaped += &format!("%{byte:02x}"),
        }
    }
    if escaped.len() > LONGEST {
        escaped.truncate(LONGEST);
        escaped.push('~');
        let digest = Sha256::digest(name);
        let hex: Vec<_> = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        escaped += &hex.concat();
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::GroupVersionKind;

    #[test]
    fn names_are_safe_and_told_apart() {
        assert_eq!(escaped("web-1.example"), "web-1.example");
        assert_eq!(escaped("system:Node"), "system%3a%4eode");
        assert_eq!(escaped("../x"), "%2e.%2fx");
        let long = |last: char| escaped(&format!("{}{last}", "a".repeat(252)));
        assert!(long('b').len() < 230 && long('b') != long('c'));
    }

    #[test]
    fn what_has_no_namespace_lies_aside() {
        let mut resource = Resource {
            gvk: GroupVersionKind::new("apps/v1", "Deployment"),
            plural: "deployments".into(),
            namespaced: true,
            listable: true,
        };
        assert_eq!(
            file(&resource, Some("a"), "web"),
            Path::new("a/deployments.apps/web.yaml")
        );
        resource.namespaced = false;
        assert_eq!(
            file(&resource, Some("a"), "web"),
            Path::new("_cluster/deployments.apps/web.yaml")
        );
    }
}
