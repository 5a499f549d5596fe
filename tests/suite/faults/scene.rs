//! What is synced while a fault happens: two commits, and all that is in the namespace after each.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::aim::Aim;
use crate::bed::{Bed, Run, config_map, deployment, secret, with_metadata};
use crate::proxy::Proxy;

/// Where each kind that is looked at is, below the namespace's path.
const KINDS: [(&str, &str); 5] = [
    ("/api/v1", "configmaps"),
    ("/api/v1", "secrets"),
    ("/api/v1", "pods"),
    ("/apis/apps/v1", "deployments"),
    ("/apis/coordination.k8s.io/v1", "leases"),
];

const MERGE_PATCH: &str = "application/merge-patch+json";

/// Objects by kind and name.
pub type State = BTreeMap<String, Value>;

/// A bed, a proxy whose requests go wrong as `aim` says, and the controller of its Deployments.
pub struct Scene {
    pub bed: Bed,
    pub aim: Arc<Aim>,
    pub proxy: Arc<Proxy>,
    pub first: String,
    pub second: String,
    is_over: Arc<AtomicBool>,
    controller: Option<JoinHandle<()>>,
}

impl Scene {
    /// From the first commit to the second a ConfigMap and a Secret are created, a Secret's value is generated,
    /// a ConfigMap is updated, an immutable one is replaced, a Deployment is rolled out, and two objects are pruned.
    pub fn new(name: &str) -> Scene {
        let bed = Bed::new(name);
        let fixed = |value: &str| {
            let allowed = with_metadata(
                &config_map("fixed", &[("a", value)]),
                "  annotations: {stackanetes.io/replace: allowed}\n",
            );
            allowed + "immutable: true\n"
        };
        bed.write("fixed.yaml", &fixed("1"));
        bed.write_config_map("same", &[("a", "1")]);
        bed.write_config_map("settings", &[("mode", "slow")]);
        bed.write("web.yaml", &deployment("web", 1, "one"));
        bed.write_config_map("dropped", &[("a", "1")]);
        bed.write("dropped-too.yaml", &secret("dropped-too"));
        let first = bed.commit("First");
        bed.write("fixed.yaml", &fixed("2"));
        bed.write_config_map("settings", &[("mode", "fast")]);
        bed.write("web.yaml", &deployment("web", 1, "two"));
        bed.write("created.yaml", &secret("created"));
        bed.write(
            "app/component.yaml",
            "secrets:\n  - name: made\n    generate: {password: {length: 40}}\n",
        );
        bed.remove("dropped.yaml");
        bed.remove("dropped-too.yaml");
        let second = bed.commit("Second");
        bed.kubectl(&["create", "configmap", "somebodys", "--from-literal=a=1"]);
        let aim = Arc::new(Aim::default());
        let rule = aim.clone();
        let proxy = Arc::new(Proxy::start(&bed.user, move |request| rule.at(request)));
        let is_over = Arc::new(AtomicBool::new(false));
        let controller = control(proxy.clone(), name.to_owned(), is_over.clone());
        Scene {
            bed,
            aim,
            proxy,
            first,
            second,
            is_over,
            controller: Some(controller),
        }
    }

    /// Goes back to the first commit. A generated value is kept by that, and made anew after this.
    pub fn go_back(&self) {
        self.sync(&self.first).exits(0);
        let made = format!("/api/v1/namespaces/{}/secrets/made", self.bed.namespace);
        // There may be none.
        self.proxy.ask("DELETE", &made, None);
    }

    /// Syncs undisturbed, and waits for whoever has the Lease.
    pub fn sync(&self, revision: &str) -> Run {
        self.expire();
        self.bed.run(&[
            "sync",
            "--yes",
            "--timeout",
            "60s",
            "--lock-timeout",
            "60s",
            "--revision",
            revision,
        ])
    }

    /// Syncs the second commit through the proxy; the run and how long it took.
    pub fn disturbed(&self, options: &[&str]) -> (Run, Duration) {
        let began = Instant::now();
        let args = [
            &["sync", "--yes", "--timeout", "20s", "--revision", &self.second],
            options,
        ]
        .concat();
        let run = self.bed.run_as(&self.proxy.kubeconfig, &args, "");
        (run, began.elapsed())
    }

    /// A Lease whose holder could not give it back expires soon.
    fn expire(&self) {
        let path = format!(
            "/apis/coordination.k8s.io/v1/namespaces/{0}/leases/stackanetes-{0}",
            self.bed.namespace
        );
        let soon = json!({"spec": {"leaseDurationSeconds": 1}}).to_string();
        // There may be none.
        self.proxy.ask("PATCH", &path, Some((MERGE_PATCH, &soon)));
    }

    /// Whether nobody has the Lease.
    pub fn is_free(&self) -> bool {
        let lease = format!("leases/stackanetes-{}", self.bed.namespace);
        let objects = self.objects();
        let holder = objects
            .get(&lease)
            .and_then(|lease| lease["spec"]["holderIdentity"].as_str());
        holder.is_none_or(str::is_empty)
    }

    /// Everything in the namespace.
    pub fn objects(&self) -> State {
        let namespace = &self.bed.namespace;
        let mut objects = State::new();
        for (root, plural) in KINDS {
            let list = self
                .proxy
                .ask("GET", &format!("{root}/namespaces/{namespace}/{plural}"), None);
            for object in list["items"].as_array().expect("a list") {
                let name = object["metadata"]["name"].as_str().expect("a name");
                objects.insert(format!("{plural}/{name}"), object.clone());
            }
        }
        objects.remove("configmaps/kube-root-ca.crt");
        objects
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(controller) = self.controller.take() {
            let _ = controller.join();
        }
        let _ = fs::remove_file(&self.proxy.kubeconfig);
    }
}

/// Makes the Deployments of a namespace ready, as their controller would.
fn control(proxy: Arc<Proxy>, namespace: String, is_over: Arc<AtomicBool>) -> JoinHandle<()> {
    thread::spawn(move || {
        let path = format!("/apis/apps/v1/namespaces/{namespace}/deployments");
        while !is_over.load(Ordering::Relaxed) {
            let list = proxy.ask("GET", &path, None);
            for deployment in list["items"].as_array().into_iter().flatten() {
                let generation = &deployment["metadata"]["generation"];
                if deployment["status"]["observedGeneration"] != *generation {
                    let status = json!({"status": {
                        "observedGeneration": generation,
                        "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1,
                        "conditions": [{"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable"}],
                    }});
                    let name = deployment["metadata"]["name"].as_str().expect("a name");
                    let status = status.to_string();
                    proxy.ask("PATCH", &format!("{path}/{name}/status"), Some((MERGE_PATCH, &status)));
                }
            }
            thread::sleep(Duration::from_millis(200));
        }
    })
}

/// What two syncs of the same commit leave alike: all but when, by whom, in which version, and what is random.
pub fn alike(objects: &State) -> State {
    // Who has the Lease, and whether there is one yet, is not part of what is synced.
    let synced = objects.iter().filter(|(key, _)| !key.starts_with("leases/"));
    synced.map(|(key, object)| (key.clone(), normal(key, object))).collect()
}

fn normal(key: &str, object: &Value) -> Value {
    let mut object = object.clone();
    let is_ours = key != "configmaps/somebodys";
    let metadata = object["metadata"].as_object_mut().expect("an object has metadata");
    if is_ours {
        for which in ["uid", "resourceVersion", "creationTimestamp", "generation"] {
            metadata.remove(which);
        }
        let managers = metadata.get_mut("managedFields").and_then(Value::as_array_mut);
        for entry in managers.into_iter().flatten() {
            entry["time"] = Value::Null;
        }
    }
    if key == "secrets/made" {
        let password = object["data"]["password"].as_str().unwrap_or_default().len();
        object["data"]["password"] = password.into();
    }
    if let Some(status) = object.get_mut("status").and_then(Value::as_object_mut) {
        status.remove("observedGeneration");
    }
    if let Some(data) = object["data"]
        .as_object_mut()
        .filter(|data| data.contains_key("attempted"))
    {
        for record in ["attempted", "completed"] {
            let text = data[record].as_str().expect("a record");
            let record_of: Value = serde_json::from_str(text).expect("JSON");
            data.insert(record.to_owned(), record_of["revision"].clone());
        }
        data.remove("history");
    }
    object
}
