//! Pieces of manifests: a place and the values it may have.

use serde_json::{Map, Value, json};

/// A place in a manifest, as `spec.ports[port=80].name` or, for an item of a set, `spec.tags[]`.
#[derive(Debug, Clone)]
pub struct Place(Vec<Step>);

#[derive(Debug, Clone)]
enum Step {
    Field(String),
    Item(Map<String, Value>),
    Member,
}

/// A place and the values it may have.
#[derive(Debug, Clone)]
pub struct Fragment {
    pub place: Place,
    pub values: Vec<Value>,
}

impl Fragment {
    pub fn new(place: &str, values: Value) -> Self {
        Self {
            place: Place::parse(place),
            values: values.as_array().expect("a list of values").clone(),
        }
    }
}

impl Place {
    fn parse(text: &str) -> Self {
        let mut steps = Vec::new();
        for part in text.split('.') {
            let mut pieces = part.split('[');
            let name = pieces.next().expect("a split has a first part");
            steps.push(Step::Field(name.to_owned()));
            for keys in pieces {
                let keys = keys.trim_end_matches(']');
                steps.push(if keys.is_empty() {
                    Step::Member
                } else {
                    Step::Item(keys.split(',').map(key).collect())
                });
            }
        }
        Self(steps)
    }

    /// The field of the object that it is in.
    pub fn root(&self) -> &str {
        match self.0.first() {
            Some(Step::Field(name)) => name,
            _ => "",
        }
    }

    /// How many places lead here.
    pub fn depth(&self) -> usize {
        self.0.len()
    }

    /// The place so many steps from the root.
    pub fn prefix(&self, depth: usize) -> Self {
        Self(self.0[..depth].to_vec())
    }

    /// Writes a value, and what must be around it. What is in the way is replaced.
    pub fn set(&self, object: &mut Value, value: &Value) {
        set(&self.0, object, value);
    }

    /// Removes what is there. Whether there was something.
    pub fn remove(&self, object: &mut Value) -> bool {
        remove(&self.0, object)
    }

    /// The value there.
    pub fn find<'a>(&self, object: &'a mut Value) -> Option<&'a mut Value> {
        self.0.iter().try_fold(object, |value, step| match step {
            Step::Field(name) => value.as_object_mut()?.get_mut(name),
            Step::Item(keys) => value.as_array_mut()?.iter_mut().find(|item| has(item, keys)),
            Step::Member => None,
        })
    }
}

fn key(text: &str) -> (String, Value) {
    let (name, value) = text.split_once('=').expect("a key has a value");
    let value = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
    (name.to_owned(), value)
}

fn has(item: &Value, keys: &Map<String, Value>) -> bool {
    keys.iter().all(|(name, value)| item.get(name) == Some(value))
}

fn set(steps: &[Step], target: &mut Value, value: &Value) {
    let Some((step, rest)) = steps.split_first() else {
        *target = value.clone();
        return;
    };
    match step {
        Step::Field(name) => {
            if !target.is_object() {
                *target = json!({});
            }
            set(rest, &mut target[name], value);
        }
        Step::Item(keys) => {
            let items = list(target);
            let place = items.iter().position(|item| has(item, keys)).unwrap_or_else(|| {
                items.push(Value::Object(keys.clone()));
                items.len() - 1
            });
            set(rest, &mut items[place], value);
        }
        Step::Member => {
            let items = list(target);
            if !items.contains(value) {
                items.push(value.clone());
            }
        }
    }
}

fn list(target: &mut Value) -> &mut Vec<Value> {
    if !target.is_array() {
        *target = json!([]);
    }
    target.as_array_mut().expect("it was made a list")
}

fn remove(steps: &[Step], target: &mut Value) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        return false;
    };
    let is_last = rest.is_empty();
    match (step, target) {
        (Step::Field(name), Value::Object(fields)) if is_last => fields.remove(name).is_some(),
        (Step::Field(name), Value::Object(fields)) => fields.get_mut(name).is_some_and(|child| remove(rest, child)),
        (Step::Item(keys), Value::Array(items)) => {
            let place = items.iter().position(|item| has(item, keys));
            place.is_some_and(|place| {
                if is_last {
                    items.remove(place);
                    true
                } else {
                    remove(rest, &mut items[place])
                }
            })
        }
        (Step::Member, Value::Array(items)) => items.pop().is_some(),
        _ => false,
    }
}
