//! What an expression can name: the parameters, and the variables of the loops around it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::{Enumerator, Object, ObjectRepr, Serde};
use serde_json::Value;

/// What a default calls the object that it is for. No parameter is called so.
pub(super) const OBJECT: &str = "object";

/// The path of a parameter: `["network", "ingress", "host"]`.
pub(super) type ParameterPath = Vec<String>;

/// Which parameters an expression read, and which names it asked for that there are none of.
#[derive(Debug, Default)]
pub(super) struct ExpressionReads {
    /// The parameters, each once, in the order of their first reading.
    pub(super) read: Vec<ParameterPath>,
    /// The names that are no parameter and no variable.
    pub(super) missing: Vec<ParameterPath>,
}

/// A note of reads that the objects of one evaluation share.
pub(super) type Notebook = Arc<Mutex<ExpressionReads>>;

fn note(notebook: &Notebook, list: fn(&mut ExpressionReads) -> &mut Vec<ParameterPath>, path: ParameterPath) {
    let mut reads = notebook.lock().unwrap_or_else(PoisonError::into_inner);
    let list = list(&mut reads);
    if !list.contains(&path) {
        list.push(path);
    }
}

/// The variables of the loops around an expression, the innermost last.
pub(super) type Variables = Vec<(String, minijinja::Value)>;

/// Everything that an expression can name.
pub(super) struct ExpressionScope {
    pub(super) parameters: Arc<Value>,
    pub(super) variables: Variables,
    pub(super) notebook: Notebook,
}

/// Values may be secret: only what there is, is told.
impl fmt::Debug for ExpressionScope {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the parameters")
    }
}

impl Object for ExpressionScope {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<minijinja::Value> {
        if let Some((_, value)) = self.variables.iter().rev().find(|(name, _)| name == key) {
            return Some(value.clone());
        }
        let root = NotedGroup {
            parameters: self.parameters.clone(),
            path: Vec::new(),
            notebook: self.notebook.clone(),
        };
        Arc::new(root).child(key)
    }

    fn get_value(self: &Arc<Self>, key: &minijinja::Value) -> Option<minijinja::Value> {
        self.get_value_by_str(key.as_str()?)
    }
}

/// A group of parameters, which notes what is read of it.
struct NotedGroup {
    parameters: Arc<Value>,
    path: ParameterPath,
    notebook: Notebook,
}

impl fmt::Debug for NotedGroup {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "the parameters of {}", self.path.join("."))
    }
}

impl NotedGroup {
    fn value(&self) -> Option<&Value> {
        self.path
            .iter()
            .try_fold(&*self.parameters, |value, key| value.get(key))
    }

    fn child(self: &Arc<Self>, key: &str) -> Option<minijinja::Value> {
        let path: ParameterPath = self.path.iter().cloned().chain([key.to_owned()]).collect();
        match self.value()?.get(key) {
            None => {
                note(&self.notebook, |reads| &mut reads.missing, path);
                None
            }
            Some(Value::Object(_)) => {
                let group = NotedGroup {
                    parameters: self.parameters.clone(),
                    path,
                    notebook: self.notebook.clone(),
                };
                Some(minijinja::Value::from_object(group))
            }
            Some(value) => {
                note(&self.notebook, |reads| &mut reads.read, path);
                Some(minijinja::Value::from(Serde(value)))
            }
        }
    }
}

impl Object for NotedGroup {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<minijinja::Value> {
        self.child(key)
    }

    fn get_value(self: &Arc<Self>, key: &minijinja::Value) -> Option<minijinja::Value> {
        self.child(key.as_str()?)
    }

    /// Who goes through a group reads all of it.
    fn enumerate(self: &Arc<Self>) -> Enumerator {
        note(&self.notebook, |reads| &mut reads.read, self.path.clone());
        let keys = self
            .value()
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(|map| map.keys());
        Enumerator::Values(keys.map(|key| minijinja::Value::from(key.as_str())).collect())
    }
}
