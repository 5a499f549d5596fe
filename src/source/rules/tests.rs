//! What is sent, by rule and by owner.

use crate::diagnostic::place::Place;
use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::diagnostic::place::SourceFile;
use crate::object::field::ManagedFields;
use crate::testing::{live, reference};

const US: &str = "stackanetes";

fn rule(verdict: Verdict, fields: &[&str], manager: Option<&str>) -> Arc<Rule> {
    Arc::new(Rule {
        verdict,
        fields: fields
            .iter()
            .map(|field| FieldPattern::parse(field).expect("a field"))
            .collect(),
        objects: RuleSelector::default(),
        manager: manager.map(str::to_owned),
        source: RuleOrigin::Written(Place::new(SourceFile::new("stackanetes.yaml", "-"), 0..1)),
    })
}

/// What is sent for `git` where the cluster has `spec`, and what the rules left as it is.
fn sent(rules: &[Arc<Rule>], git: Value, spec: Value, owners: &[(&str, &str)]) -> (Value, Vec<String>) {
    let live = live(json!({"metadata": {}, "spec": spec}), owners);
    let mut sent = json!({"spec": git});
    let ruled = apply(rules, &mut sent, Some(live.value()), &ManagedFields::of(&live), US);
    let left = ruled.left.iter().filter(|left| left.is_news()).map(|left| {
        let to = match &left.to {
            LeftTo::Manager(manager) => manager.name.as_str(),
            LeftTo::Ourselves => "ourselves",
            LeftTo::Nobody => "nobody",
        };
        format!("{} to {to}", left.path)
    });
    (sent["spec"].clone(), left.collect())
}

#[test]
fn what_another_owns_is_left_out_and_what_we_own_alone_keeps_its_value() {
    for verdict in [Verdict::Ignore, Verdict::Yield] {
        let rules = [rule(verdict, &["spec.replicas"], None)];
        let git = json!({"replicas": 3, "paused": true});
        let theirs = sent(
            &rules,
            git.clone(),
            json!({"replicas": 6}),
            &[("keda/scale", "spec replicas")],
        );
        assert_eq!(
            theirs,
            (json!({"paused": true}), vec!["spec.replicas to keda".to_owned()])
        );
        let both = [("=stackanetes", "spec replicas"), ("keda", "spec replicas")];
        assert_eq!(
            sent(&rules, git.clone(), json!({"replicas": 3}), &both),
            (json!({"paused": true}), vec![])
        );
        let ours = [("=stackanetes", "spec replicas")];
        let kept = (
            json!({"paused": true, "replicas": 5}),
            vec!["spec.replicas to ourselves".to_owned()],
        );
        assert_eq!(sent(&rules, git, json!({"replicas": 5}), &ours), kept);
        assert_eq!(
            sent(&rules, json!({"paused": true}), json!({"replicas": 5}), &ours),
            kept,
            "although git dropped it: it would be reset"
        );
    }
}

#[test]
fn what_nobody_owns_is_ignored_but_not_yielded() {
    let git = json!({"replicas": 3});
    let ignored = sent(
        &[rule(Verdict::Ignore, &["spec.replicas"], None)],
        git.clone(),
        json!({"replicas": 1}),
        &[],
    );
    assert_eq!(ignored, (Value::Null, vec!["spec.replicas to nobody".to_owned()]));
    let yielded = sent(
        &[rule(Verdict::Yield, &["spec.replicas"], None)],
        git.clone(),
        json!({"replicas": 1}),
        &[],
    );
    assert_eq!(yielded, (git, vec![]));
}

#[test]
fn a_rule_with_a_manager_is_about_what_that_one_owns() {
    let git = json!({"replicas": 3, "paused": true});
    let owners = [("keda", "spec replicas"), ("other", "spec paused")];
    let live = json!({"replicas": 6, "paused": false});
    let all_of_it = [rule(Verdict::Yield, &[], Some("ke*"))];
    assert_eq!(
        sent(&all_of_it, git.clone(), live.clone(), &owners).0,
        json!({"paused": true})
    );
    let not_its = [rule(Verdict::Ignore, &["spec.paused"], Some("keda"))];
    assert_eq!(
        sent(&not_its, git.clone(), live.clone(), &owners),
        (git.clone(), vec![])
    );
    let ours = [("=stackanetes", "spec replicas")];
    let only_ours = [rule(Verdict::Yield, &["spec.replicas"], Some("keda"))];
    assert_eq!(sent(&only_ours, git.clone(), live, &ours), (git, vec![]));
}

#[test]
fn what_is_taken_is_sent_whatever_else_is_said() {
    let taken = rule(Verdict::Take, &["spec.replicas"], Some("keda"));
    let rules = [taken, rule(Verdict::Ignore, &["spec.*"], None)];
    let git = json!({"replicas": 3, "paused": true});
    let owners = [("keda", "spec replicas, spec paused")];
    let (sent, left) = sent(&rules, git, json!({"replicas": 6, "paused": false}), &owners);
    assert_eq!(
        (sent, left),
        (json!({"replicas": 3}), vec!["spec.paused to keda".to_owned()])
    );
}

#[test]
fn items_are_left_out_whole_or_field_by_field() {
    let keys = "spec containers k:{\"name\":\"web\"} ., spec containers k:{\"name\":\"web\"} name, \
                spec containers k:{\"name\":\"web\"} image";
    let side = keys.replace("web", "side");
    let git = json!({"containers": [{"name": "web", "image": "1"}, {"name": "side", "image": "1"}]});
    let live = json!({"containers": [{"name": "web", "image": "2"}, {"name": "side", "image": "2"}]});
    let owners = [("=stackanetes", keys), ("injector", side.as_str())];
    let image = [rule(Verdict::Yield, &["spec.containers[*].image"], Some("injector"))];
    assert_eq!(
        sent(&image, git.clone(), live.clone(), &owners).0,
        json!({"containers": [{"name": "web", "image": "1"}, {"name": "side"}]})
    );
    let whole = [rule(Verdict::Yield, &["spec.containers[side]"], None)];
    assert_eq!(
        sent(&whole, git, live, &owners).0,
        json!({"containers": [{"name": "web", "image": "1"}]})
    );
}

#[test]
fn an_item_that_git_dropped_and_we_own_alone_stays_where_it_was() {
    let both = "spec env k:{\"name\":\"A\"} ., spec env k:{\"name\":\"A\"} value, \
                spec env k:{\"name\":\"B\"} ., spec env k:{\"name\":\"B\"} value";
    let live = json!({"env": [{"name": "A", "value": "a"}, {"name": "B", "value": "b"}]});
    let git = json!({"env": [{"name": "B", "value": "b"}]});
    let rules = [rule(Verdict::Ignore, &["spec.env[A]"], None)];
    assert_eq!(sent(&rules, git, live.clone(), &[("=stackanetes", both)]).0, live);
}

#[test]
fn a_part_of_a_value_that_is_sent_whole_is_sent_as_it_is() {
    let git = json!({"claims": [{"name": "data", "size": "1Gi", "class": "slow"}]});
    let live = json!({"claims": [{"name": "data", "size": "2Gi"}]});
    let rules = [rule(
        Verdict::Ignore,
        &["spec.claims[data].size", "spec.claims[0].class"],
        None,
    )];
    let owners = [("=stackanetes", "spec claims")];
    assert_eq!(sent(&rules, git, live.clone(), &owners).0, live);
}

#[test]
fn our_notes_and_what_identifies_an_object_are_always_sent() {
    let live = live(
        json!({"metadata": {"name": "x", "labels": {"applyset.kubernetes.io/part-of": "y", "a": "1"}}}),
        &[],
    );
    let stamped =
        json!({"kind": "X", "metadata": {"name": "x", "labels": {"applyset.kubernetes.io/part-of": "z", "a": "2"}}});
    let mut sent = stamped.clone();
    let rules = [rule(Verdict::Ignore, &["*"], None)];
    apply(&rules, &mut sent, Some(live.value()), &ManagedFields::of(&live), US);
    assert_eq!(
        sent["metadata"]["labels"],
        json!({"applyset.kubernetes.io/part-of": "z"})
    );
    assert_eq!((&sent["kind"], &sent["metadata"]["name"]), (&json!("X"), &json!("x")));
}

#[test]
fn a_new_object_is_created_whole_and_still_meets_its_rules() {
    let mut sent = json!({"spec": {"replicas": 3}});
    let rules = [
        rule(Verdict::Ignore, &["spec.replicas"], None),
        rule(Verdict::Ignore, &["spec.other"], None),
    ];
    let ruled = apply(&rules, &mut sent, None, &ManagedFields::default(), US);
    assert_eq!(sent, json!({"spec": {"replicas": 3}}));
    assert_eq!((ruled.left.len(), ruled.met), (0, vec![Arc::clone(&rules[0])]));
}

#[test]
fn rules_are_about_objects_by_kind_namespace_and_name() {
    let of = |kind: &str, namespace: &str, name: &str| {
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        RuleSelector {
            kind: text(kind).map(|kind| (KindName(kind), None)),
            namespace: text(namespace),
            name: text(name),
        }
    };
    let web = reference("apps/Deployment", Some("shop"), "web-1");
    for (selector, is_it) in [
        (of("", "", ""), true),
        (of("Deployment", "shop", "web-*"), true),
        (of("Deployment.apps", "", ""), true),
        (of("Deployment.other", "", ""), false),
        (of("StatefulSet", "", ""), false),
        (of("", "other", ""), false),
        (of("", "", "web"), false),
    ] {
        assert_eq!(selector.selects(&web), is_it, "{selector:?}");
    }
}

#[test]
fn what_an_autoscaler_scales_is_left_to_it() {
    let autoscaler = reference("autoscaling/HorizontalPodAutoscaler", Some("shop"), "web");
    let value = json!({"spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}});
    let rule = scaled_by(Scaling {
        reference: &autoscaler,
        value: &value,
    })
    .expect("a rule");
    assert!(rule.objects.selects(&reference("apps/Deployment", Some("shop"), "web")));
    assert!(
        !rule
            .objects
            .selects(&reference("apps/Deployment", Some("other"), "web"))
    );
    assert!(
        !rule
            .objects
            .selects(&reference("apps/StatefulSet", Some("shop"), "web"))
    );
    let written = self::rule(Verdict::Take, &["spec.replicas"], None);
    let web = reference("apps/Deployment", Some("shop"), "web");
    assert_eq!(about(&[rule.clone(), written.clone()], &web), [written, rule]);
}

#[test]
fn a_rule_is_written_so_that_it_can_be_read_back() {
    use crate::object::field::{FieldPath, PathElement};
    let web = reference("apps/Deployment", Some("shop"), "web");
    let image: FieldPath = ["f:spec", "f:containers", "k:{\"name\":\"web\"}", "f:image"]
        .into_iter()
        .filter_map(PathElement::from_fields_v1)
        .collect();
    assert_eq!(
        written(&web, &image, "1"),
        r#"{kind: Deployment, name: web, fields: ["spec.containers[web].image"], manager: "1"}"#
    );
}

#[test]
fn an_unknown_kind_is_an_error_with_the_nearest() {
    let file = SourceFile::new("stackanetes.yaml", "ignore:\n- kind: Deploymnt\n");
    let place = Place::new(file, 16..25);
    let mut rule = Rule::clone(&rule(Verdict::Ignore, &["a"], None));
    rule.objects.kind = Some((KindName("Deploymnt".into()), Some(place)));
    let kinds = [GroupKind::new("apps", "Deployment"), GroupKind::new("", "Pod")];
    let errors = unknown_kinds(&[Arc::new(rule)], kinds.iter());
    let [error] = errors.as_slice() else {
        panic!("one error")
    };
    assert_eq!(
        error.message(),
        "a rule is about the kind Deploymnt, which there is not"
    );
    assert_eq!(error.places()[0].0.to_string(), "stackanetes.yaml:2:9");
    assert_eq!(error.hints(), ["did you mean Deployment?"]);
}
