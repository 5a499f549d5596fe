//! What the shipped `desired/` renders, taken apart.

use std::collections::BTreeMap;
use std::process::Command;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::process::Program;
use crate::environments;

/// The objects, and the values of Secrets that a cluster would have made.
pub struct Shipped {
    objects: Vec<Value>,
    generated: BTreeMap<(String, String), String>,
}

impl Shipped {
    /// As `stackanetes render --show-secrets` prints it.
    pub fn render(args: &[&str]) -> Shipped {
        let text = stackanetes(&[&["render", "--show-secrets"], args].concat());
        let objects = serde_saphyr::from_multiple(&text).expect("the output is YAML");
        Shipped {
            objects,
            generated: BTreeMap::new(),
        }
    }

    /// Gives a generated value, as the first sync would.
    pub fn generate(&mut self, secret: &str, key: &str, value: &str) {
        self.generated
            .insert((secret.to_owned(), key.to_owned()), value.to_owned());
    }

    pub fn object(&self, kind: &str, name: &str) -> &Value {
        let mut objects = self.objects.iter();
        let object = objects.find(|object| object["kind"] == kind && object["metadata"]["name"] == name);
        object.unwrap_or_else(|| panic!("there is no {kind} {name}"))
    }

    /// A file of a ConfigMap, with each first text replaced by the second.
    #[track_caller]
    pub fn file(&self, config_map: &str, key: &str, replacements: &[(&str, &str)]) -> String {
        let text = self.object("ConfigMap", config_map)["data"][key].as_str();
        replaced(
            text.unwrap_or_else(|| panic!("there is no {config_map}/{key}")),
            replacements,
        )
    }

    /// A value of a Secret.
    pub fn secret(&self, name: &str, key: &str) -> String {
        if let Some(value) = self.generated.get(&(name.to_owned(), key.to_owned())) {
            return value.clone();
        }
        let value = self.object("Secret", name)["data"][key].as_str();
        let value = value.unwrap_or_else(|| panic!("there is no {name}/{key}"));
        let value = BASE64_STANDARD.decode(value).expect("base64");
        String::from_utf8(value).expect("text")
    }

    /// What the first container of a workload runs: its command, its arguments and its environment,
    /// where `fields` are the pod's own, such as `status.podIP`.
    pub fn program(&self, kind: &str, name: &str, fields: &[(&str, &str)]) -> Program {
        let object = self.object(kind, name);
        let spec = match kind {
            "CronJob" => &object["spec"]["jobTemplate"]["spec"],
            _ => &object["spec"],
        };
        let container = &spec["template"]["spec"]["containers"][0];
        let mut environment: Vec<(String, String)> = Vec::new();
        for variable in container["env"].as_array().into_iter().flatten() {
            let from = &variable["valueFrom"];
            let value = if let Some(value) = variable["value"].as_str() {
                expanded(value, &environment)
            } else if let Some(field) = from["fieldRef"]["fieldPath"].as_str() {
                let given = fields.iter().find(|(name, _)| *name == field);
                given.unwrap_or_else(|| panic!("what is {field}?")).1.to_owned()
            } else {
                let reference = &from["secretKeyRef"];
                let text = |key: &str| reference[key].as_str().expect("a reference to a Secret");
                self.secret(text("name"), text("key"))
            };
            let name = variable["name"].as_str().expect("a variable has a name");
            environment.push((name.to_owned(), value));
        }
        let words = |key: &str| container[key].as_array().cloned().unwrap_or_default();
        let words = words("command").into_iter().chain(words("args"));
        let command = words
            .map(|word| expanded(word.as_str().expect("a word"), &environment))
            .collect();
        Program {
            command,
            environment,
            unprivileged: false,
        }
    }
}

impl Program {
    /// With each first text replaced by the second, in its command and its environment.
    #[track_caller]
    pub fn with(mut self, replacements: &[(&str, &str)]) -> Program {
        let texts = self.environment.iter().map(|(_, value)| value);
        let all: Vec<_> = self.command.iter().chain(texts).cloned().collect();
        for (from, _) in replacements {
            assert!(
                all.iter().any(|text| text.contains(from)),
                "there is no {from} in {all:?}"
            );
        }
        let replace = |text: &mut String| {
            for (from, to) in replacements {
                *text = text.replace(from, to);
            }
        };
        self.command.iter_mut().for_each(replace);
        self.environment.iter_mut().for_each(|(_, value)| replace(value));
        self
    }
}

/// Runs the built command on the shipped directory, with the environments; its standard output.
pub fn stackanetes(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_stackanetes"))
        .args(args)
        .current_dir(environments::directory())
        .env_clear()
        .output()
        .expect("the command can be run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// Each first text replaced by the second, which has to be there.
#[track_caller]
pub fn replaced(text: &str, replacements: &[(&str, &str)]) -> String {
    replacements.iter().fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "there is no {from} in\n{text}");
        text.replace(from, to)
    })
}

/// `$(NAME)` as Kubernetes fills it in: from what stands before.
fn expanded(text: &str, environment: &[(String, String)]) -> String {
    environment.iter().fold(text.to_owned(), |text, (name, value)| {
        text.replace(&format!("$({name})"), value)
    })
}
