//! What is wrong with manifests, and what a server refuses, in words and places.

use std::error::Error as _;

use super::*;
use crate::cluster::{CauseKind, ClusterError, Failure, FieldCause, Judge};
use crate::object::DesiredObject;
use crate::object::field::FieldPath;
use crate::testing::{desired, documents, manifest, reference, resource};

fn discovery() -> Discovery {
    let mut discovery = Discovery::new(
        "v1.37.2",
        [
            resource("v1", "ConfigMap", true),
            resource("v1", "Namespace", false),
            resource("apps/v1", "Deployment", true),
            resource("autoscaling/v2", "HorizontalPodAutoscaler", true),
            resource("autoscaling/v1", "HorizontalPodAutoscaler", true),
        ],
    );
    discovery.unavailable.push("metrics.k8s.io/v1beta1".into());
    discovery
}

fn text(api_version: &str, kind: &str, metadata: &str) -> String {
    format!("apiVersion: {api_version}\nkind: {kind}\nmetadata:\n  {metadata}\n")
}

fn resolved(texts: &[String]) -> Result<Vec<resolve::Resolved>> {
    let manifests = texts.iter().map(|text| manifest(text)).collect();
    resolve::resolve(manifests, &discovery(), "default-namespace")
}

/// The message, the places with their words, and the hints of an error.
fn told(error: &Error) -> (String, Vec<String>, Vec<String>) {
    let places = error
        .places()
        .iter()
        .map(|(place, words)| format!("{place} {words}").trim().to_owned());
    (error.message().to_owned(), places.collect(), error.hints().to_vec())
}

#[test]
fn a_kind_that_is_not_served_is_named_with_what_to_write_instead() {
    let recorded = documents(include_str!("../../fixtures/kinds/not-served.yaml"));
    assert!(recorded.len() > 4);
    for recorded in recorded {
        let text = |key: &str| recorded[key].as_str().expect("a text");
        let error = resolved(&[self::text(text("apiVersion"), text("kind"), "name: x")]).expect_err("unknown");
        let [message, place, hint] = ["says", "place", "hint"].map(|key| text(key).to_owned());
        let expected = (message, vec![place], vec![hint]);
        assert_eq!(told(&error), expected);
    }
}

#[test]
fn a_namespace_is_the_manifests_or_the_default_or_none() {
    let found = resolved(&[
        text("v1", "ConfigMap", "name: a"),
        text("v1", "ConfigMap", "{name: a, namespace: own}"),
        text("v1", "Namespace", "name: a"),
    ]);
    let mut found: Vec<String> = found
        .expect("no error")
        .iter()
        .map(|(object, resource)| format!("{} by {}", object.reference, resource.plural))
        .collect();
    found.sort();
    assert_eq!(
        found,
        [
            "ConfigMap default-namespace/a by configmaps",
            "ConfigMap own/a by configmaps",
            "Namespace a by namespaces"
        ]
    );
}

#[test]
fn a_namespace_where_there_is_none_is_taken_out_and_its_place_kept() {
    let found = resolved(&[text("v1", "Namespace", "name: a\n  namespace: b")]).expect("it is resolved");
    let (object, _) = &found[0];
    assert_eq!(object.reference.namespace, None);
    assert_eq!(object.value["metadata"].get("namespace"), None);
    let place = object.ignored_namespace.as_ref().expect("a place");
    assert_eq!(place.to_string(), "a.yaml:5:3");
    let found = resolved(&[text("v1", "ConfigMap", "name: a\n  namespace: b")]).expect("it is resolved");
    assert_eq!(found[0].0.ignored_namespace, None);
}

#[test]
fn an_object_that_is_there_twice_is_shown_at_both_places() {
    let error = resolved(&[
        text("v1", "ConfigMap", "name: a"),
        text("v1", "ConfigMap", "{name: a, namespace: default-namespace}"),
    ])
    .expect_err("twice");
    let (message, places, _) = told(&error);
    assert_eq!(message, "duplicate object ConfigMap default-namespace/a");
    assert_eq!(places, ["a.yaml:1:1 first here", "a.yaml:1:1 and again here"]);
    // Whatever the version: it is one object.
    let versions =
        ["autoscaling/v1", "autoscaling/v2"].map(|version| text(version, "HorizontalPodAutoscaler", "name: a"));
    assert!(resolved(&versions).is_err());
    let kinds = [
        text("v1", "ConfigMap", "name: a"),
        text("apps/v1", "Deployment", "name: a"),
    ];
    assert_eq!(resolved(&kinds).expect("two objects").len(), 2);
}

#[test]
fn an_object_that_is_there_again_with_the_same_content_is_taken_once() {
    let same = || text("v1", "ConfigMap", "name: a");
    let found = resolved(&[same(), same(), same()]).expect("one object");
    let repeated: Vec<usize> = found.iter().map(|(object, _)| object.repeated.len()).collect();
    assert_eq!(repeated, [2]);
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let error = resolved(&[
        text("v1", "Widget", "name: a"),
        text("v1", "ConfigMap", "name: a"),
        text("v1", "Gadget", "name: a"),
        text("v1", "ConfigMap", "{name: a, labels: {b: c}}"),
    ])
    .expect_err("three errors");
    assert_eq!(error.each().count(), 3);
}

fn definition(scope: &str) -> Manifest {
    manifest(&format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: widgets.example.org}}\nspec:\n  \
         group: example.org\n  scope: {scope}\n  names: {{kind: Widget, plural: widgets}}\n  versions: [{{name: v1}}, {{name: v2}}]\n"
    ))
}

#[test]
fn a_definition_among_the_manifests_brings_its_kind_in_each_version() {
    for (scope, namespaced) in [("Namespaced", true), ("Cluster", false)] {
        let mut discovery = discovery();
        let defined = resolve::add_defined_kinds(&mut discovery, &[definition(scope)]);
        let kind = GroupKind::new("example.org", "Widget");
        let by = reference(
            "apiextensions.k8s.io/CustomResourceDefinition",
            None,
            "widgets.example.org",
        );
        assert_eq!(defined, BTreeMap::from([(kind.clone(), by)]));
        let served: Vec<(String, &str, bool)> = discovery
            .versions(&kind)
            .iter()
            .map(|resource| {
                (
                    resource.gvk.api_version(),
                    resource.plural.as_str(),
                    resource.namespaced,
                )
            })
            .collect();
        let expected = ["example.org/v1", "example.org/v2"].map(|version| (version.to_owned(), "widgets", namespaced));
        assert_eq!(served, expected);
        let widget = manifest(&text("example.org/v2", "Widget", "name: x"));
        let found = resolve::resolve(vec![widget], &discovery, "n").expect("known now");
        assert_eq!(found[0].0.reference.namespace.is_some(), namespaced);
    }
}

#[test]
fn a_definition_that_cannot_be_read_and_what_is_none_bring_nothing() {
    let mut broken = definition("Cluster");
    broken.value["spec"]["names"]["plural"] = serde_json::Value::Null;
    let mut other = definition("Cluster");
    other.gvk.group_kind.group = "example.org".into();
    let mut discovery = discovery();
    let before = discovery.kinds().count();
    assert!(resolve::add_defined_kinds(&mut discovery, &[broken, other]).is_empty());
    assert_eq!(discovery.kinds().count(), before);
}

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: ns}\ndata:\n  a: swordfish\n";
const SECRET: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: x, namespace: ns}\ndata:\n  a: swordfish\n";

fn refusal(failure: Failure, causes: &[(Option<&[&str]>, &str)]) -> ClusterError {
    let mut error = ClusterError::new(failure, "the server said swordfish");
    error.causes = causes
        .iter()
        .map(|(path, message)| FieldCause {
            path: path.map(FieldPath::of),
            kind: CauseKind::Invalid,
            message: (*message).to_owned(),
        })
        .collect();
    error
}

/// What an API server refuses.
fn refused(desired: &DesiredObject, error: ClusterError) -> Error {
    explain::refused(Judge::Server, desired, error)
}

const AT_A: Option<&[&str]> = Some(&["data", "a"]);

#[test]
fn a_refusal_stands_at_the_fields_that_it_is_about() {
    let error = refusal(Failure::Invalid, &[(AT_A, "swordfish is wrong"), (None, "so is that")]);
    let error = refused(&desired(CONFIG_MAP), error);
    assert_eq!(
        told(&error),
        (
            "the server refuses ConfigMap ns/x".to_owned(),
            vec!["a.yaml:5:3 data.a: swordfish is wrong".to_owned()],
            Vec::new()
        )
    );
    assert!(error.source().is_none(), "its words are said at the field");
}

#[test]
fn a_refusal_of_no_field_stands_at_the_object_with_the_servers_words() {
    let error = refused(&desired(CONFIG_MAP), refusal(Failure::Denied, &[(None, "no")]));
    let (message, places, _) = told(&error);
    assert_eq!(message, "the server refuses ConfigMap ns/x");
    assert_eq!(places, ["a.yaml:1:1"]);
    let source = error.source().map(ToString::to_string);
    assert_eq!(source.as_deref(), Some("the server said swordfish"));
    let other = refused(&desired(CONFIG_MAP), refusal(Failure::Other, &[]));
    assert_eq!(other.message(), "failed to ask the server about ConfigMap ns/x");
}

#[test]
fn in_a_sandbox_no_server_refuses_and_none_is_asked() {
    let refused =
        |desired, failure| explain::refused(Judge::Sandbox, &desired, refusal(failure, &[(AT_A, "swordfish")]));
    let error = refused(desired(CONFIG_MAP), Failure::Invalid);
    assert_eq!(error.message(), "ConfigMap ns/x is not valid");
    let error = refused(desired(CONFIG_MAP), Failure::NamespaceMissing);
    assert_eq!(error.message(), "ConfigMap ns/x cannot be applied");
    let (message, places, hints) = told(&refused(desired(SECRET), Failure::Invalid));
    assert!(
        !format!("{message} {places:?} {hints:?}").contains("server"),
        "{hints:?}"
    );
}

#[test]
fn of_a_secret_no_word_of_the_server_is_passed_on() {
    let quoting = "Invalid value: swordfish: expected string, got swordfish: field is immutable";
    let no_cause: &[(Option<&[&str]>, &str)] = &[];
    for (causes, place) in [
        (&[(AT_A, quoting)][..], "a.yaml:5:3 data.a: its value is not allowed"),
        (&[(None, quoting)][..], "a.yaml:1:1"),
        (no_cause, "a.yaml:1:1"),
    ] {
        let error = refused(&desired(SECRET), refusal(Failure::Invalid, causes));
        let (message, places, hints) = told(&error);
        assert_eq!(places, [place]);
        assert!(!format!("{message} {hints:?}").contains("swordfish"), "{hints:?}");
        assert!(error.source().is_none());
        let said = "the server's words are not shown, since they may quote a secret value";
        assert_eq!(hints.last().map(String::as_str), Some(said));
    }
}

#[test]
fn of_a_secret_what_quotes_nothing_is_passed_on() {
    let mut error = refusal(Failure::Denied, &[]);
    error.causes = vec![FieldCause {
        path: None,
        kind: CauseKind::Quota,
        message: "exceeded quota: q".to_owned(),
    }];
    let error = refused(&desired(SECRET), error);
    assert_eq!(
        error.source().map(ToString::to_string).as_deref(),
        Some("exceeded quota: q")
    );
    assert!(!format!("{error:?}").contains("swordfish"));

    let told = |failure: Failure, code: Option<u16>, words: &str| {
        let error = ClusterError {
            code,
            ..ClusterError::new(failure, words)
        };
        let error = refused(&desired(SECRET), error);
        error.source().map(ToString::to_string)
    };
    let unreadable = told(Failure::Unreadable, None, "the answer is empty");
    assert_eq!(unreadable.as_deref(), Some("the answer is empty"));
    let busy = told(Failure::Other, Some(503), "swordfish");
    assert_eq!(busy.as_deref(), Some("the server answered 503 Service Unavailable"));
}

#[test]
fn warnings_are_passed_on_except_of_a_secret() {
    let words = || vec!["swordfish".to_owned(), "deprecated".to_owned()];
    assert_eq!(warnings(&desired(CONFIG_MAP), words()), words());
    let of_secret = warnings(&desired(SECRET), words());
    assert_eq!(of_secret.len(), 1);
    assert!(!of_secret[0].contains("swordfish") && !of_secret[0].contains("deprecated"));
    assert_eq!(warnings(&desired(SECRET), Vec::new()), [""; 0]);
}

#[test]
fn a_failure_says_what_can_be_done_about_it() {
    for (failure, hint) in [
        (Failure::Unauthorized, Some("log in again")),
        (Failure::Unreachable, Some("check that the server is running")),
        (Failure::NoCluster, Some("give a kubeconfig")),
        (Failure::Configuration, None),
        (Failure::ClearText, Some("write https:// before the server")),
        (
            Failure::PluginMissing { install_hint: None },
            Some("install the plugin"),
        ),
        (
            Failure::PluginMissing {
                install_hint: Some("get it by\n  brew install x".into()),
            },
            Some("get it by brew install x"),
        ),
        (Failure::PluginFailed { install_hint: None }, Some("log in again")),
        (
            Failure::PluginFailed {
                install_hint: Some("brew install x".into()),
            },
            Some("log in again, or reinstall the plugin: brew install x"),
        ),
        (Failure::Untrusted, Some("--certificate-authority FILE")),
        (Failure::CertificateOutOfDate, Some("renewed")),
        (Failure::CertificateUnfit, Some("have one issued to the server")),
        (Failure::MayNotImpersonate, Some("ask for the right to `impersonate`")),
        (Failure::Forbidden, Some("ask for the roles")),
        (Failure::NamespaceTerminating, Some("wait until it is gone")),
        (Failure::NotFound, None),
        (Failure::Other, None),
    ] {
        let of_object = refused(&desired(CONFIG_MAP), refusal(failure.clone(), &[]));
        let of_request = failed("list pods", refusal(failure.clone(), &[]));
        assert_eq!(of_request.message(), "failed to list pods");
        assert_eq!(of_request.hints(), of_object.hints(), "{failure:?}");
        let fits = |found: &String| hint.is_some_and(|hint| found.contains(hint));
        assert_eq!(
            of_object.hints().iter().filter(|found| fits(found)).count(),
            usize::from(hint.is_some())
        );
        assert_eq!(of_object.hints().len(), usize::from(hint.is_some()), "{failure:?}");
    }
}

#[test]
fn a_hint_names_the_namespace_the_quotes_or_the_delete_that_would_help() {
    let hints = |failure, kind| {
        let mut error = refusal(failure, &[(AT_A, "no")]);
        error.causes[0].kind = kind;
        refused(&desired(CONFIG_MAP), error).hints().join("; ")
    };
    let missing = hints(Failure::NamespaceMissing, CauseKind::Other);
    assert!(missing.contains("namespace ns does not exist") && missing.contains("`kubectl create namespace ns`"));
    assert!(hints(Failure::Invalid, CauseKind::NotString).contains("put the value in quotes"));
    assert!(hints(Failure::Invalid, CauseKind::Immutable).contains("delete ConfigMap ns/x and sync"));
    assert_eq!(hints(Failure::Invalid, CauseKind::Invalid), "");
}
