//! The ports of a NetworkPolicy.

use serde_json::Value;

/// Some ports that a rule of a policy names (`NetworkPolicyPort` of `networking.k8s.io/v1`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Port<'a> {
    /// All of all protocols, where a rule names none.
    Any,
    /// All of a protocol.
    All(&'a str),
    /// These of a protocol.
    Range(&'a str, Numbers),
    /// The one that a pod gives this name; another value than a text is one that the API server refuses.
    Named(&'a str, &'a Value),
}

/// Port numbers, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Numbers {
    first: i64,
    last: i64,
}

impl<'a> Port<'a> {
    /// Reads an item of `ports`. The protocol is TCP where it names none.
    pub(super) fn of(port: &'a Value) -> Self {
        let protocol = port["protocol"].as_str().unwrap_or("TCP");
        match &port["port"] {
            Value::Null => Self::All(protocol),
            number => match number.as_i64() {
                Some(first) => {
                    let last = port["endPort"].as_i64().unwrap_or(first);
                    Self::Range(protocol, Numbers { first, last })
                }
                None => Self::Named(protocol, number),
            },
        }
    }

    /// Whether all traffic by `other` is traffic by this.
    pub(super) fn includes(self, other: Self) -> bool {
        match (self, other) {
            (Self::Any, _) => true,
            (Self::All(protocol), Self::All(of) | Self::Range(of, _) | Self::Named(of, _)) => protocol == of,
            (Self::Range(protocol, known), Self::Range(of, wanted)) => {
                protocol == of && known.first <= wanted.first && wanted.last <= known.last
            }
            _ => self == other,
        }
    }

    /// Whether it may include others than itself.
    pub(super) fn is_wide(self) -> bool {
        match self {
            Self::Any | Self::All(_) => true,
            Self::Range(_, Numbers { first, last }) => first != last,
            Self::Named(..) => false,
        }
    }
}
