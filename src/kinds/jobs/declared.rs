//! What a Job declares its inputs to be, and what those are among the desired objects.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{INPUTS, InputDigests, hides_inputs, is_job};
use crate::applyset::key::Key;
use crate::diagnostic::error::{Error, Result};
use crate::diagnostic::nearest::nearest;
use crate::kinds::pods::PodTemplate;
use crate::object::field::FieldPath;
use crate::object::{self, DesiredObject, GroupKind, HIDDEN, ObjectRef};

/// What can be written in the annotation.
const FORMS: &str = "an input is image, command, ConfigMap/NAME, ConfigMap/NAME/KEY, Secret/NAME, Secret/NAME/KEY or \
                     NAME=VALUE; commas or line breaks stand between them";

/// The inputs of one Job, with their values. Some are secret: it is not shown, and not kept.
pub struct Declared(Vec<Input>);

struct Input {
    name: String,
    value: Value,
    is_secret: bool,
}

impl Declared {
    /// Whether digests of these need a key.
    pub fn needs_key(&self) -> bool {
        self.0.iter().any(|input| input.is_secret)
    }

    /// Their digests. Those of secret ones are unknown without a key.
    pub fn digests(&self, key: Option<&Key>) -> InputDigests {
        let digest = |input: &Input| {
            if input.is_secret {
                return key.map(|key| key.digest(&input.name, &input.value));
            }
            let hash = Sha256::digest(input.value.to_string());
            Some(URL_SAFE_NO_PAD.encode(&hash[..16]))
        };
        self.0.iter().map(|input| (input.name.clone(), digest(input))).collect()
    }
}

/// Reads what every Job among `objects` declares. What is wrong with it is reported together.
pub fn declared<'a>(objects: impl IntoIterator<Item = &'a DesiredObject>) -> Result<BTreeMap<ObjectRef, Declared>> {
    let known: BTreeMap<&ObjectRef, &DesiredObject> =
        objects.into_iter().map(|object| (&object.reference, object)).collect();
    let mut declared = BTreeMap::new();
    let mut errors = Vec::new();
    for (reference, job) in known.iter().filter(|(reference, _)| is_job(&reference.kind)) {
        let reader = InputReader { job, known: &known };
        declared.insert((*reference).clone(), reader.read(&mut errors));
    }
    match Error::join(errors) {
        Some(error) => Err(error),
        None => Ok(declared),
    }
}

/// Reads the annotation of one Job.
struct InputReader<'a> {
    job: &'a DesiredObject,
    known: &'a BTreeMap<&'a ObjectRef, &'a DesiredObject>,
}

impl InputReader<'_> {
    fn read(&self, errors: &mut Vec<Error>) -> Declared {
        let Some(annotation) = self.job.annotation(INPUTS) else {
            let template = self.template().map(|template| template.whole);
            let input = template.map(|template| Input {
                name: "template".to_owned(),
                value: template.value.clone(),
                is_secret: self.job.origins.is_secret(&template.path),
            });
            return Declared(input.into_iter().collect());
        };
        let mut inputs = Vec::new();
        let mut names = BTreeSet::new();
        for text in annotation
            .split([',', '\n'])
            .map(str::trim)
            .filter(|text| !text.is_empty())
        {
            match self.input(text) {
                Ok(input) if !names.insert(input.name.clone()) => {
                    let message = format!(
                        "{} declares the input {} twice",
                        self.job.reference,
                        self.shown(&input.name)
                    );
                    errors.push(self.error(message, "take one of them out"));
                }
                Ok(input) => inputs.push(input),
                Err(error) => errors.push(error),
            }
        }
        Declared(inputs)
    }

    fn input(&self, text: &str) -> Result<Input> {
        if let Some((name, value)) = text.split_once('=') {
            let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_.-".contains(letter);
            let name = name.trim_end();
            if name.is_empty() || !name.chars().all(is_plain) {
                return Err(self.malformed(text, "the NAME of NAME=VALUE is letters, digits, _ . and -"));
            }
            return Ok(Input {
                name: format!("{name}="),
                value: value.trim_start().into(),
                is_secret: self.is_made_from_a_secret(),
            });
        }
        match text.split('/').collect::<Vec<_>>().as_slice() {
            ["image"] => Ok(self.of_containers("image", &["image"])),
            ["command"] => Ok(self.of_containers("command", &["command", "args"])),
            [kind @ ("ConfigMap" | "Secret"), name] => self.content(kind, name, None),
            [kind @ ("ConfigMap" | "Secret"), name, key] => self.content(kind, name, Some(key)),
            [word, ..] => match nearest(["image", "command", "ConfigMap", "Secret"], word) {
                Some(near) if near != *word && !self.is_made_from_a_secret() => {
                    let meant = text.replacen(word, near, 1);
                    Err(self.malformed(text, &format!("did you mean {meant}?")))
                }
                _ => Err(self.malformed(text, FORMS)),
            },
            [] => Err(self.malformed(text, FORMS)),
        }
    }

    fn template(&self) -> Option<PodTemplate<'_>> {
        PodTemplate::of(&self.job.reference.kind, &self.job.value)
    }

    /// These fields of every container.
    fn of_containers(&self, name: &str, fields: &[&str]) -> Input {
        let mut found = Vec::new();
        let mut is_secret = false;
        let template = self.template();
        for container in template.iter().flat_map(PodTemplate::containers) {
            let fields = std::iter::once(&"name").chain(fields);
            let shown = fields.filter_map(|field| {
                is_secret |= self.job.origins.is_secret(&container.field(field).path);
                Some(((*field).to_owned(), container.value.get(*field)?.clone()))
            });
            found.push(Value::Object(shown.collect::<Map<_, _>>()));
        }
        Input {
            name: name.to_owned(),
            value: found.into(),
            is_secret,
        }
    }

    /// What the directory says of a ConfigMap or a Secret, or of one key of it.
    fn content(&self, kind: &str, name: &str, key: Option<&str>) -> Result<Input> {
        let reference = ObjectRef {
            kind: GroupKind::new("", kind),
            namespace: self.job.reference.namespace.clone(),
            name: name.into(),
        };
        let text = [Some(kind), Some(name), key]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join("/");
        let Some(object) = self.known.get(&reference) else {
            return Err(self.missing(&reference, &text));
        };
        let mut entries = entries(object);
        let Some(key) = key else {
            let whole = entries.iter().map(|entry| (entry.name.clone(), entry.value.clone()));
            return Ok(Input {
                name: text,
                value: Value::Object(whole.collect()),
                is_secret: entries.iter().any(|entry| entry.is_secret),
            });
        };
        match entries.iter().position(|entry| entry.name == key) {
            Some(position) => Ok(Input {
                name: text,
                ..entries.swap_remove(position)
            }),
            None => Err(self.missing_key(&reference, key, &entries)),
        }
    }

    fn missing_key(&self, reference: &ObjectRef, key: &str, entries: &[Input]) -> Error {
        let job = &self.job.reference;
        if self.is_made_from_a_secret() {
            let message = format!("{job} has the input {HIDDEN}, whose object has no such key");
            return self.error(message, "name a key that it has");
        }
        let input = format!("{}/{}", reference.kind.kind, reference.name);
        let keys: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
        let hint = match (nearest(keys.iter().copied(), key), keys.is_empty()) {
            (Some(near), _) => format!("did you mean {input}/{near}?"),
            (None, true) => "it has none".to_owned(),
            (None, false) => format!("it has {}", keys.join(", ")),
        };
        let message = format!("{job} has the input {input}/{key}, and {reference} has no key {key}");
        self.error(message, &hint)
    }

    fn missing(&self, reference: &ObjectRef, text: &str) -> Error {
        let declare = "add its manifest, or declare what changes with it as NAME=VALUE";
        if self.is_made_from_a_secret() {
            let job = &self.job.reference;
            let message = format!("{job} has the input {HIDDEN}, whose object is not in the directory");
            return self.error(message, declare);
        }
        let message = format!(
            "{} has the input {text}, and {reference} is not in the directory",
            self.job.reference
        );
        let others = self
            .known
            .keys()
            .filter(|known| known.kind == reference.kind && known.namespace == reference.namespace);
        match nearest(others.map(|known| known.name.as_str()), &reference.name) {
            Some(near) => self.error(message, &format!("did you mean {}/{near}?", reference.kind.kind)),
            None => self.error(message, declare),
        }
    }

    /// Whether the annotation itself must not be shown.
    fn is_made_from_a_secret(&self) -> bool {
        hides_inputs(self.job)
    }

    /// What the annotation says, if that may be shown.
    fn shown<'t>(&self, text: &'t str) -> &'t str {
        if self.is_made_from_a_secret() { HIDDEN } else { text }
    }

    fn malformed(&self, text: &str, hint: &str) -> Error {
        let message = if self.is_made_from_a_secret() {
            format!("an input of {} cannot be read", self.job.reference)
        } else {
            format!("{} has the input '{text}', which cannot be read", self.job.reference)
        };
        self.error(message, hint)
    }

    fn error(&self, message: String, hint: &str) -> Error {
        let error = Error::new(message).hint(hint);
        match self.job.place(&annotation_path()) {
            Some(place) => error.at(place, ""),
            None => error,
        }
    }
}

/// What the directory says of each key of a ConfigMap or a Secret. How a value is generated is no
/// secret.
fn entries(object: &DesiredObject) -> Vec<Input> {
    let written = ["data", "binaryData"].into_iter().flat_map(|field| {
        let data = object.value.get(field).and_then(Value::as_object);
        data.into_iter().flatten().map(move |(key, value)| Input {
            name: key.clone(),
            value: json!({ field: value }),
            is_secret: object::is_secret(&object.reference.kind)
                || object.origins.is_secret(&FieldPath::of(&[field, key])),
        })
    });
    let generated = object.generate.iter().map(|generated| Input {
        name: generated.key.clone(),
        value: json!({"generate": generated.to_string()}),
        is_secret: false,
    });
    written.chain(generated).collect()
}

fn annotation_path() -> FieldPath {
    FieldPath::of(&["metadata", "annotations", INPUTS])
}
