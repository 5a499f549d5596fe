//! How much a privilege lets somebody do.

use super::Privilege;

/// How much somebody may do, from the most to the least: who reads a part only is to read the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Everything: the role `cluster-admin`.
    Everything,
    /// All that another built-in role may.
    Role,
    /// Every verb or resource of a rule, or to get more rights than they have.
    Escalation,
    /// What the node may, or a part of it.
    Node,
    /// To read Secrets.
    Secrets,
    /// To see, change and refuse what is written to the API server.
    Webhook,
    /// To be reached from outside the cluster.
    Exposed,
}

impl Privilege {
    /// How much it lets somebody do.
    pub fn severity(&self) -> Severity {
        match self {
            Self::Role { role, .. } if role == "cluster-admin" => Severity::Everything,
            Self::Role { .. } => Severity::Role,
            Self::Wildcard | Self::Verb(_) => Severity::Escalation,
            Self::Privileged | Self::Host(_) | Self::HostPath(_) | Self::Capability(_) => Severity::Node,
            Self::Secrets => Severity::Secrets,
            Self::Webhook => Severity::Webhook,
            Self::Exposed(_) => Severity::Exposed,
        }
    }
}
