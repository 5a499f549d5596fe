//! How much a privilege lets somebody do.

use super::Privilege;

/// How much somebody may do, from the most to the least: who reads a part only is to read the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breadth {
    /// Everything: the role `cluster-admin`.
    Everything,
    /// All that another built-in role may.
    Role,
    /// Every verb or resource of a rule, or to get more rights than they have, be it as another or by a pod.
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
    pub fn severity(&self) -> Breadth {
        match self {
            Self::Role { role, .. } if role == "cluster-admin" => Breadth::Everything,
            Self::Role { .. } => Breadth::Role,
            Self::Wildcard | Self::Verb(_) | Self::Subresource(_) | Self::Create(_) => Breadth::Escalation,
            Self::Privileged | Self::Host(_) | Self::HostPath(_) | Self::Capability(_) => Breadth::Node,
            Self::Secrets => Breadth::Secrets,
            Self::Webhook => Breadth::Webhook,
            Self::Exposed(_) => Breadth::Exposed,
        }
    }
}
