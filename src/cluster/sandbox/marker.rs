//! The file that makes a directory a sandbox.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::diagnostic::error::Error;
use crate::diagnostic::place::SourceFile;
use crate::yaml;

/// Its name.
pub(super) const MARKER: &str = "sandbox.yaml";

/// The form of the files that this program reads and writes.
const FORM: u64 = 1;

/// The content of the marker file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Marker {
    /// The latest version of any object.
    pub(super) resource_version: u64,
    /// Of which cluster, if of any, the objects were recorded.
    pub(super) snapshot: Option<Snapshot>,
}

/// What a snapshot is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The cluster, as a person knows it.
    pub cluster: String,
    /// The version of its API server.
    pub server: String,
    /// When it was taken (RFC 3339).
    pub time: String,
    /// The kinds (`Kind.group`) that could not be listed: what there was of them is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<String>,
}

impl Default for Marker {
    fn default() -> Self {
        Self {
            // The first objects have this one.
            resource_version: 1,
            snapshot: None,
        }
    }
}

impl Marker {
    /// Reads the file called `path`.
    pub(super) fn read(path: &str, text: &str) -> Result<Self, Error> {
        let file = SourceFile::new(path, text);
        let mut errors = Vec::new();
        let documents = yaml::documents(&file, &mut errors);
        if let Some(error) = errors.into_iter().next() {
            return Err(error);
        }
        let value = documents.into_iter().next().map(|document| document.root.into_value());
        let value = value.unwrap_or_default();
        let number = |key: &str| value.get(key).and_then(Value::as_u64);
        let wrong = |why: String| Error::new(format!("{path}: {why}"));
        match number("sandbox") {
            Some(FORM) => {}
            Some(form) => {
                return Err(wrong(format!(
                    "it is a sandbox of form {form}, and this program knows form {FORM}"
                )));
            }
            None => return Err(wrong("it is not the `sandbox.yaml` of a sandbox".to_owned())),
        }
        let resource_version =
            number("resourceVersion").ok_or_else(|| wrong("resourceVersion must be a number".to_owned()))?;
        let snapshot = match value.get("snapshot") {
            None => None,
            Some(snapshot) => {
                Some(serde_json::from_value(snapshot.clone()).map_err(|error| wrong(format!("snapshot: {error}")))?)
            }
        };
        Ok(Self {
            resource_version,
            snapshot,
        })
    }

    /// The text of the file.
    pub(super) fn text(&self) -> String {
        let mut value = json!({"sandbox": FORM, "resourceVersion": self.resource_version});
        if let Some(snapshot) = &self.snapshot {
            value["snapshot"] = json!(snapshot);
        }
        format!(
            "# A cluster in files: each object is in NAMESPACE/RESOURCE/NAME.yaml.\n{}",
            yaml::written(&value)
        )
    }

    /// What git is to leave aside: what is for one machine alone, and Secrets that hold their values.
    pub(super) fn git_ignored(&self, lock: &str, new: &str) -> String {
        let text = format!("/{lock}\n/{new}\n");
        match self.snapshot {
            Some(_) => text,
            None => text + "# They hold their values, in the clear.\n/*/secrets/\n",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_back_and_refuses_what_it_does_not_know() {
        let marker = Marker {
            resource_version: 42,
            snapshot: Some(Snapshot {
                cluster: "prod".into(),
                server: "v1.37.2".into(),
                time: "2026-01-01T00:00:00Z".into(),
                hidden: vec!["Secret".into()],
            }),
        };
        assert_eq!(Marker::read("x", &marker.text()).ok(), Some(marker));
        assert_eq!(
            Marker::read("x", &Marker::default().text()).ok(),
            Some(Marker::default())
        );
        for (text, why) in [
            ("sandbox: 2\nresourceVersion: 1\n", "form 2"),
            ("name: a\n", "not the"),
            ("sandbox: 1\n", "resourceVersion"),
        ] {
            let error = Marker::read("x", text).expect_err("it is refused").to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
