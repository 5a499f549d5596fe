//! What a reviewer must not overlook.

use serde::Serialize;

use crate::kinds::privilege;
use crate::object::ObjectRef;
use crate::plan;
use crate::view::document;

/// Something that a sync would do, and that may do harm.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Danger<'a> {
    /// `irreversible`, `dataGoes`, `deletes`, `replaces`, `grants`, `networkPolicyGoes`, `gap`.
    code: &'static str,
    /// The object.
    object: &'a ObjectRef,
    /// Of `irreversible`: the reason that the Job gives.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// Of `grants`: what is new.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    privileges: Vec<Privilege<'a>>,
    /// The sentence.
    message: String,
}

/// Something that somebody may do by an object, and could not do before.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Privilege<'a> {
    /// `role`, `wildcard`, `verb`, `secrets`, `webhook`, `privileged`, `hostNamespace`, `hostPath`, `capability`,
    /// `exposed`.
    code: &'static str,
    /// Of what: the role, the verb, the namespace of the host, the path, the capability, how it is exposed.
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<&'a str>,
    /// Of a role: to whom.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    to: &'a [String],
}

impl<'a> Danger<'a> {
    pub(super) fn of(danger: &plan::Danger<'a>) -> Self {
        let (reason, privileges) = match danger {
            plan::Danger::Irreversible(_, reason) => (*reason, None),
            plan::Danger::Grants(_, privileges) => (None, Some(*privileges)),
            plan::Danger::Data(_)
            | plan::Danger::Opens(_)
            | plan::Danger::Deletes(_)
            | plan::Danger::Replaces(_)
            | plan::Danger::Gap(_) => (None, None),
        };
        Self {
            code: danger.code(),
            object: &danger.step().reference,
            reason,
            privileges: privileges.into_iter().flatten().map(Privilege::of).collect(),
            message: document::danger(danger),
        }
    }
}

impl<'a> Privilege<'a> {
    fn of(privilege: &'a privilege::Privilege) -> Self {
        use privilege::Privilege as Of;

        let (of, to): (_, &[String]) = match privilege {
            Of::Role { role, to } => (Some(role.as_str()), to),
            Of::Verb(name) | Of::Host(name) | Of::HostPath(name) | Of::Capability(name) | Of::Exposed(name) => {
                (Some(name.as_ref()), &[])
            }
            Of::Wildcard | Of::Secrets | Of::Webhook | Of::Privileged => (None, &[]),
        };
        Self {
            code: privilege.code(),
            of,
            to,
        }
    }
}
