//! What happens during a sync, an event a line.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::outcome::{Came, Unpruned};
use super::{DocumentKind, document};
use crate::execute;
use crate::kinds::health;
use crate::object::ObjectRef;
use crate::object::commit::Commit;
use crate::object::shown::ShownPath;
use crate::plan::Action;
use crate::view::document::not_released;

/// Something that happens during a sync.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Event<'a> {
    /// When (RFC 3339, with milliseconds).
    time: String,
    #[serde(flatten)]
    what: EventContent<'a>,
}

impl DocumentKind for Event<'_> {
    const KIND: &'static str = "Event";
}

/// What happens.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "camelCase")]
enum EventContent<'a> {
    /// Another sync is waited for.
    Queued {
        /// Who syncs.
        holder: &'a str,
        /// The commit that is synced.
        #[serde(skip_serializing_if = "Option::is_none")]
        revision: Option<&'a Commit>,
    },
    /// Work on an object begins.
    Started {
        /// The object.
        object: &'a ObjectRef,
        /// What is to be done.
        action: Action,
    },
    /// An object was written, or its deletion was requested.
    Applied {
        /// The object.
        object: &'a ObjectRef,
        /// What was done.
        action: Action,
    },
    /// An object is waited for.
    Waiting {
        /// The object.
        object: &'a ObjectRef,
        /// How it is, in the words of kstatus.
        status: String,
        /// Why it is not Current yet.
        message: &'a str,
        /// What keeps it from becoming Current, where its pods or the Events about it tell.
        #[serde(skip_serializing_if = "Option::is_none")]
        hindrance: Option<Hindrance>,
    },
    /// An object is not Current, and is not waited for.
    Unawaited {
        /// The object.
        object: &'a ObjectRef,
        /// How it is, in the words of kstatus.
        status: String,
        /// Why it is not Current.
        message: &'a str,
    },
    /// The sync is done with an object.
    Settled {
        /// The object.
        object: &'a ObjectRef,
        #[serde(flatten)]
        came: Box<Came<'a>>,
    },
    /// The stored object differs from the plan.
    Mismatch {
        /// The object.
        object: &'a ObjectRef,
        /// The paths of the fields that differ.
        fields: Vec<String>,
    },
    /// The server warned.
    Warning {
        /// What the request was about.
        object: &'a ObjectRef,
        /// The server's words.
        message: &'a str,
    },
    /// The Lease could not be given back, and expires by itself.
    NotReleased {
        /// The Lease.
        object: &'a ObjectRef,
        /// How many seconds after its last renewal anybody may take it.
        seconds: u64,
        /// What the server said; absent where it did not answer in time.
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<&'a str>,
        /// The sentence.
        message: String,
    },
    /// Nothing was pruned.
    NotPruned(Unpruned),
}

/// What keeps an object from becoming Current.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
enum Hindrance {
    /// No node takes its pod.
    Unschedulable,
    /// The image of a container cannot be pulled.
    ImageUnavailable,
    /// A container ends again and again.
    Crashing,
    /// A container cannot be started: its configuration names something that is not there, or cannot be run.
    CannotStart,
    /// Its pods are not even created: a quota or an admission plugin is in the way.
    PodsRefused,
    /// Nothing provides the volume that a claim asks for.
    ClaimPending,
    /// It is a namespace that is being deleted, and something in it is still there.
    NamespaceHeld,
}

impl From<health::Hindrance> for Hindrance {
    fn from(hindrance: health::Hindrance) -> Self {
        match hindrance {
            health::Hindrance::Unschedulable => Self::Unschedulable,
            health::Hindrance::ImageUnavailable => Self::ImageUnavailable,
            health::Hindrance::Crashing => Self::Crashing,
            health::Hindrance::CannotStart => Self::CannotStart,
            health::Hindrance::PodsRefused => Self::PodsRefused,
            health::Hindrance::ClaimPending => Self::ClaimPending,
            health::Hindrance::NamespaceHeld => Self::NamespaceHeld,
        }
    }
}

/// The document of one event that happens now.
pub fn event(event: &execute::Event, now: Timestamp) -> Value {
    document(&Event {
        time: format!("{now:.3}"),
        what: EventContent::of(event),
    })
}

impl<'a> EventContent<'a> {
    fn of(event: &'a execute::Event) -> Self {
        match event {
            execute::Event::Queued { holder } => Self::Queued {
                holder: &holder.identity,
                revision: holder.revision.as_ref(),
            },
            execute::Event::Started { reference, action } => Self::Started {
                object: reference,
                action: *action,
            },
            execute::Event::Applied { reference, action } => Self::Applied {
                object: reference,
                action: *action,
            },
            execute::Event::Waiting {
                reference,
                health,
                hindered,
            } => {
                let told = hindered.as_ref().map_or(health, |hindered| &hindered.health);
                Self::Waiting {
                    object: reference,
                    status: told.status.to_string(),
                    message: &told.message,
                    hindrance: hindered.as_ref().map(|hindered| hindered.by.into()),
                }
            }
            execute::Event::Unawaited { reference, health } => Self::Unawaited {
                object: reference,
                status: health.status.to_string(),
                message: &health.message,
            },
            execute::Event::Settled { reference, outcome } => Self::Settled {
                object: reference,
                came: Box::new(outcome.into()),
            },
            execute::Event::Mismatch { reference, paths } => Self::Mismatch {
                object: reference,
                fields: self::paths(paths),
            },
            execute::Event::Warning { reference, message } => Self::Warning {
                object: reference,
                message,
            },
            execute::Event::NotReleased(kept) => Self::NotReleased {
                object: &kept.lease,
                seconds: kept.valid.as_secs(),
                error: kept.error.as_deref(),
                message: not_released(kept),
            },
            execute::Event::NotPruned { objects, reason } => Self::NotPruned(Unpruned::new(*objects, *reason)),
        }
    }
}

/// Paths as people may read them.
pub(super) fn paths(paths: &[ShownPath]) -> Vec<String> {
    paths.iter().map(ToString::to_string).collect()
}
