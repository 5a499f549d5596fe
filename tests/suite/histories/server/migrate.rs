//! What a storage version migrator does, so that a version can be taken out of a definition.

use serde_json::{Value, json};

use super::{JSON, MERGE, Server};

impl Server {
    /// Rewrites every Gadget, so that it is stored in the version that is stored now, and takes the other versions off
    /// the definition's list of those that objects may be stored in. Whether there was a definition.
    pub(super) async fn migrate(&self) -> bool {
        let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        let definition = format!("{definitions}/gadgets.{}.example.net", self.name);
        let below = format!("{definition}/status");
        let Some(before) = self.get(&definition).await else {
            return false;
        };
        let versions = before["spec"]["versions"].as_array().into_iter().flatten();
        let stored: Vec<&Value> = versions
            .filter(|version| version["storage"] == true)
            .map(|version| &version["name"])
            .collect();
        if !self.rewrite_gadgets().await {
            return false;
        }
        let status = json!({"status": {"storedVersions": stored}});
        self.ask("PATCH", &below, MERGE, &status).await.is_some()
    }

    /// Writes every Gadget back as it is. Whether all were written.
    async fn rewrite_gadgets(&self) -> bool {
        let root = format!("/apis/{}", self.version_of_gadgets().await);
        let listed = self.get(&format!("{root}/gadgets")).await;
        let items = listed.and_then(|mut listed| listed["items"].as_array_mut().map(std::mem::take));
        for gadget in items.unwrap_or_default() {
            let text = |name: &str| gadget["metadata"][name].as_str().unwrap_or_default().to_owned();
            let path = format!("{root}/namespaces/{}/gadgets/{}", text("namespace"), text("name"));
            if self.ask("PUT", &path, JSON, &gadget).await.is_none() {
                return false;
            }
        }
        true
    }
}
