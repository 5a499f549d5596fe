//! Pods follow their configuration: what a workload reads changes its pod template.
//!
//! Kubernetes restarts no pod because a ConfigMap or Secret changed. So the pod template carries
//! digests of those of the directory that it reads, each of the keys that it reads alone: what
//! nobody reads restarts nobody.

mod reads;

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::kinds::generate;
use crate::kinds::pods::{self, ConfigurationKind, PodTemplate};
use crate::object::field::{At, FieldPath};
use crate::object::{self, DesiredObject, LiveObject, ObjectRef};
use reads::ReadKeys;

/// The annotation of a pod template with the digests of the ConfigMaps that it reads.
pub const CONFIGURATION: &str = "stackanetes.io/configuration";
/// The annotation of a pod template with the digests of the Secrets that it reads.
pub const SECRETS: &str = "stackanetes.io/secrets";
/// The annotation by which a workload asks for no digests: `ignore`.
pub const ROLLOUT: &str = "stackanetes.io/rollout";

/// Writes into the pod templates of Deployments, StatefulSets and DaemonSets what they read.
///
/// `seal` makes a digest of what must not be shown that does not give it away; nothing if it cannot, and
/// then what the live object has stays. Returned are the workloads of which it is unknown, for want of
/// such digests, whether these of what they read have changed.
pub fn follow<'a>(
    objects: &mut [&mut DesiredObject],
    live: impl Fn(&ObjectRef) -> Option<&'a LiveObject>,
    seal: impl Fn(&Value) -> Option<String>,
) -> Unknown {
    let there = objects.iter().map(|object| &**object);
    let there = there.filter(|object| ConfigurationKind::of(&object.reference.kind).is_some());
    let follower = Follower {
        content: there.map(|object| (&object.reference, object)).collect(),
        live: &live,
        seal: &seal,
    };
    let followed = objects.iter().map(|object| follower.follow(object));
    let followed: Vec<Option<Followed>> = followed.collect();
    let mut unknown = Unknown::new();
    for (object, followed) in objects.iter_mut().zip(followed) {
        let Some(Followed { texts, sealed }) = followed else {
            continue;
        };
        if let Some(template) = PodTemplate::of_mut(&object.reference.kind, &mut object.value) {
            annotate(template, texts);
        }
        if !sealed.is_empty() {
            unknown.insert(object.reference.clone(), sealed);
        }
    }
    unknown
}

/// What the pods of one workload are told of what they read.
struct Followed {
    /// The digests, by the annotation that they stand in.
    texts: BTreeMap<&'static str, String>,
    /// What is read of which no digest can be made.
    sealed: Vec<ObjectRef>,
}

/// What workloads may follow.
struct Follower<'a, L, S> {
    /// The ConfigMaps and Secrets of the directory.
    content: BTreeMap<&'a ObjectRef, &'a DesiredObject>,
    live: &'a L,
    seal: &'a S,
}

impl<'l, L, S> Follower<'_, L, S>
where
    L: Fn(&ObjectRef) -> Option<&'l LiveObject>,
    S: Fn(&Value) -> Option<String>,
{
    /// What a workload reads; nothing of what is none, or does not follow.
    fn follow(&self, object: &DesiredObject) -> Option<Followed> {
        if !follows(object) {
            return None;
        }
        let template = PodTemplate::of(&object.reference.kind, &object.value)?;
        if !template.spec.is_there() {
            return None;
        }
        let read = reads::reads(&template.spec);
        let mut followed = Followed {
            texts: BTreeMap::new(),
            sealed: Vec::new(),
        };
        for (kind, annotation) in [
            (ConfigurationKind::ConfigMap, CONFIGURATION),
            (ConfigurationKind::Secret, SECRETS),
        ] {
            let mut digests = Vec::new();
            for ((_, name), keys) in read.iter().filter(|((of, _), _)| *of == kind) {
                let reference = ObjectRef {
                    kind: kind.group_kind(),
                    namespace: object.reference.namespace.clone(),
                    name: name.clone().into(),
                };
                let Some(content) = self.content.get(&reference) else {
                    continue;
                };
                let digest = ConfigurationContent::of(content).digest(keys, self.seal);
                if digest.is_none() {
                    followed.sealed.push(reference);
                }
                let digest = digest.or_else(|| self.written(&object.reference, annotation, name));
                digests.extend(digest.map(|digest| format!("{name}={digest}")));
            }
            let text = digests.join(",");
            if !text.is_empty() {
                followed.texts.insert(annotation, text);
            }
        }
        Some(followed)
    }

    /// The digest of what is called `name` that stands in an annotation of the live workload.
    fn written(&self, workload: &ObjectRef, annotation: &str, name: &str) -> Option<String> {
        let template = PodTemplate::of(&workload.kind, (self.live)(workload)?.value())?;
        let written = template.annotation(annotation)?;
        digests(written).get(name).map(|digest| (*digest).to_owned())
    }
}

/// What selected objects read that git says otherwise than the cluster has it, and that is not selected:
/// the reader first. Its pods would start with what there is, and be noted as if they had what git says.
pub fn pending<'a>(
    selected: impl IntoIterator<Item = &'a DesiredObject>,
    others: impl IntoIterator<Item = &'a DesiredObject>,
    live: impl Fn(&ObjectRef) -> Option<&'a LiveObject>,
) -> Vec<(ObjectRef, ObjectRef)> {
    let others = others
        .into_iter()
        .filter(|object| ConfigurationKind::of(&object.reference.kind).is_some());
    let waiting: BTreeSet<&ObjectRef> = others
        .filter(|object| !live(&object.reference).is_some_and(|live| is_applied(object, live)))
        .map(|object| &object.reference)
        .collect();
    let mut pending = Vec::new();
    for reader in selected {
        let Some(spec) = running(reader) else { continue };
        for (kind, name) in reads::reads(&spec).into_keys() {
            let read = ObjectRef {
                kind: kind.group_kind(),
                namespace: reader.reference.namespace.clone(),
                name: name.into(),
            };
            if waiting.contains(&read) {
                pending.push((reader.reference.clone(), read));
            }
        }
    }
    pending
}

/// The spec of the pods that an object runs; none if it is, or holds, a mere template.
fn running(object: &DesiredObject) -> Option<At<'_>> {
    let kind = &object.reference.kind;
    (!pods::is_mere_template(kind)).then(|| PodTemplate::assumed(kind, &object.value).spec)
}

/// Whether a ConfigMap or Secret holds what git says of it.
fn is_applied(object: &DesiredObject, live: &LiveObject) -> bool {
    let said = ["data", "binaryData"]
        .iter()
        .filter_map(|field| Some((field, object.value.get(field)?.as_object()?)));
    said.into_iter().all(|(field, said)| {
        let stored = live.value().get(*field);
        said.iter()
            .all(|(key, value)| stored.and_then(|stored| stored.get(key)) == Some(value))
    }) && generate::due(object, Some(live)).is_none_or(|due| due.make.is_empty())
}

/// What a workload reads, and of which it is unknown whether they have changed.
pub type Unknown = BTreeMap<ObjectRef, Vec<ObjectRef>>;

/// Whether this is a Secret or a ConfigMap that says what must not be shown, so that its digest must be sealed.
pub fn seals(object: &DesiredObject) -> bool {
    ConfigurationKind::of(&object.reference.kind).is_some()
        && configuration_values(object).any(|(field, key, _)| is_secret(object, field, key))
}

/// Whether this workload's pods follow what they read.
fn follows(object: &DesiredObject) -> bool {
    pods::rolls_out(&object.reference.kind) && object.annotation(ROLLOUT) != Some("ignore")
}

fn annotate(template: &mut Value, texts: BTreeMap<&str, String>) {
    let is_open = |pointer: &str| {
        let value = template.pointer(pointer);
        value.is_none_or(|value| value.is_object() || value.is_null())
    };
    // What is no mapping, the server refuses in its own words.
    if is_open("/metadata") && is_open("/metadata/annotations") {
        for (key, text) in texts {
            template["metadata"]["annotations"][key] = text.into();
        }
    }
}

/// Whether the value at `path` of a workload is, or is within, the digests of what its pods read.
pub fn is_digest(path: &FieldPath) -> bool {
    digested(path).is_some()
}

/// The kind of what the digests at `path` of a workload are of; nothing if there are none.
pub fn digested(path: &FieldPath) -> Option<&'static str> {
    let annotations = ["spec", "template", "metadata", "annotations"];
    [(CONFIGURATION, "ConfigMap"), (SECRETS, "Secret")]
        .into_iter()
        .find(|(annotation, _)| path.is_under(&[&annotations[..], &[annotation]].concat()))
        .map(|(_, kind)| kind)
}

/// A workload without the digests of what its pods read: nobody who looks at it learns anything from them.
pub fn without_digests(mut workload: Value) -> Value {
    if let Some(metadata) = workload.pointer_mut("/spec/template/metadata")
        && let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut)
    {
        let before = annotations.len();
        annotations.retain(|key, _| key != CONFIGURATION && key != SECRETS);
        if annotations.is_empty() && before > 0 {
            metadata.as_object_mut().map(|metadata| metadata.remove("annotations"));
        }
    }
    workload
}

/// The names whose digests differ between two values of one of the annotations.
pub fn changed<'a>(before: &'a str, after: &'a str) -> Vec<&'a str> {
    let (before, after) = (digests(before), digests(after));
    let mut names: Vec<&str> = before.keys().chain(after.keys()).copied().collect();
    names.sort_unstable();
    names.dedup();
    names.retain(|name| before.get(name) != after.get(name));
    names
}

/// Each name of an annotation, and its digest.
fn digests(annotation: &str) -> BTreeMap<&str, &str> {
    annotation.split(',').filter_map(|item| item.split_once('=')).collect()
}

/// What the directory says of one ConfigMap or Secret.
struct ConfigurationContent<'a> {
    /// The values, by their keys.
    values: BTreeMap<&'a str, &'a Value>,
    /// The keys whose values must not be shown: all of a Secret, and of a ConfigMap those that were decrypted or
    /// made from a secret parameter.
    secret: BTreeSet<&'a str>,
    /// What is made in the cluster, as it is declared.
    generated: BTreeMap<&'a str, String>,
}

/// The values of a ConfigMap or a Secret, each with the field that it is in and its key.
fn configuration_values(object: &DesiredObject) -> impl Iterator<Item = (&'static str, &str, &Value)> {
    ["data", "binaryData"].into_iter().flat_map(|field| {
        let map = object.value.get(field).and_then(Value::as_object);
        let values = map.into_iter().flatten();
        values.map(move |(key, value)| (field, key.as_str(), value))
    })
}

/// Whether this value of a ConfigMap or a Secret must not be shown.
fn is_secret(object: &DesiredObject, field: &str, key: &str) -> bool {
    object::is_secret(&object.reference.kind) || object.origins.is_secret(&FieldPath::of(&[field, key]))
}

impl<'a> ConfigurationContent<'a> {
    fn of(object: &'a DesiredObject) -> Self {
        let secret = configuration_values(object).filter(|(field, key, _)| is_secret(object, field, key));
        let generated = object.generate.iter().map(|one| (one.key.as_str(), one.to_string()));
        Self {
            values: configuration_values(object)
                .map(|(_, key, value)| (key, value))
                .collect(),
            secret: secret.map(|(_, key, _)| key).collect(),
            generated: generated.collect(),
        }
    }

    /// A digest of what is said of these keys. What must not be shown is sealed, since a plain digest of a short
    /// value gives it away; how a value is generated is no secret.
    fn digest(&self, keys: &ReadKeys, seal: impl Fn(&Value) -> Option<String>) -> Option<String> {
        let values: BTreeMap<_, _> = self.values.iter().filter(|(key, _)| keys.contain(key)).collect();
        let generated: BTreeMap<_, _> = self.generated.iter().filter(|(key, _)| keys.contain(key)).collect();
        let said = json!({"values": values, "generated": generated});
        if values.keys().any(|key| self.secret.contains(**key)) {
            return seal(&said);
        }
        Some(URL_SAFE_NO_PAD.encode(&Sha256::digest(said.to_string())[..12]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::generate::{Generated, GeneratedForm};
    use crate::testing::{desired, desired_with_secret};

    const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: a}
spec:
  template:
    spec:
      containers:
        - name: web
          envFrom: [{configMapRef: {name: all}}]
          env: [{name: X, valueFrom: {secretKeyRef: {name: key, key: x}}}]
      volumes:
        - configMap: {name: part, items: [{key: one, path: one}]}
        - configMap: {name: elsewhere}
";

    fn map(kind: &str, name: &str, data: &str) -> DesiredObject {
        desired(&format!(
            "apiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: a}}\ndata: {data}\n"
        ))
    }

    const SEAL: fn(&Value) -> Option<String> = |value| Some(format!("sealed{}", value.to_string().len()));

    /// The annotations of the pod template of `web` beside these objects.
    fn annotations(web: &str, mut others: Vec<DesiredObject>, seal: impl Fn(&Value) -> Option<String>) -> Value {
        let mut web = desired(web);
        let mut all: Vec<&mut DesiredObject> = others.iter_mut().collect();
        all.push(&mut web);
        follow(&mut all, |_| None, seal);
        web.value["spec"]["template"]["metadata"]["annotations"].clone()
    }

    fn configuration(all: &str, part: &str) -> String {
        let others = vec![map("ConfigMap", "all", all), map("ConfigMap", "part", part)];
        let annotations = annotations(WEB, others, SEAL);
        annotations[CONFIGURATION].as_str().expect("there is one").to_owned()
    }

    #[test]
    fn a_digest_covers_what_is_read_and_nothing_else() {
        let before = configuration("{a: x}", "{one: x, two: x}");
        assert_eq!(before, configuration("{a: x}", "{one: x, two: y}"));
        let after = configuration("{a: y}", "{one: x, two: x}");
        assert_eq!(changed(&before, &after), ["all"]);
        let after = configuration("{a: x}", "{one: y, two: x}");
        assert_eq!(changed(&before, &after), ["part"]);
        assert!(!before.contains("elsewhere"), "{before}");
    }

    #[test]
    fn what_a_secret_says_is_sealed_and_how_it_is_generated_is_not() {
        let secret = map("Secret", "key", "{x: eA==}");
        let sealed = annotations(WEB, vec![secret.clone()], SEAL);
        assert!(
            sealed[SECRETS]
                .as_str()
                .is_some_and(|text| text.starts_with("key=sealed"))
        );
        assert_eq!(annotations(WEB, vec![secret], |_| None), Value::Null);

        let generated = |rotation| {
            let mut secret = map("Secret", "key", "{other: eA==}");
            secret.generate.push(Generated {
                key: "x".into(),
                form: GeneratedForm::Fernet,
                rotation,
                place: None,
            });
            annotations(WEB, vec![secret], |_| None)
        };
        assert!(generated(0)[SECRETS].is_string());
        assert_ne!(generated(0), generated(1));
    }

    #[test]
    fn what_is_secret_in_a_config_map_is_sealed_and_what_is_open_is_not() {
        let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: all, namespace: a}\ndata: {a: x, b: y}\n";
        let secret = desired_with_secret(text, &["data", "a"]);
        assert!(seals(&secret));
        let sealed = annotations(WEB, vec![secret.clone()], SEAL);
        assert!(
            sealed[CONFIGURATION]
                .as_str()
                .is_some_and(|text| text.starts_with("all=sealed"))
        );
        assert_eq!(annotations(WEB, vec![secret], |_| None), Value::Null);
        assert!(!seals(&desired(text)));
        assert!(annotations(WEB, vec![desired(text)], |_| None)[CONFIGURATION].is_string());
    }

    #[test]
    fn what_cannot_be_sealed_stays_as_it_is() {
        let live = LiveObject::new(json!({"spec": {"template": {"metadata": {"annotations": {SECRETS: "key=old"}}}}}));
        let (mut web, mut secret) = (desired(WEB), map("Secret", "key", "{x: eA==}"));
        let unknown = follow(&mut [&mut web, &mut secret], |_| Some(&live), |_| None);
        assert_eq!(
            unknown,
            Unknown::from([(web.reference.clone(), vec![secret.reference.clone()])])
        );
        assert_eq!(
            web.value["spec"]["template"]["metadata"]["annotations"][SECRETS],
            "key=old"
        );
    }

    #[test]
    fn what_is_read_and_not_as_git_says_is_pending() {
        let (web, map) = (desired(WEB), map("ConfigMap", "all", "{a: x}"));
        let pending = |live: Option<&LiveObject>| pending([&web], [&map], |_| live).len();
        assert_eq!(pending(None), 1);
        assert_eq!(pending(Some(&LiveObject::new(json!({"data": {"a": "y"}})))), 1);
        assert_eq!(
            pending(Some(&LiveObject::new(json!({"data": {"a": "x", "b": "z"}})))),
            0
        );
    }

    #[test]
    fn what_a_kind_that_is_not_known_reads_is_pending_and_what_a_mere_template_reads_is_not() {
        let map = map("ConfigMap", "all", "{a: x}");
        let pending = |reader: &str| pending([&desired(reader)], [&map], |_| None).len();
        let rollout = WEB
            .replace("apps/v1", "argoproj.io/v1alpha1")
            .replace("Deployment", "Rollout");
        assert_eq!(pending(&rollout), 1);
        let volumes = "{volumes: [{configMap: {name: all}}]}";
        let other = |kind: &str, spec: &str| format!("{kind}\nmetadata: {{name: x, namespace: a}}\n{spec}\n");
        let service = other(
            "apiVersion: serving.knative.dev/v1\nkind: Service",
            &format!("spec: {{template: {{spec: {volumes}}}}}"),
        );
        assert_eq!(pending(&service), 1);
        let template = other(
            "apiVersion: v1\nkind: PodTemplate",
            &format!("template: {{spec: {volumes}}}"),
        );
        assert_eq!(pending(&template), 0);
        assert_eq!(
            pending(&other("apiVersion: example.com/v1\nkind: A", "spec: {template: [all]}")),
            0
        );
    }

    #[test]
    fn who_asks_for_no_digests_gets_none() {
        let web = WEB.replace(
            "namespace: a}",
            "namespace: a, annotations: {stackanetes.io/rollout: ignore}}",
        );
        assert_eq!(
            annotations(&web, vec![map("ConfigMap", "all", "{a: x}")], SEAL),
            Value::Null
        );
    }
}
