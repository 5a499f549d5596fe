//! `stackanetes.yaml`: what a directory says of itself as a whole.

mod contexts;
mod findings;
mod outputs;
mod patterns;
mod reader;
mod rules;
mod written;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use self::contexts::{Contexts, is_among};
pub(super) use self::written::UnrenderedSettings;
use crate::diagnostic::error::Error;
use crate::diagnostic::nearest::key_hint;
use crate::diagnostic::place::{Place, SourceFile};
use crate::source::programs;
use crate::source::rules::{Rule, Verdict};
use crate::yaml::{self, Entry};

/// The keys there are.
const KEYS: [&str; 13] = [
    "name",
    "namespace",
    "contexts",
    "outputs",
    "exclude",
    "ignore",
    "yield",
    "take",
    "migrate",
    "rollout",
    "ignoreFindings",
    "kustomize",
    "helm",
];

pub use findings::IgnoredFinding;
pub use outputs::Output;

/// What `stackanetes.yaml` says; nothing is required.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The name of the ApplySet.
    pub name: Option<String>,
    /// Where objects go that name no namespace, and where the ApplySet keeps its record.
    pub namespace: Option<String>,
    /// Which clusters an environment may be synced to.
    pub contexts: Contexts,
    /// The texts that can be asked for by name, each made of a file.
    pub outputs: BTreeMap<String, Output>,
    /// Which files are no desired state, as patterns of gitignore(5).
    pub exclude: Vec<String>,
    /// Which fields are none of git's business, and who wins which conflict.
    pub rules: Vec<Arc<Rule>>,
    /// The field managers, besides `kubectl apply`, whose fields become ours.
    pub migrate: Vec<String>,
    /// Whether pods do not restart when configuration changes that they read: `rollout: ignore`.
    pub keeps_pods: bool,
    /// Which findings of a check are meant as they are.
    pub ignore_findings: Vec<IgnoredFinding>,
}

impl Settings {
    /// Why `name` cannot name an ApplySet; nothing if it can.
    pub fn refuse_name(name: &str) -> Option<&'static str> {
        let fits = name.len() <= 52 && name.split('.').all(is_dns_label);
        (!fits).then_some(
            "a name has at most 52 lower-case letters, digits, `-` and `.`, and begins and ends with a letter or digit",
        )
    }

    /// Why `namespace` cannot be a namespace; nothing if it can.
    pub fn refuse_namespace(namespace: &str) -> Option<&'static str> {
        (!is_dns_label(namespace)).then_some(
            "a namespace has at most 63 lower-case letters, digits and `-`, and begins and ends with a letter or digit",
        )
    }
}

/// Reads the settings, adding what is wrong with them to `errors`.
pub(super) fn read(file: &Arc<SourceFile>, errors: &mut Vec<Error>) -> UnrenderedSettings {
    let mut documents = yaml::documents(file, errors)
        .into_iter()
        .filter(|document| !document.root.is_null());
    let Some(document) = documents.next() else {
        return UnrenderedSettings::default();
    };
    if let Some(second) = documents.next() {
        let place = Place::new(Arc::clone(file), second.root.first_line(file.text()));
        errors.push(Error::new("stackanetes.yaml must hold one document").at(place, "the second begins here"));
    }
    let Some(entries) = document.root.entries() else {
        let place = Place::new(Arc::clone(file), document.root.first_line(file.text()));
        let message = format!("stackanetes.yaml must be a mapping, not {}", document.root.describe());
        errors.push(
            Error::new(message)
                .at(place, "")
                .hint("write, for example, `name: openstack`"),
        );
        return UnrenderedSettings::default();
    };
    let mut written = UnrenderedSettings::default();
    for entry in entries {
        let settings = &mut written.settings;
        let read = match entry.key.as_str() {
            "name" | "namespace" if entry.value.as_str().is_some_and(|text| text.contains("${{")) => {
                written.leave_open(file, entry);
                Ok(())
            }
            "name" | "namespace" => written::set(settings, entry),
            "contexts" => {
                settings.contexts = contexts::read(file, entry, errors);
                Ok(())
            }
            "outputs" => {
                settings.outputs = outputs::read(file, entry, errors);
                Ok(())
            }
            "exclude" => {
                settings.exclude = patterns::read(file, entry, errors);
                Ok(())
            }
            key if programs::KEYS.contains(&key) => written.set_program(file, entry),
            "migrate" => {
                settings.migrate = rules::managers(file, entry, errors);
                Ok(())
            }
            "rollout" => match entry.value.as_str() {
                Some("ignore") => {
                    settings.keeps_pods = true;
                    Ok(())
                }
                _ => Err(Error::new("`rollout` can only be `ignore`")
                    .hint("leave it out, so that pods restart when a ConfigMap or Secret changes that they read")),
            },
            "ignoreFindings" => {
                settings.ignore_findings = findings::rules(file, entry, errors);
                Ok(())
            }
            key => {
                let verdicts = [Verdict::Ignore, Verdict::Yield, Verdict::Take];
                if let Some(verdict) = verdicts.into_iter().find(|verdict| verdict.key() == key) {
                    settings.rules.extend(rules::rules(file, entry, verdict, errors));
                    continue;
                }
                let unknown = key;
                Err(Error::new(format!("stackanetes.yaml has no key `{unknown}`")).hint(key_hint(&KEYS, unknown)))
            }
        };
        if let Err(error) = read {
            errors.push(error.at(Place::new(Arc::clone(file), entry.line(file.text())), ""));
        }
    }
    written
}

fn text(entry: &Entry, refuse: fn(&str) -> Option<&'static str>) -> Result<Option<String>, Error> {
    if entry.value.is_null() {
        return Ok(None);
    }
    let Some(text) = entry.value.as_str() else {
        let message = format!("`{}` must be text, not {}", entry.key, entry.value.describe());
        return Err(Error::new(message).hint("put it in quotes"));
    };
    match refuse(text) {
        Some(reason) => Err(Error::new(format!("`{text}` cannot be a {}", entry.key)).hint(reason)),
        None => Ok(Some(text.to_owned())),
    }
}

fn is_dns_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.len() <= 63 && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::documents;

    fn settings(text: &str) -> Result<Settings, String> {
        let mut errors = Vec::new();
        let settings = read(&SourceFile::new("stackanetes.yaml", text), &mut errors).settings;
        let all = errors
            .iter()
            .map(|error| format!("{} {error} ({})", error.places()[0].0, error.hints().join("; ")));
        if errors.is_empty() {
            Ok(settings)
        } else {
            Err(all.collect::<Vec<_>>().join("\n"))
        }
    }

    #[test]
    fn settings_are_optional() {
        assert_eq!(settings("# nothing\n"), Ok(Settings::default()));
        let expected = Settings {
            name: Some("open.stack".to_owned()),
            namespace: Some("openstack".to_owned()),
            ..Settings::default()
        };
        assert_eq!(settings("name: open.stack\nnamespace: openstack\n"), Ok(expected));
    }

    #[test]
    fn an_unknown_key_is_an_error_with_the_nearest_known() {
        let error = settings("name: a\nnamspace: b\n").expect_err("unknown");
        assert_eq!(
            error,
            "stackanetes.yaml:2:1 stackanetes.yaml has no key `namspace` (did you mean `namespace`?)"
        );
        let error = settings("components: b\n").expect_err("unknown");
        assert_eq!(
            error,
            "stackanetes.yaml:1:1 stackanetes.yaml has no key `components` (there are `name`, `namespace`, `contexts`, `outputs`, `exclude`, `ignore`, `yield`, `take`, `migrate`, `rollout`, `ignoreFindings`, `kustomize` and `helm`)"
        );
    }

    #[test]
    fn values_that_kubernetes_would_refuse_are_refused() {
        assert!(settings("name: 1\n").is_err_and(|error| error.contains("must be text, not a number")));
        assert!(settings("namespace: a.b\n").is_err_and(|error| error.contains("`a.b` cannot be a namespace")));
        for name in ["", "A", "-a", "a-", "a..b", "a_b", &"a".repeat(53)] {
            assert!(Settings::refuse_name(name).is_some(), "{name}");
        }
        assert_eq!(Settings::refuse_name(&"a".repeat(52)), None);
        assert!(settings("- a\n").is_err());
        assert!(settings("name: a\n---\nname: b\n").is_err());
    }
    #[test]
    fn rules_say_what_becomes_of_which_fields() {
        let text = "ignore:
  - {kind: Deployment, name: web-*, namespace: shop, fields: [spec.replicas, /metadata/labels/a~1b]}
  - fields: spec.paused
yield: [{manager: keda}]
take:
migrate: [helm]
";
        let read = settings(text).expect("no error");
        let told: Vec<_> = read
            .rules
            .iter()
            .map(|rule| {
                let fields: Vec<_> = rule.fields.iter().map(ToString::to_string).collect();
                let place = rule.place().expect("a place");
                format!("{place} {} {} {:?}", rule.verdict.key(), fields.join(" "), rule.manager)
            })
            .collect();
        assert_eq!(
            told,
            [
                "stackanetes.yaml:2:5 ignore spec.replicas /metadata/labels/a~1b None",
                "stackanetes.yaml:3:5 ignore spec.paused None",
                "stackanetes.yaml:4:9 yield  Some(\"keda\")",
            ]
        );
        assert_eq!(read.migrate, ["helm"]);
    }

    #[test]
    fn a_wrong_rule_is_shown_where_it_is_wrong() {
        let recorded = documents(include_str!("../../../fixtures/settings/wrong-rules.yaml"));
        assert!(recorded.len() > 5);
        for recorded in recorded {
            let found = settings(recorded["text"].as_str().expect("a text")).expect_err("a mistake");
            assert!(recorded.get("says").is_none_or(|says| *says == found), "{found}");
        }
    }
}
