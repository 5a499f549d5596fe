//! What is asked about a Job, which cannot be changed once it is there, and about what else is made anew.

use std::collections::BTreeSet;

use serde_json::Value;

use super::bind;
use crate::cluster::{Answer, Apply, CauseKind, Cluster, ClusterError, Failure, Force, Persist, Resource};
use crate::diagnostic::error::{Error, Result};
use crate::diagnostic::nearest::nearest;
use crate::kinds::jobs::{self, JobRun};
use crate::object::{LiveObject, ObjectRef};

/// What is sent for a Job that stays while our notes on it change: its spec as it is.
pub(super) fn keep_spec(sent: &mut Value, live: &LiveObject) {
    if let Some(spec) = live.value().get("spec") {
        sent["spec"] = spec.clone();
    }
}

/// Asks the server whether it would accept `sent` in place of the object with `uid`: a dry-run under
/// another name, since its own is taken. The answer has its own again.
pub async fn validate(
    cluster: &dyn Cluster,
    resource: &Resource,
    reference: &ObjectRef,
    sent: &Value,
    uid: &str,
    field_manager: &str,
) -> Result<Answer, ClusterError> {
    let temporary = ObjectRef {
        name: jobs::temporary_name(&reference.name, uid).into(),
        ..reference.clone()
    };
    let mut object = sent.clone();
    object["metadata"]["name"] = temporary.name.as_str().into();
    bind(&mut object, None);
    let apply = Apply {
        object: &object,
        reference: &temporary,
        field_manager,
        force: Force::Take,
        persist: Persist::DryRun,
    };
    let renamed = |text: &str| text.replace(temporary.name.as_str(), &reference.name);
    match cluster.apply(resource, &apply).await {
        Ok(answer) => {
            let mut object = answer.object.into_value();
            object["metadata"]["name"] = reference.name.as_str().into();
            Ok(Answer {
                object: LiveObject::new(object),
                warnings: answer.warnings.iter().map(|warning| renamed(warning)).collect(),
                ..answer
            })
        }
        Err(mut error) => {
            error.message = renamed(&error.message);
            for cause in &mut error.causes {
                cause.message = renamed(&cause.message);
            }
            Err(error)
        }
    }
}

/// Whether the server refuses a change only because the fields cannot be changed.
pub(super) fn is_fixed(run: &JobRun, error: &ClusterError) -> bool {
    *run == JobRun::Plain
        && error.failure == Failure::Invalid
        && !error.causes.is_empty()
        && error.causes.iter().all(|cause| cause.kind == CauseKind::Immutable)
}

/// What is to be run again by name must be one Job, and selected.
pub(super) fn check_reruns<'a>(
    names: &[String],
    jobs: impl Iterator<Item = &'a ObjectRef> + Clone,
    selected: &BTreeSet<&ObjectRef>,
) -> Result<()> {
    let wrong = names.iter().filter_map(|name| {
        let found: Vec<&ObjectRef> = jobs.clone().filter(|job| jobs::names(job, name)).collect();
        match found.as_slice() {
            [] => {
                let error = Error::new(format!("--rerun {name}: there is no such Job in the directory"));
                let whole: Vec<String> = jobs.clone().map(full_name).collect();
                let known = jobs
                    .clone()
                    .map(|job| job.name.as_str())
                    .chain(whole.iter().map(String::as_str));
                Some(match nearest(known, name) {
                    Some(near) => error.hint(format!("did you mean {near}?")),
                    None if whole.is_empty() => error.hint("there are no Jobs in it"),
                    None => error.hint(format!("there are {}", whole.join(", "))),
                })
            }
            [job] if !selected.contains(*job) => Some(
                Error::new(format!("--rerun {name}: {job} is not selected"))
                    .hint("select it, too: look at -l, --only-namespace and --component"),
            ),
            [_] => None,
            several => {
                let named: Vec<String> = several.iter().map(|job| full_name(job)).collect();
                let error = Error::new(format!("--rerun {name}: there are {} such Jobs", several.len()));
                Some(error.hint(format!("pass one of {}", named.join(", "))))
            }
        }
    });
    Error::join(wrong).map_or(Ok(()), Err)
}

fn full_name(job: &ObjectRef) -> String {
    match &job.namespace {
        Some(namespace) => format!("{namespace}/{}", job.name),
        None => job.name.to_string(),
    }
}
