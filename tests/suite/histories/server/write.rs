//! What others write.

use std::time::Duration;

use serde_json::{Value, json};

use super::{JSON, MERGE, Server};
use crate::histories::step::{Id, Other, Write};

/// The content of a strategic merge patch.
const STRATEGIC: &str = "application/strategic-merge-patch+json";

impl Server {
    /// Writes as somebody else. Whether the API server let them.
    pub async fn write(&self, other: &Other) -> bool {
        let id = &other.object;
        let Some((path, version)) = self.place(id).await else {
            return false;
        };
        let by = format!("fieldManager={}", other.manager);
        let patch = |below: &str| format!("{path}{below}?{by}");
        let done = match &other.write {
            Write::Delete => return self.delete(&path).await,
            Write::Migrate => return self.migrate().await,
            Write::Apply { fields, force } => {
                let fields = identified(id, &version, fields);
                let uri = format!("{path}?{by}&force={force}");
                // An apply would make an object that is not there.
                if self.get(&path).await.is_none() {
                    return false;
                }
                self.ask("PATCH", &uri, "application/apply-patch+yaml", &fields).await
            }
            Write::Patch {
                patch: change,
                subresource,
            } => {
                let below = Some(subresource).filter(|name| !name.is_empty());
                let below = below.map(|name| format!("/{name}")).unwrap_or_default();
                self.ask("PATCH", &patch(&below), MERGE, change).await
            }
            Write::Strategic { patch: change } => self.ask("PATCH", &patch(""), STRATEGIC, change).await,
            Write::Update { patch: change } => {
                let Some(mut object) = self.get(&path).await else {
                    return false;
                };
                json_patch::merge(&mut object, change);
                self.ask("PUT", &patch(""), JSON, &object).await
            }
            Write::Forget => {
                let nothing = json!({"metadata": {"managedFields": [{}]}});
                self.ask("PATCH", &patch(""), MERGE, &nothing).await
            }
            Write::Create { object } => {
                let (collection, _) = path.rsplit_once('/').expect("a path has a name");
                self.ask("POST", &format!("{collection}?{by}"), JSON, object).await
            }
            Write::Join => {
                let Some(set) = self.set().await else {
                    return false;
                };
                let label = json!({"metadata": {"labels": {"applyset.kubernetes.io/part-of": set}}});
                self.ask("PATCH", &patch(""), MERGE, &label).await
            }
        };
        done.is_some()
    }

    /// Deletes an object, and waits until it is gone.
    async fn delete(&self, path: &str) -> bool {
        let uid = |object: Option<Value>| object.map(|object| object["metadata"]["uid"].clone());
        let before = uid(self.get(path).await);
        let done = self.ask("DELETE", path, JSON, &Value::Null).await.is_some();
        for _ in 0..500 {
            let now = uid(self.get(path).await);
            if now.is_none() || now != before {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        done
    }
}

/// These fields with what identifies the object.
fn identified(id: &Id, version: &str, fields: &Value) -> Value {
    let mut object = json!({"apiVersion": version, "kind": id.kind, "metadata": {"name": id.name}});
    json_patch::merge(&mut object, fields);
    object
}
