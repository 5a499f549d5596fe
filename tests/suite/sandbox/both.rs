//! The same requests to a real API server and to a sandbox, and whether they come to the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stackanetes::cluster::{
    Apply, Cluster, ClusterError, Connection, Deletion, Failure, Force, Kubernetes, Persist, Propagation, Resource,
    Sandbox,
};
use stackanetes::object::{GroupVersionKind, LiveObject, ObjectRef};

use super::alike::{alike, same_live};
use crate::control_plane::ControlPlane;

/// Which object a request says that it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// Whichever there is.
    Any,
    /// The one that is there, in its latest version; of one that is gone, as it was last.
    Latest,
    /// The one that is there, in another version.
    Stale,
    /// Another one, in the latest version.
    Other,
    /// A version of whichever there is, and no UID.
    Version(&'static str),
}

/// One request.
#[derive(Debug, Clone)]
pub enum Call {
    Apply {
        by: &'static str,
        object: Value,
        force: Force,
        persist: Persist,
        means: Means,
    },
    Create(Value),
    Replace(Value, Means),
    Delete(Value, Propagation, Means),
}

impl Call {
    pub fn apply(by: &'static str, object: Value) -> Self {
        Self::Apply {
            by,
            object,
            force: Force::Yield,
            persist: Persist::Stored,
            means: Means::Any,
        }
    }

    pub fn forced(by: &'static str, object: Value) -> Self {
        Self::apply(by, object).with(|_, force, _| *force = Force::Take)
    }

    pub fn dry_run(self) -> Self {
        self.with(|persist, _, _| *persist = Persist::DryRun)
    }

    pub fn means(self, meant: Means) -> Self {
        self.with(|_, _, means| *means = meant)
    }

    fn with(mut self, change: impl Fn(&mut Persist, &mut Force, &mut Means)) -> Self {
        if let Self::Apply {
            persist, force, means, ..
        } = &mut self
        {
            change(persist, force, means);
        }
        self
    }

    fn object(&self) -> &Value {
        match self {
            Self::Apply { object, .. } | Self::Create(object) | Self::Replace(object, _) | Self::Delete(object, ..) => {
                object
            }
        }
    }
}

/// What came of it.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) result: Result<Option<LiveObject>, ClusterError>,
    /// Whether the server said that it created it.
    pub(super) created: Option<bool>,
    /// Whether the version of the object that is there changed.
    pub(super) moved: bool,
}

/// One of the two clusters.
struct Side {
    cluster: Box<dyn Cluster>,
    /// The last that was seen of each object.
    seen: Vec<LiveObject>,
}

/// Both.
pub struct Both {
    runtime: tokio::runtime::Runtime,
    real: Side,
    sandbox: Side,
    pub namespace: String,
    root: PathBuf,
}

impl Both {
    /// With a namespace that is there in both.
    pub fn new(name: &str) -> Self {
        let plane = ControlPlane::bare();
        let connection = Connection {
            kubeconfig: Some(plane.admin().kubeconfig),
            ..Connection::default()
        };
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-both-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        let real = runtime
            .block_on(Kubernetes::connect(&connection))
            .expect("a connection");
        let side = |cluster: Box<dyn Cluster>| Side {
            cluster,
            seen: Vec::new(),
        };
        let mut both = Self {
            real: side(Box::new(real)),
            sandbox: side(Box::new(Sandbox::open(&root).expect("a new sandbox"))),
            runtime,
            namespace: name.to_owned(),
            root,
        };
        both.same(Call::apply(
            "tester",
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}),
        ));
        both
    }

    /// Does the same on both sides, and expects the same of it.
    #[track_caller]
    pub fn same(&mut self, call: Call) {
        let call = self.in_namespace(call);
        let real = self.runtime.block_on(self.real.call(&call));
        let sandbox = self.runtime.block_on(self.sandbox.call(&call));
        if let Err(why) = alike(&real, &sandbox) {
            panic!("{why}\n{call:?}\nreal    {real:?}\nsandbox {sandbox:?}");
        }
        let object = call.object().clone();
        self.same_state(&object);
    }

    /// Does the same on both sides, and expects that it comes to the same in the end: controllers of the
    /// real one may be quicker than the next request, or slower.
    #[track_caller]
    pub fn eventually(&mut self, call: Call) {
        let call = self.in_namespace(call);
        for side in [&mut self.real, &mut self.sandbox] {
            let outcome = self.runtime.block_on(side.call(&call));
            assert!(outcome.result.is_ok(), "{call:#?}\n{outcome:#?}");
        }
        let object = call.object().clone();
        self.same_state(&object);
    }

    /// Does it, and expects that both refuse it so.
    #[track_caller]
    pub fn refused(&mut self, failure: Failure, call: Call) {
        let object = self.in_namespace(call.clone());
        let answered = self.runtime.block_on(self.real.call(&object));
        assert_eq!(
            answered.result.as_ref().err().map(|error| &error.failure),
            Some(&failure),
            "{call:?}\n{answered:?}"
        );
        self.same(call);
    }

    /// Expects that an object comes to be the same on both sides, or to be on neither.
    #[track_caller]
    pub fn same_state(&mut self, object: &Value) {
        let object = self.in_namespace(Call::Create(object.clone())).object().clone();
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let real = self.runtime.block_on(self.real.look(&object));
            let sandbox = self.runtime.block_on(self.sandbox.look(&object));
            let Err(why) = same_live(real.as_ref(), sandbox.as_ref()) else {
                return;
            };
            // Controllers of the real one take their time.
            assert!(
                Instant::now() < deadline,
                "{why}\nreal    {real:?}\nsandbox {sandbox:?}"
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Whether the object is there, on both sides.
    pub fn is_there(&mut self, object: &Value) -> bool {
        let object = self.in_namespace(Call::Create(object.clone())).object().clone();
        self.runtime.block_on(self.sandbox.look(&object)).is_some()
    }

    /// Waits until both serve a kind, or do not any more.
    pub fn serves(&self, api_version: &str, kind: &str, expected: bool) {
        let gvk = GroupVersionKind::new(api_version, kind);
        let deadline = Instant::now() + Duration::from_secs(60);
        for side in [&self.real, &self.sandbox] {
            while self.runtime.block_on(side.resource(&gvk)).is_some() != expected {
                assert!(Instant::now() < deadline, "{gvk}: {expected}");
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    }

    /// Both, with the runtime to ask them.
    pub fn sides(&self) -> (&tokio::runtime::Runtime, [&dyn Cluster; 2]) {
        (&self.runtime, [&*self.real.cluster, &*self.sandbox.cluster])
    }

    fn in_namespace(&self, mut call: Call) -> Call {
        let (Call::Apply { object, .. } | Call::Create(object) | Call::Replace(object, _) | Call::Delete(object, ..)) =
            &mut call;
        let kind = object["kind"].as_str().unwrap_or_default();
        let is_namespaced = !kind.starts_with("Cluster") && !matches!(kind, "Namespace" | "CustomResourceDefinition");
        if is_namespaced && object["metadata"].get("namespace").is_none() {
            object["metadata"]["namespace"] = self.namespace.clone().into();
        }
        call
    }
}

impl Drop for Both {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.root);
        }
    }
}

impl Side {
    async fn resource(&self, gvk: &GroupVersionKind) -> Option<Resource> {
        let discovery = self.cluster.discover().await.expect("an answer");
        discovery.resource(gvk).cloned()
    }

    async fn call(&mut self, call: &Call) -> Outcome {
        let mut object = call.object().clone();
        let reference = LiveObject::new(object.clone()).reference();
        let gvk = GroupVersionKind::new(
            object["apiVersion"].as_str().expect("text"),
            object["kind"].as_str().expect("text"),
        );
        // One that is not served is asked for all the same.
        let resource = self.resource(&gvk).await.unwrap_or_else(|| Resource {
            plural: format!("{}s", gvk.group_kind.kind.to_lowercase()).into(),
            gvk,
            namespaced: reference.namespace.is_some(),
            listable: true,
        });
        self.name_owners(&mut object);
        let before = self.look(&object).await;
        let known = self.seen.iter().rfind(|seen| seen.reference() == reference).cloned();
        let (uid, version) = known.map_or_else(
            || ("00000000-0000-4000-8000-000000000000".to_owned(), "1".to_owned()),
            |live| (live.uid().to_owned(), live.resource_version().to_owned()),
        );
        let identity = |means: Means| match means {
            Means::Any => (None, None),
            Means::Latest => (Some(uid.clone()), Some(version.clone())),
            Means::Stale => (Some(uid.clone()), Some("1".to_owned())),
            Means::Other => (
                Some("11111111-1111-4111-8111-111111111111".to_owned()),
                Some(version.clone()),
            ),
            Means::Version(version) => (None, Some(version.to_owned())),
        };
        let mut bind = |means: Means| {
            let (uid, version) = identity(means);
            for (name, value) in [("uid", uid), ("resourceVersion", version)] {
                if let Some(value) = value {
                    object["metadata"][name] = value.into();
                }
            }
        };
        let mut created = None;
        let result = match call {
            Call::Apply {
                by,
                force,
                persist,
                means,
                ..
            } => {
                bind(*means);
                let apply = Apply {
                    object: &object,
                    reference: &reference,
                    field_manager: by,
                    force: *force,
                    persist: *persist,
                };
                let answer = self.cluster.apply(&resource, &apply).await;
                answer.map(|answer| {
                    created = Some(answer.created);
                    Some(answer.object)
                })
            }
            Call::Create(_) => self.cluster.create(&resource, &object, "creator").await.map(Some),
            Call::Replace(_, means) => {
                bind(*means);
                self.cluster.replace(&resource, &object, "replacer").await.map(Some)
            }
            Call::Delete(_, propagation, means) => {
                let (uid, version) = identity(*means);
                let deletion = Deletion {
                    reference: &reference,
                    uid: &uid.unwrap_or_default(),
                    resource_version: &version.unwrap_or_default(),
                    propagation: *propagation,
                };
                self.cluster.delete(&resource, &deletion).await.map(|()| None)
            }
        };
        let after = self.look(&object).await;
        let version = |live: &Option<LiveObject>| live.as_ref().map(|live| live.resource_version().to_owned());
        Outcome {
            result,
            created,
            moved: version(&before) != version(&after) && after.is_some(),
        }
    }

    /// Writes the UIDs of owners where their names stand: `uid of NAME`.
    fn name_owners(&self, object: &mut Value) {
        let owners = object
            .pointer_mut("/metadata/ownerReferences")
            .and_then(Value::as_array_mut);
        for owner in owners.into_iter().flatten() {
            let seen = self
                .seen
                .iter()
                .rfind(|seen| seen.reference().name.as_str() == owner["name"]);
            owner["uid"] = seen.expect("an owner that was made before").uid().into();
        }
    }

    /// The object as it is.
    async fn look(&mut self, object: &Value) -> Option<LiveObject> {
        let reference: ObjectRef = LiveObject::new(object.clone()).reference();
        let gvk = GroupVersionKind::new(object["apiVersion"].as_str()?, object["kind"].as_str()?);
        let resource = self.resource(&gvk).await?;
        let live = self.cluster.get(&resource, &reference).await.ok()??;
        self.seen.retain(|seen| seen.reference() != reference);
        self.seen.push(live.clone());
        Some(live)
    }
}
