//! Evaluates one expression to a typed value.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::{Environment, ErrorKind, UndefinedBehavior};
use serde::Deserialize as _;
use serde_json::Value;

use super::bounds;
use super::scope::{ExpressionReads, ExpressionScope, Notebook, OBJECT, ParameterPath, Variables};
use crate::diagnostic::error::Error;
use crate::diagnostic::nearest::nearest;
use crate::diagnostic::place::{Origin, Place};

/// How many steps an expression may take.
const FUEL: u64 = 50_000;

/// Evaluates expressions over one set of parameters.
///
/// An expression reads parameters and loop variables and nothing else: there are no files, no
/// environment and no network behind it, and its steps are bounded.
pub(super) struct Evaluator {
    environment: Environment<'static>,
    parameters: Arc<Value>,
}

/// What an expression gave.
#[derive(Debug)]
pub(super) struct Evaluated {
    /// Its value.
    pub(super) value: Value,
    /// The parameters that were read.
    pub(super) read: Vec<ParameterPath>,
}

/// Why an expression gave nothing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ExpressionError {
    /// The mistake, in words.
    pub(super) message: String,
    /// Which bytes of the expression are.
    pub(super) span: Option<Range<usize>>,
    /// What to do.
    pub(super) hint: Option<String>,
    /// The parameters that were read until then: the words may quote them.
    pub(super) read: Vec<ParameterPath>,
}

impl ExpressionError {
    /// This error, where `reads` is what was read until then.
    pub(super) fn after(self, reads: ExpressionReads) -> Self {
        Self {
            read: reads.read,
            ..self
        }
    }

    /// The error at `place`, after what was read until then: of what is secret nothing more is said.
    pub(super) fn at(self, place: Place, read: Vec<Origin>) -> Error {
        let is_secret = read.iter().any(|origin| origin.role.is_secret());
        let message = if is_secret {
            "this expression fails; it reads a secret parameter, so nothing more is said".to_owned()
        } else {
            self.message
        };
        let error = with_encrypted(Error::new(message).at(place, ""), &read);
        // A hint tells names that there are, and may tell the one that was looked for.
        let hint = self.hint.filter(|_| !is_secret);
        hint.into_iter().fold(error, Error::hint)
    }
}

/// The error, with the places of what was read that is encrypted: where nobody decrypted it, that may be all that
/// is wrong.
pub(super) fn with_encrypted(error: Error, read: &[Origin]) -> Error {
    let places = read.iter().map(|origin| &origin.place);
    let encrypted = places.filter(|place| place.file.is_encrypted_within(&place.span));
    encrypted.fold(error, |error, place| error.at(place.clone(), ""))
}

impl Evaluator {
    pub(super) fn new(parameters: Arc<Value>) -> Self {
        Self {
            environment: strict(FUEL),
            parameters,
        }
    }

    /// Whether something among the parameters is called so, or is a key of one.
    pub(super) fn has_name(&self, name: &str) -> bool {
        fn has(value: &Value, name: &str) -> bool {
            match value {
                Value::Object(map) => map.contains_key(name) || map.values().any(|value| has(value, name)),
                Value::Array(items) => items.iter().any(|item| has(item, name)),
                Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => false,
            }
        }
        has(&self.parameters, name)
    }

    pub(super) fn evaluate(&self, expression: &str, variables: &Variables) -> Result<Evaluated, ExpressionError> {
        bounds::check_expression(expression)?;
        let notebook: Notebook = Arc::new(Mutex::default());
        let scope = ExpressionScope {
            parameters: self.parameters.clone(),
            variables: variables.clone(),
            notebook: notebook.clone(),
        };
        let evaluated = self
            .environment
            .compile_expression(expression)
            .and_then(|compiled| compiled.eval(minijinja::Value::from_object(scope)));
        // A group of parameters in the value is read when it is written out.
        let written = evaluated.map(|value| (!value.is_undefined()).then(|| written(value)));
        let reads = std::mem::take(&mut *notebook.lock().unwrap_or_else(PoisonError::into_inner));
        let value = match written {
            Ok(Some(written)) => written,
            Ok(None) => Err(undefined(&self.parameters, reads.missing.last(), None)),
            Err(error) => Err(failed(&self.parameters, expression, &error, &reads)),
        };
        match value {
            Ok(value) => Ok(Evaluated {
                value,
                read: reads.read,
            }),
            Err(error) => Err(error.after(reads)),
        }
    }
}

/// A value as YAML has it.
fn written(value: minijinja::Value) -> Result<Value, ExpressionError> {
    bounds::check_value(&value)?;
    Value::deserialize(value).map_err(|error| ExpressionError {
        message: format!("this value has no form in YAML: {error}"),
        span: None,
        hint: None,
        read: Vec::new(),
    })
}

/// An environment in which nothing is undefined, nothing goes on for ever, and there is nothing but
/// what is handed over.
pub(super) fn strict(fuel: u64) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(fuel));
    environment.set_debug(true);
    // It would print all there is.
    environment.remove_global("debug");
    environment
}

/// What is wrong where an evaluation ended with `error` after `reads`.
pub(super) fn failed(
    parameters: &Value,
    source: &str,
    error: &minijinja::Error,
    reads: &ExpressionReads,
) -> ExpressionError {
    if error.kind() == ErrorKind::UndefinedError {
        // Loop variables were asked for too, to tell of them.
        let at = error.range().and_then(|range| source.get(range));
        let is_there = |path: &&ParameterPath| {
            let name = path.last().map(String::as_str);
            at.zip(name).is_some_and(|(at, name)| at.contains(name))
        };
        let missing = reads.missing.iter().rev().find(is_there).or(reads.missing.last());
        return undefined(parameters, missing, error.range());
    }
    fault(error)
}

/// An unknown name, and the nearest that there is.
fn undefined(parameters: &Value, missing: Option<&ParameterPath>, span: Option<Range<usize>>) -> ExpressionError {
    let Some(path) = missing else {
        let message = "this expression has no value".to_owned();
        return ExpressionError {
            message,
            span,
            hint: Some("give it a value, for example with `| default(…)`".to_owned()),
            read: Vec::new(),
        };
    };
    let (name, group) = path
        .split_last()
        .map_or(("", &path[..]), |(name, group)| (name.as_str(), group));
    let known = group
        .iter()
        .try_fold(parameters, |value, key| value.get(key))
        .and_then(Value::as_object);
    let nearest = nearest(
        known.into_iter().flat_map(|known| known.keys().map(String::as_str)),
        name,
    );
    let full = |name: &str| {
        group
            .iter()
            .map(String::as_str)
            .chain([name])
            .collect::<Vec<_>>()
            .join(".")
    };
    ExpressionError {
        message: match group.first() {
            Some(first) if first == OBJECT => format!("there is no `{}`", full(name)),
            _ => format!("there is no parameter `{}`", full(name)),
        },
        span,
        hint: nearest.map(|nearest| format!("did you mean `{}`?", full(nearest))),
        read: Vec::new(),
    }
}

/// minijinja's errors in our words. Their details name operations and types, not values.
fn fault(error: &minijinja::Error) -> ExpressionError {
    let message = match error.kind() {
        ErrorKind::SyntaxError => format!(
            "this is no expression: {}",
            error.detail().unwrap_or("it ends too early")
        ),
        ErrorKind::OutOfFuel => "this expression takes too many steps".to_owned(),
        ErrorKind::UnknownFilter | ErrorKind::UnknownFunction | ErrorKind::UnknownTest | ErrorKind::UnknownMethod => {
            error.detail().unwrap_or("it calls something unknown").to_owned()
        }
        kind => match error.detail() {
            Some(detail) => format!("{kind}: {detail}"),
            None => kind.to_string(),
        },
    };
    ExpressionError {
        message,
        span: error.range(),
        hint: None,
        read: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn evaluate(expression: &str) -> Result<(Value, Vec<String>), ExpressionError> {
        let parameters = json!({
            "deployment": {"control_replicas": 3, "debug": false},
            "network": {"ingress": {"host": "%s.example.com"}, "ips": ["10.0.0.1", "10.0.0.2"]},
        });
        let evaluated = Evaluator::new(Arc::new(parameters)).evaluate(expression, &Variables::new())?;
        Ok((
            evaluated.value,
            evaluated.read.iter().map(|path| path.join(".")).collect(),
        ))
    }

    #[test]
    fn values_keep_their_types_and_reads_are_noted() {
        assert_eq!(
            evaluate("deployment.control_replicas"),
            Ok((json!(3), vec!["deployment.control_replicas".into()]))
        );
        assert_eq!(
            evaluate("not deployment.debug").map(|(value, _)| value),
            Ok(json!(true))
        );
        assert_eq!(
            evaluate("network.ingress.host | replace('%s', 'identity')"),
            Ok((json!("identity.example.com"), vec!["network.ingress.host".into()]))
        );
        assert_eq!(
            evaluate("network.ips").map(|(value, _)| value),
            Ok(json!(["10.0.0.1", "10.0.0.2"]))
        );
        assert_eq!(
            evaluate("deployment.control_replicas * 2 + 1").map(|(value, _)| value),
            Ok(json!(7))
        );
    }

    #[test]
    fn a_value_of_too_many_parts_is_refused_before_it_is_taken_apart() {
        let lists = |count: usize| evaluate(&format!("[{}]", vec!["range(99999)"; count].join(", ")));
        assert!(lists(2).is_ok());
        let fault = lists(11).expect_err("too many");
        assert_eq!(fault.message, "this expression gives more than 1048576 values");
    }

    #[test]
    fn an_unknown_name_is_told_with_the_nearest() {
        let fault = evaluate("deployment.control_replica").expect_err("there is none");
        assert_eq!(fault.message, "there is no parameter `deployment.control_replica`");
        assert_eq!(
            fault.hint.as_deref(),
            Some("did you mean `deployment.control_replicas`?")
        );
        let fault = evaluate("deploymnt.debug").expect_err("there is none");
        assert_eq!(fault.hint.as_deref(), Some("did you mean `deployment`?"));
        assert!(evaluate("deployment.nothing.at.all").is_err());
    }

    #[test]
    fn what_is_no_expression_is_told() {
        for wrong in [
            "1 +",
            "a b",
            "",
            "deployment.debug | nofilter",
            "1 / 'a'",
            "range(100000000)",
        ] {
            assert!(evaluate(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_world_is_out_of_reach() {
        for wrong in ["include('x')", "env('HOME')", "open('/etc/passwd')", "''.__class__"] {
            assert!(evaluate(wrong).is_err(), "{wrong}");
        }
    }
}
