//! What others do between a plan and its execution: only what a person agreed to is carried out.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use stackanetes::applyset::inventory::ApplySet;
use stackanetes::applyset::parent::Record;
use stackanetes::cluster::{Cluster, Connection, Kubernetes};
use stackanetes::diagnostic::error::{Error, Result};
use stackanetes::execute::{Event, Execution, LeaseHolder, Lock, Outcome, SyncClock, Wait};
use stackanetes::object::selection::Selection;
use stackanetes::observe::{self, Observations, Query};
use stackanetes::plan::{self, Lineage, Policy};

use crate::bed::{Bed, config_map, namespace, secret, with_metadata};

/// Plans with the library, lets `meanwhile` happen, and carries the plan out. What came of each
/// object, and of the whole.
pub fn sync_with_a_surprise(bed: &Bed, meanwhile: impl FnOnce()) -> (Vec<(String, Outcome)>, Result<()>) {
    sync_through(bed, |cluster| cluster, meanwhile)
}

/// The same, with `through` between the plan and the cluster.
pub fn sync_through(
    bed: &Bed,
    through: impl FnOnce(Arc<dyn Cluster>) -> Arc<dyn Cluster>,
    meanwhile: impl FnOnce(),
) -> (Vec<(String, Outcome)>, Result<()>) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let connection = Connection {
            kubeconfig: Some(bed.user.kubeconfig.clone()),
            ..Connection::default()
        };
        let cluster: Arc<dyn Cluster> = Arc::new(Kubernetes::connect(&connection).await.expect("a cluster"));
        let desired = stackanetes::source::directory(
            &bed.dir.join("desired"),
            &stackanetes::source::ParameterInputs::default(),
        )
        .expect("a directory");
        let query = Query {
            set: Some(ApplySet {
                name: bed.namespace.clone(),
                namespace: bed.namespace.clone(),
            }),
            namespace: bed.namespace.clone(),
            revision: None,
            selection: Selection::default(),
            rollouts: false,
            verify: false,
            rules: desired.settings.rules.clone(),
            migrate: desired.settings.migrate.clone(),
            policy: Policy::default(),
            closed: None,
            secret_defaults: Vec::new(),
            findings: Vec::new(),
            prerequisites: false,
            concurrency: 4,
        };
        let observed = observe::observe(&*cluster, desired.manifests, &desired.components, &query)
            .await
            .expect("an answer");
        let Observations { observed, served } = observed;
        let plan = plan::plan(observed, Lineage::default(), &query.policy);
        meanwhile();
        let execution = Execution {
            clock: SyncClock::start(),
            cluster: through(cluster),
            query,
            served,
            timeout: Duration::from_secs(30),
            wait: Wait::UntilCurrent,
            record: Record {
                time: Timestamp::now().to_string(),
                by: "test".into(),
                revision: None,
                subject: None,
                dirty: false,
                source: None,
                environment: None,
                set: std::collections::BTreeMap::new(),
                objects: 1,
                tool: Record::this_tool(),
                server: String::new(),
            },
            holder: LeaseHolder {
                identity: "test".into(),
                revision: None,
            },
            lock: Lock::default(),
            stop: tokio::sync::watch::channel(false).1,
        };
        let mut outcomes = Vec::new();
        let tell = |event: Event| {
            if let Event::Settled { reference, outcome } = event {
                outcomes.push((reference.name.into(), outcome));
            }
        };
        let result = execution.run(plan, tell).await.map_err(Error::from);
        (outcomes, result)
    })
}

#[test]
fn an_object_changed_between_plan_and_apply_is_not_overwritten() {
    let bed = Bed::new("moved-changed");
    bed.write_config_map("settings", &[("mode", "fast"), ("size", "big")]);
    bed.synced();
    bed.write_config_map("settings", &[("mode", "slow"), ("size", "big")]);
    let requests = bed.audited(|| {
        let (outcomes, _) = sync_with_a_surprise(&bed, || {
            bed.patch(
                "kubectl-edit",
                "configmap",
                "settings",
                &json!({"data": {"size": "hot-fix"}}),
            );
        });
        assert!(matches!(outcomes.as_slice(), [(_, Outcome::Moved)]), "{outcomes:?}");
    });
    assert!(
        requests.iter().any(|request| request.is_write() && request.code == 409),
        "the server refused the stale write"
    );
    let data = bed.get("configmap", "settings").expect("it is there")["data"].clone();
    assert_eq!(data, json!({"mode": "fast", "size": "hot-fix"}));
}

#[test]
fn a_change_that_makes_no_difference_to_the_plan_is_planned_again_and_applied() {
    let bed = Bed::new("moved-unrelated");
    bed.write_config_map("settings", &[("mode", "fast")]);
    bed.synced();
    bed.write_config_map("settings", &[("mode", "slow")]);
    let (outcomes, _) = sync_with_a_surprise(&bed, || {
        bed.patch("team-b", "configmap", "settings", &json!({"data": {"theirs": "1"}}));
    });
    assert!(matches!(outcomes.as_slice(), [(_, Outcome::Updated)]), "{outcomes:?}");
    let data = bed.get("configmap", "settings").expect("it is there")["data"].clone();
    assert_eq!(data, json!({"mode": "slow", "theirs": "1"}));
}

#[test]
fn an_object_that_appears_between_plan_and_apply_is_not_taken() {
    let bed = Bed::new("moved-appeared");
    bed.write_config_map("settings", &[("mode", "fast")]);
    let (outcomes, _) = sync_with_a_surprise(&bed, || {
        bed.kubectl(&["create", "configmap", "settings", "--from-literal=mode=theirs"]);
    });
    assert!(matches!(outcomes.as_slice(), [(_, Outcome::Moved)]), "{outcomes:?}");
    assert_eq!(
        bed.get("configmap", "settings").expect("it is there")["data"]["mode"],
        "theirs"
    );
}

#[test]
fn an_object_that_appears_with_other_fields_is_not_merged_into() {
    let bed = Bed::new("moved-beside");
    bed.write_config_map("settings", &[("mode", "fast")]);
    let (outcomes, _) = sync_with_a_surprise(&bed, || {
        bed.kubectl(&["create", "configmap", "settings", "--from-literal=theirs=1"]);
    });
    assert!(matches!(outcomes.as_slice(), [(_, Outcome::Moved)]), "{outcomes:?}");
    let object = bed.get("configmap", "settings").expect("it is there");
    assert_eq!(object["data"], json!({"theirs": "1"}));
    assert!(object["metadata"]["labels"].is_null(), "{object}");
}

#[test]
fn a_plan_that_another_sync_has_overtaken_is_not_carried_out() {
    let bed = Bed::new("moved-overtaken");
    bed.write_config_map("settings", &[("mode", "fast")]);
    bed.synced();
    bed.write_config_map("settings", &[("mode", "slow")]);
    let (outcomes, result) = sync_with_a_surprise(&bed, || {
        bed.write("secret.yaml", &secret("credentials"));
        bed.synced();
    });
    let error = result.expect_err("it is refused").to_string();
    assert!(error.contains("another sync"), "{error}");
    assert!(outcomes.is_empty(), "{outcomes:?}");
    let parent = bed
        .get("configmap", "stackanetes-moved-overtaken")
        .expect("it is there");
    assert_eq!(
        parent["metadata"]["annotations"]["applyset.kubernetes.io/contains-group-kinds"],
        "ConfigMap,Secret"
    );
    assert_eq!(bed.lease_holder(), "");
    bed.remove("secret.yaml");
    bed.synced().shows("1 deleted");
}

#[test]
fn two_first_syncs_do_not_lose_each_others_kinds() {
    let bed = Bed::new("moved-first");
    bed.write_config_map("settings", &[("mode", "fast")]);
    let (_, result) = sync_with_a_surprise(&bed, || {
        bed.write("secret.yaml", &secret("credentials"));
        bed.synced();
    });
    assert!(result.is_err());
    bed.remove("secret.yaml");
    bed.synced().shows("1 deleted");
}

/// A bed whose plan is to delete a Namespace with a ConfigMap `member` in it.
fn bed_that_drops(dropped: &str) -> Bed {
    let bed = Bed::new(&format!("{dropped}-set"));
    bed.write_config_map("kept", &[("a", "1")]);
    bed.write("namespace.yaml", &namespace(dropped));
    let inside = format!("  namespace: {dropped}\n");
    bed.write(
        "member.yaml",
        &with_metadata(&config_map("member", &[("a", "1")]), &inside),
    );
    bed.synced();
    bed.remove("namespace.yaml");
    bed.remove("member.yaml");
    bed
}

#[track_caller]
fn assert_stays(bed: &Bed, namespace: &str, config_map: &str) {
    let stays = |object: Option<serde_json::Value>| {
        object.is_some_and(|object| object["metadata"]["deletionTimestamp"].is_null())
    };
    assert!(
        stays(bed.plane.get("configmap", Some(namespace), config_map)),
        "{config_map} stays"
    );
    assert!(stays(bed.plane.get("namespace", None, namespace)), "{namespace} stays");
}

#[test]
fn a_namespace_with_a_member_that_is_to_be_kept_by_now_stays() {
    let bed = bed_that_drops("moved-kept");
    let (outcomes, _) = sync_with_a_surprise(&bed, || {
        let args = [
            "annotate",
            "configmap",
            "member",
            "stackanetes.io/prune=never",
            "--namespace=moved-kept",
        ];
        bed.plane.kubectl(&args).expect_success();
    });
    assert_stays(&bed, "moved-kept", "member");
    assert!(outcomes.iter().any(|(_, outcome)| !outcome.is_done()), "{outcomes:?}");
}

#[test]
fn a_namespace_that_somebody_uses_by_now_stays() {
    let bed = bed_that_drops("moved-used");
    let (outcomes, _) = sync_with_a_surprise(&bed, || {
        let args = ["create", "configmap", "theirs", "--namespace=moved-used"];
        bed.plane.kubectl(&args).expect_success();
    });
    assert_stays(&bed, "moved-used", "theirs");
    assert!(outcomes.iter().any(|(_, outcome)| !outcome.is_done()), "{outcomes:?}");
}

#[test]
fn a_member_that_changed_before_it_is_deleted_stays() {
    let bed = Bed::new("moved-edited");
    bed.write_config_map("kept", &[("a", "1")]);
    bed.write_config_map("dropped", &[("a", "1")]);
    bed.synced();
    bed.remove("dropped.yaml");
    let (outcomes, _) = sync_with_a_surprise(&bed, || {
        let theirs = json!({"data": {"a": "hot-fix"}});
        bed.patch("kubectl-edit", "configmap", "dropped", &theirs);
    });
    let outcome = outcomes.iter().find(|(name, _)| name == "dropped");
    assert!(matches!(outcome, Some((_, Outcome::Moved))), "{outcomes:?}");
    assert_eq!(
        bed.get("configmap", "dropped").expect("it stays")["data"]["a"],
        "hot-fix"
    );
}

#[test]
fn a_member_whose_status_moved_on_is_deleted() {
    let bed = Bed::new("moved-status");
    bed.write_config_map("kept", &[("a", "1")]);
    let quota = "apiVersion: v1\nkind: ResourceQuota\nmetadata:\n  name: dropped\nspec:\n  hard:\n    pods: 5\n";
    bed.write("dropped.yaml", quota);
    bed.synced();
    bed.remove("dropped.yaml");
    let requests = bed.audited(|| {
        let (outcomes, _) = sync_with_a_surprise(&bed, || {
            let used = r#"{"status":{"hard":{"pods":"5"},"used":{"pods":"0"}}}"#;
            let args = [
                "patch",
                "resourcequota",
                "dropped",
                "--subresource=status",
                "--type=merge",
                "--patch",
                used,
            ];
            bed.kubectl(&args);
        });
        let outcome = outcomes.iter().find(|(name, _)| name == "dropped");
        assert!(matches!(outcome, Some((_, Outcome::Deleted))), "{outcomes:?}");
    });
    let deletes: Vec<_> = requests.iter().filter(|request| request.verb == "delete").collect();
    assert_eq!(
        deletes.iter().map(|request| request.code).collect::<Vec<_>>(),
        [409, 200],
        "the server refused the stale one"
    );
    assert!(bed.get("resourcequota", "dropped").is_none());
}
