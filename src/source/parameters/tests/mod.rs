//! The rules of parameters, each seen from outside.

mod by_hand;
mod properties;
mod schema;
mod secret;

use serde_json::{Value, json};

use super::*;
use crate::view;

const DEFAULTS: &str = "\
# Every knob.
deployment:
  control_replicas: 1
  image: {base: registry, tag: latest}
network:
  external_ips: []
  backend: ovs
  ingress:
    enabled: true
    host: '%s.openstack.cluster'
passwords:
  admin: swordfish
labels: {a: b}
";

fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "deployment": {"properties": {
                "control_replicas": {"type": "integer", "minimum": 1, "maximum": 9, "description": "How many of each API."},
                "image": {"properties": {"base": {"type": "string"}, "tag": {"type": "string", "minLength": 1}}}
            }},
            "network": {"properties": {
                "external_ips": {"type": "array", "items": {"type": "string", "format": "ipv4"}, "uniqueItems": true},
                "backend": {"enum": ["ovs", "ovn"]},
                "ingress": {"properties": {
                    "enabled": {"type": "boolean"},
                    "host": {"type": "string", "pattern": "%s", "description": "Where each service answers; `%s` is its name."}
                }}
            }},
            "passwords": {"properties": {"admin": {"$ref": "#/$defs/password"}}},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}}
        },
        "$defs": {"password": {"type": "string", "writeOnly": true, "pattern": "^[a-z]{8,}$"}}
    })
}

/// What goes in; the rest is as above.
struct ParameterFiles<'a> {
    defaults: &'a str,
    schema: String,
    environment: &'a str,
    sets: &'a [&'a str],
}

impl Default for ParameterFiles<'_> {
    fn default() -> Self {
        Self {
            defaults: DEFAULTS,
            schema: serde_json::to_string_pretty(&schema()).expect("JSON"),
            environment: "",
            sets: &[],
        }
    }
}

impl ParameterFiles<'_> {
    fn try_read(&self) -> Result<Parameters> {
        let sets: Vec<_> = self
            .sets
            .iter()
            .map(|set| Assignment::Yaml((*set).to_owned()))
            .collect();
        read(&ParameterSources {
            unsealer: &crate::source::Unsealer::new(&crate::sops::Identities::default()),
            defaults: &SourceFile::new("parameters.yaml", self.defaults),
            schema: &SourceFile::new("parameters.schema.json", self.schema.as_str()),
            environment: Some(&SourceFile::new("environments/prod.yaml", self.environment)),
            sets: &sets,
        })
    }

    fn read(&self) -> Parameters {
        self.try_read()
            .unwrap_or_else(|error| panic!("{}", view::error(&error)))
    }

    /// Each error as `place message (hints)`.
    fn errors(&self) -> Vec<String> {
        let error = self.try_read().expect_err("refused");
        let one = |error: &Error| {
            let place = error.places().first().map(|(place, _)| format!("{place} "));
            let hints = error.hints().join("; ");
            format!("{}{} ({hints})", place.unwrap_or_default(), error.message())
        };
        error.each().map(one).collect()
    }

    /// The errors as a person sees them.
    fn seen(&self) -> String {
        let error = self.try_read().expect_err("refused");
        anstream::adapter::strip_str(&view::error(&error)).to_string()
    }
}

fn environment(environment: &str) -> ParameterFiles<'_> {
    ParameterFiles {
        environment,
        ..ParameterFiles::default()
    }
}

fn sets<'a>(sets: &'a [&'a str]) -> ParameterFiles<'a> {
    ParameterFiles {
        sets,
        ..ParameterFiles::default()
    }
}

fn declared(schema: Value, defaults: &str) -> ParameterFiles<'_> {
    ParameterFiles {
        schema: serde_json::to_string_pretty(&schema).expect("JSON"),
        defaults,
        ..ParameterFiles::default()
    }
}

fn place(parameters: &Parameters, path: &str) -> String {
    let path: Vec<_> = path.split('.').filter(|step| !step.is_empty()).collect();
    parameters.origin(&path).expect("declared").place.to_string()
}

#[test]
fn without_an_environment_the_defaults_hold() {
    let parameters = ParameterFiles::default().read();
    assert_eq!(parameters.value()["deployment"]["control_replicas"], 1);
    assert_eq!(parameters.value()["labels"], json!({"a": "b"}));
    assert!(parameters.set_by_hand().is_empty());
}

#[test]
fn an_environment_replaces_values_one_by_one_and_lists_and_mappings_whole() {
    let parameters =
        environment("deployment: {image: {tag: '2026.1'}}\nnetwork:\n  # nothing yet\n  ingress:\nlabels: {c: d}\n")
            .read();
    assert_eq!(
        parameters.value()["deployment"],
        json!({"control_replicas": 1, "image": {"base": "registry", "tag": "2026.1"}})
    );
    assert_eq!(parameters.value()["labels"], json!({"c": "d"}));
    assert_eq!(parameters.value()["network"]["ingress"]["enabled"], true);
}

#[test]
fn the_place_of_a_value_is_where_it_was_set_last() {
    let parameters = ParameterFiles {
        environment: "deployment:\n  control_replicas: 3\nnetwork:\n  external_ips:\n    - 10.0.0.1\n    - 10.0.0.2\n",
        sets: &["deployment.image.tag=v1", "network.backend=ovn", "labels={x: z}"],
        ..ParameterFiles::default()
    }
    .read();
    for (path, expected) in [
        ("deployment.control_replicas", "environments/prod.yaml:2:3"),
        ("deployment.image.base", "parameters.yaml:4:11"),
        ("deployment.image.tag", "--set deployment.image.tag:1:22"),
        ("network.external_ips", "environments/prod.yaml:4:3"),
        ("network.external_ips.1", "environments/prod.yaml:6:7"),
        ("network.external_ips.7", "environments/prod.yaml:4:3"),
        ("network.backend", "--set network.backend:1:17"),
        ("labels.x", "--set labels:1:9"),
        ("network", "parameters.yaml:5:1"),
        ("", "parameters.yaml:2:1"),
    ] {
        assert_eq!(place(&parameters, path), expected, "{path}");
    }
    assert_eq!(parameters.origin(&["network", "nothing"]), None);
    let role = parameters.origin(&["labels"]).expect("declared").role;
    assert_eq!(role, Role::Parameter);
}

#[test]
fn an_unknown_name_is_an_error_with_the_nearest_known_one() {
    for (text, expected) in [
        (
            "deployment:\n  control_replica: 3\n",
            "environments/prod.yaml:2:3 there is no parameter `deployment.control_replica` \
             (did you mean `deployment.control_replicas`?)",
        ),
        (
            "netwrok: {ingress: {host: x}}\n",
            "environments/prod.yaml:1:1 there is no parameter `netwrok` (did you mean `network`?)",
        ),
        (
            "deployment: {ingress: {}, backend: ovn}\n",
            "environments/prod.yaml:1:14 there is no parameter `deployment.ingress` \
             (`deployment` has `control_replicas`, `image`)",
        ),
        (
            "backend: ovn\n",
            "environments/prod.yaml:1:1 there is no parameter `backend` (did you mean `network.backend`?)",
        ),
        (
            "network: {ingress.host: '%s.x'}\n",
            "environments/prod.yaml:1:11 there is no parameter `network.ingress.host` \
             (nest it: `ingress:`, and below it `host:`)",
        ),
        (
            "network: off\n",
            "environments/prod.yaml:1:1 `network` is a group of parameters, not a boolean \
             (`network` has `backend`, `external_ips`, `ingress`)",
        ),
    ] {
        assert_eq!(environment(text).errors()[0], expected);
    }
}

#[test]
fn an_environment_must_be_one_mapping() {
    assert_eq!(
        environment("- a\n").errors(),
        [
            "environments/prod.yaml:1:1 environments/prod.yaml must be a mapping, not a list \
          (write groups of parameters, for example `ceph:` and below it `  enabled: true`)"
        ]
    );
    assert!(environment("{}\n---\n{}\n").errors()[0].contains("must hold one document"));
    assert!(environment("a: b: c\n").errors()[0].starts_with("environments/prod.yaml:1:5"));
    assert!(environment("# nothing\n").try_read().is_ok());
}
