//! What a user is told who may only read, next to what one is told whom the API server answers.
//!
//! The sequences run against the API server. Every now and then both users ask what an apply of what the
//! first applier wants next would do, by the same code as the command. `PREVIEW_SEQUENCES=2000` runs that
//! many, and `MERGE_SEED=17` one.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::StreamExt as _;
use serde_json::Value;
use stackanetes::applyset::inventory;
use stackanetes::cluster::{Apply, Cluster, Connection, Discovery, Force, Kubernetes, Persist, Resource};
use stackanetes::diagnostic::place::{Origin, Place, Role, SourceFile};
use stackanetes::object::field::{FieldPath, ManagedFields};
use stackanetes::object::selection::Selection;
use stackanetes::object::{DesiredObject, GroupVersionKind, LiveObject, Origins};
use stackanetes::observe::{self, Query};
use stackanetes::plan::compare::{self, FieldChange};
use stackanetes::plan::{self, Adoption, Answered, Decision, Observation, Past, Policy, Step, Unverified};
use stackanetes::ssa::predict;
use stackanetes::ssa::schema::Schema;
use stackanetes::yaml;

use super::agree::owners;
use super::sequence::{APPLIERS, Sequence};
use super::server::Server;
use super::{AT_ONCE, prepare, subjects};
use crate::control_plane::{ControlPlane, Rule, User};

const SEQUENCES: u64 = 126;
const NAMESPACE: &str = "preview";
/// How often both are asked in a sequence, and how many writes are between.
const ROUNDS: usize = 3;
const WRITES: usize = 3;

/// An object that nobody wrote down.
#[derive(Debug)]
struct Nowhere;

impl Origins for Nowhere {
    fn of(&self, _path: &FieldPath) -> Vec<Origin> {
        vec![Origin {
            role: Role::Manifest,
            place: Place::new(SourceFile::new("nowhere.yaml", " "), 0..1),
        }]
    }
}

fn desired(value: Value) -> DesiredObject {
    let api_version = value["apiVersion"].as_str().expect("a version");
    let kind = value["kind"].as_str().expect("a kind");
    DesiredObject {
        reference: LiveObject::new(value.clone()).reference(),
        version: GroupVersionKind::new(api_version, kind).version,
        origins: Arc::new(Nowhere),
        generate: Vec::new(),
        inputs: None,
        rules: Vec::new(),
        ignored_namespace: None,
        repeated: Vec::new(),
        value,
    }
}

async fn connect(user: &User) -> Kubernetes {
    let connection = Connection {
        kubeconfig: Some(user.kubeconfig.clone()),
        ..Connection::default()
    };
    Kubernetes::connect(&connection).await.expect("a cluster")
}

/// Both users, and what they ask.
struct Preview {
    admin: Kubernetes,
    reader: Kubernetes,
    schema: Schema,
    discovery: Discovery,
    query: Query,
}

impl Preview {
    async fn new(plane: &ControlPlane) -> Self {
        let reader = plane.user(&[Rule {
            groups: &["*"],
            resources: &["*"],
            verbs: &["get", "list"],
        }]);
        let reader = connect(&reader).await;
        let custom = [("v1", "Gadget"), ("v1beta1", "Gadget"), ("v1", "Loose")];
        let custom = custom.map(|(version, kind)| GroupVersionKind::new(&format!("example.com/{version}"), kind));
        let mut schema = Schema::bundled().clone();
        // As the command does for definitions that are somebody else's.
        schema.extend(reader.schema(&custom.into()).await.expect("the server's schema"));
        Self {
            admin: connect(&plane.admin()).await,
            discovery: reader.discover().await.expect("the server's kinds"),
            reader,
            schema,
            query: Query {
                set: None,
                namespace: NAMESPACE.to_owned(),
                revision: None,
                selection: Selection::default(),
                rollouts: false,
                verify: true,
                rules: Vec::new(),
                migrate: Vec::new(),
                policy: Policy {
                    field_manager: APPLIERS[0].to_owned(),
                    adoption: Adoption::All,
                    ..Policy::default()
                },
                closed: None,
                secret_defaults: Vec::new(),
                findings: Vec::new(),
                prerequisites: false,
                concurrency: 1,
            },
        }
    }

    /// Asks as both users. What was told, or how it differs.
    async fn ask(&self, resource: &Resource, value: &Value) -> Result<&'static str, String> {
        let desired = desired(value.clone());
        let ask = async |cluster| {
            let (desired, resource) = (desired.clone(), resource.clone());
            let server = observe::ServerView {
                cluster,
                discovery: &self.discovery,
                schema: &self.schema,
            };
            observe::observe_again(&server, (desired, None), resource, &self.query).await
        };
        let asked = ask(&self.admin).await;
        let predicted = ask(&self.reader).await;
        let (asked, predicted) = match (asked, predicted) {
            // Validation and admission are the server's alone.
            (Err(_), _) => return Ok("refused"),
            (Ok(asked), _) if matches!(asked.answer, Answered::Refused { .. }) => return Ok("refused"),
            (Ok(asked), Ok(predicted)) => (asked, predicted),
            (Ok(_), Err(error)) => return Err(format!("not predicted: {error}")),
        };
        self.compare(asked, predicted)
    }

    /// Applies it, if the server does, and asks again: most often nothing is to be done now.
    async fn again(&self, resource: &Resource, value: &Value) -> Option<Result<&'static str, String>> {
        let wanted = desired(value.clone());
        let apply = Apply {
            object: &inventory::stamp(&wanted, None, None),
            reference: &wanted.reference,
            field_manager: &self.query.policy.field_manager,
            force: Force::Take,
            persist: Persist::Stored,
        };
        self.admin.apply(resource, &apply).await.ok()?;
        Some(self.ask(resource, value).await)
    }

    fn compare(&self, asked: Observation, predicted: Observation) -> Result<&'static str, String> {
        let policy = &self.query.policy;
        let (stored, local) = match (&asked.answer, &predicted.answer) {
            (Answered::ByServer { object, .. }, Answered::Unverified { reason: why, predicted }) => {
                assert_eq!(*why, Unverified::NotAllowed);
                (
                    object,
                    predicted.as_ref().map_err(|why| format!("not predicted: {why:?}"))?,
                )
            }
            other => return Err(format!("{other:?}")),
        };
        let managers = [stored, local].map(|object| owners(&ManagedFields::of(object)));
        if managers[0] != managers[1] {
            return Err(format!("managed fields: {managers:#?}"));
        }
        let spelled = predict::spelled_as_stored(
            &self.schema,
            local.value().clone(),
            stored.value(),
            &policy.field_manager,
        );
        let spelled = LiveObject::new(spelled);
        let mut mismatches = compare::mismatches(&spelled, stored, &[], &policy.field_manager);
        if asked.live.is_none() {
            // Of a new object nothing but what is allocated is left open.
            let keys = ManagedFields::of(stored).all();
            let different = compare::differences(spelled.value(), stored.value(), &keys);
            let paths = different.into_iter().map(|difference| difference.path);
            let paths = paths.filter(|path| !compare::is_status(path) && !is_allocated(stored, path));
            mismatches.extend(paths);
        }
        if !mismatches.is_empty() {
            let values = |path: &FieldPath| {
                format!(
                    "\n  {path} {:?} {:?}",
                    path.find(stored.value()),
                    path.find(local.value())
                )
            };
            return Err(format!(
                "stored, and predicted:{}",
                mismatches.iter().map(values).collect::<String>()
            ));
        }
        let decide = |observation| plan::decide(observation, Past::default(), policy);
        match (decide(asked), decide(predicted)) {
            (Decision::Unchanged(_), Decision::Unchanged(_)) => Ok("unchanged"),
            (Decision::Step(asked), Decision::Step(predicted)) => {
                let (server, local) = (told(&asked), told(&predicted));
                if server == local {
                    Ok(asked.action.word())
                } else {
                    Err(format!("server  {server}\nlocally {local}"))
                }
            }
            (asked, predicted) => Err(format!("server  {asked:?}\nlocally {predicted:?}")),
        }
    }
}

/// What the API server chooses when a Service is created.
fn is_allocated(stored: &LiveObject, path: &FieldPath) -> bool {
    // Admission plugins protect claims, and let pods be evicted.
    let kind = stored.reference().kind;
    let is_by_admission = kind.is("", "PersistentVolumeClaim") && path.is_under(&["metadata", "finalizers"])
        || kind.is("", "Pod")
            && ["priority", "preemptionPolicy", "tolerations"]
                .iter()
                .any(|name| path.is_under(&["spec", name]));
    if is_by_admission {
        return true;
    }
    let names = ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"];
    let is_port = path.to_string().ends_with(".nodePort");
    let is_name = names.iter().any(|name| path.is_under(&["spec", name]));
    stored.reference().kind.is("", "Service") && (is_port || is_name)
}

/// What a step says, but for whether it is verified.
fn told(step: &Step) -> String {
    let mut text = format!("{:?} {:?} {:?}", step.action, step.reason, step.restarts);
    for change in &step.changes {
        let FieldChange {
            path,
            before,
            after,
            cause,
            guessed,
            reordered,
            ..
        } = change;
        text += &format!("\n  {path} {before:?} -> {after:?} {cause:?} guessed {guessed} reordered {reordered}");
    }
    text
}

fn seeds() -> Vec<u64> {
    let number = |name: &str| -> Option<u64> { std::env::var(name).ok()?.parse().ok() };
    match number("MERGE_SEED") {
        Some(seed) => vec![seed],
        None => (0..number("PREVIEW_SEQUENCES").unwrap_or(SEQUENCES)).collect(),
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "what happened is worth reading, with --nocapture")]
fn who_may_only_read_is_told_what_the_server_would_answer() {
    let plane = ControlPlane::bare();
    prepare(plane, NAMESPACE);
    let subjects = subjects::all();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let told: Vec<(u64, Result<&'static str, String>)> = runtime.block_on(async {
        let server = Server::connect(plane).await;
        let preview = Preview::new(plane).await;
        let discovery = preview.admin.discover().await.expect("a discovery");
        let runs = futures::stream::iter(seeds()).map(|seed| {
            let mut sequence = Sequence::new(seed, &subjects, NAMESPACE);
            let (server, preview, discovery) = (&server, &preview, &discovery);
            async move {
                let mut told = Vec::new();
                for round in 0..ROUNDS {
                    let subject = sequence.subject();
                    let gvk = GroupVersionKind::new(subject.versions[0], subject.kind);
                    let resource = discovery.resource(&gvk).expect("a kind that is served");
                    let wanted = sequence.next_wanted();
                    told.push((seed, preview.ask(resource, &wanted).await));
                    if round + 1 < ROUNDS {
                        sequence.run(server, WRITES).await;
                    } else if let Some(again) = preview.again(resource, &wanted).await {
                        told.push((seed, again));
                    }
                }
                told
            }
        });
        let told: Vec<Vec<_>> = runs.buffer_unordered(AT_ONCE).collect().await;
        told.into_iter().flatten().collect()
    });
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (seed, told) in &told {
        match told {
            Ok(told) => *counts.entry(*told).or_default() += 1,
            Err(error) => wrong.push(format!("MERGE_SEED={seed}: {error}")),
        }
    }
    println!("{counts:?}");
    assert!(
        wrong.is_empty(),
        "{} of {} were told something else:\n{}",
        wrong.len(),
        told.len(),
        wrong.iter().take(80).cloned().collect::<Vec<_>>().join("\n\n")
    );
    if told.len() > 300 {
        for what in ["create", "update", "conflict", "unchanged"] {
            assert!(counts.get(what).is_some_and(|count| *count > 5), "{what}: {counts:?}");
        }
        // Of most there is something to be compared.
        assert!(
            counts.get("refused").is_none_or(|refused| refused * 4 < told.len()),
            "{counts:?}"
        );
    }
}

/// What people publish is short, and a server completes it. The writer of a merge makes whole objects.
#[test]
fn what_a_server_completes_is_predicted_as_it_completes_it() {
    let plane = ControlPlane::bare();
    let namespace = "preview-forms";
    prepare(plane, namespace);
    plane
        .kubectl(&["create", "serviceaccount", "robot", "-n", namespace])
        .expect_success();
    let file = SourceFile::new("forms.yaml", include_str!("forms.yaml"));
    let mut errors = Vec::new();
    let documents = yaml::documents(&file, &mut errors);
    assert!(errors.is_empty() && documents.len() > 10, "{errors:?}");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let wrong: Vec<String> = runtime.block_on(async {
        let preview = Preview::new(plane).await;
        let mut wrong = Vec::new();
        for document in documents {
            let mut value = document.root.to_value();
            let text = |key: &str| value[key].as_str().expect("a text");
            let gvk = GroupVersionKind::new(text("apiVersion"), text("kind"));
            let resource = preview.discovery.resource(&gvk).expect("a kind that is served");
            if resource.namespaced {
                value["metadata"]["namespace"] = namespace.into();
            }
            match preview.ask(resource, &value).await {
                Ok("create") => {}
                // What the server refuses is no proof of anything.
                other => wrong.push(format!("{gvk}: {other:?}")),
            }
        }
        wrong
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
