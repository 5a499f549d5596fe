//! What a reviewer must not overlook.

use serde::Serialize;

use crate::kinds::{privilege, traffic};
use crate::object::ObjectRef;
use crate::plan::{self, Restarts};
use crate::view::document::{self, Heading};

/// Something that a sync would do, and that may do harm.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Danger<'a> {
    /// `irreversible`, `dataGoes`, `deletes`, `replaces`, `grants`, `networkPolicyGoes`, `networkPolicyWidens`, `gap`,
    /// `disruptionBudget`, `everyNode`.
    code: &'static str,
    /// The object.
    object: &'a ObjectRef,
    /// Of `irreversible`: the reason that the Job gives.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// Of `irreversible`: whether that is backed up before.
    #[serde(skip_serializing_if = "Option::is_none")]
    backup: Option<Backup<'a>>,
    /// Of `networkPolicyWidens`: in which ways.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    openings: Vec<Opening>,
    /// Of `disruptionBudget`: the PodDisruptionBudget.
    #[serde(skip_serializing_if = "Option::is_none")]
    budget: Option<&'a ObjectRef>,
    /// Of `everyNode`: on how many nodes, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    nodes: Option<i64>,
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
    /// `role`, `wildcard`, `verb`, `subresource`, `create`, `secrets`, `webhook`, `privileged`, `hostNamespace`, `hostPath`, `capability`,
    /// `exposed`.
    code: &'static str,
    /// Of what: the role, the verb, the subresource, the resource, the namespace of the host, the path, the capability, how it is exposed.
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<&'a str>,
    /// Of a role: to whom.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    to: &'a [String],
}

/// What becomes of the Job that backs up what another changes for good.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Backup<'a> {
    /// `runsBefore`, `runsUnordered`, `doesNotRun`, `itself`, `missing`, `unnamed`.
    code: &'static str,
    /// The Job, where git has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<&'a ObjectRef>,
}

/// A way in which a NetworkPolicy is opened.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Opening {
    /// `otherPods`, `unrestricted`, `everywhere`, `peers`, `ports`.
    code: &'static str,
    /// `ingress` or `egress`; absent of `otherPods`.
    #[serde(skip_serializing_if = "Option::is_none")]
    direction: Option<&'static str>,
}

impl<'a> Danger<'a> {
    /// A danger of a plan with this heading.
    pub(super) fn of(danger: &plan::Danger<'a>, heading: &Heading<'_>) -> Self {
        let plain = Self {
            code: danger.code(),
            object: &danger.step().reference,
            reason: None,
            backup: None,
            openings: Vec::new(),
            budget: None,
            nodes: None,
            privileges: Vec::new(),
            message: document::danger(danger),
        };
        match danger {
            plan::Danger::Irreversible(_, undoing) => Self {
                reason: undoing.reason,
                backup: Some(Backup::of(undoing.backup)),
                ..plain
            },
            plan::Danger::Grants(_, privileges) => Self {
                privileges: privileges.iter().map(Privilege::of).collect(),
                ..plain
            },
            plan::Danger::Widens(_, openings) => Self {
                openings: openings.iter().map(|opening| Opening::of(*opening)).collect(),
                ..plain
            },
            plan::Danger::Budget(_, budget) => Self {
                budget: Some(budget),
                ..plain
            },
            plan::Danger::Nodes(step) => Self {
                nodes: match step.restarts.map(|restarts| heading.known(restarts)) {
                    Some(Restarts::Daemons(nodes)) => nodes,
                    _ => None,
                },
                ..plain
            },
            plan::Danger::Data(_)
            | plan::Danger::Opens(_)
            | plan::Danger::Deletes(_)
            | plan::Danger::Replaces(_)
            | plan::Danger::Gap(_) => plain,
        }
    }
}

impl<'a> Backup<'a> {
    fn of(backup: plan::Backup<'a>) -> Self {
        Self {
            code: backup.code(),
            job: backup.job(),
        }
    }
}

impl Opening {
    fn of(opening: traffic::Opening) -> Self {
        use traffic::Opening as Of;

        let (code, direction) = match opening {
            Of::OtherPods => ("otherPods", None),
            Of::Unrestricted(direction) => ("unrestricted", Some(direction)),
            Of::Everywhere(direction) => ("everywhere", Some(direction)),
            Of::Peers(direction) => ("peers", Some(direction)),
            Of::Ports(direction) => ("ports", Some(direction)),
        };
        Self {
            code,
            direction: direction.map(traffic::Direction::word),
        }
    }
}

impl<'a> Privilege<'a> {
    fn of(privilege: &'a privilege::Privilege) -> Self {
        use privilege::Privilege as Of;

        let (of, to): (_, &[String]) = match privilege {
            Of::Role { role, to } => (Some(role.as_str()), to),
            Of::Verb(name)
            | Of::Subresource(name)
            | Of::Create(name)
            | Of::Host(name)
            | Of::HostPath(name)
            | Of::Capability(name)
            | Of::Exposed(name) => (Some(name.as_ref()), &[]),
            Of::Wildcard | Of::Secrets | Of::Webhook | Of::Privileged => (None, &[]),
        };
        Self {
            code: privilege.code(),
            of,
            to,
        }
    }
}
