//! Taking over objects that exist and are not ours: which, and what that would do.

use std::str::FromStr;

use super::compare::FieldChange;
use super::{Action, Decision, Permit, Reason, Restarts, names_kind};
use crate::kinds::keeper::LAST_APPLIED;
use crate::object::field::FieldPath;
use crate::object::{NoObjectName, ObjectRef};

/// Which existing objects that are not ours are adopted. Those of other ApplySets never are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Adoption {
    /// Only objects whose manifest allows it are adopted.
    Annotated,
    /// These too.
    Named(Vec<Adoptable>),
    /// All.
    All,
}

/// Objects that may be adopted, as a person names them: `KIND`, `KIND/NAME` or `KIND/NAMESPACE/NAME`.
///
/// ```
/// use stackanetes::object::{GroupKind, ObjectRef};
/// use stackanetes::plan::Adoptable;
///
/// let web = ObjectRef {
///     kind: GroupKind::new("apps", "Deployment"),
///     namespace: Some("shop".into()),
///     name: "web".into(),
/// };
/// for (text, is_for) in [("Deployment", true), ("Deployment/web", true), ("Service", false), ("Deployment/db/web", false)] {
///     assert_eq!(text.parse::<Adoptable>().unwrap().is_for(&web), is_for);
/// }
/// assert!("".parse::<Adoptable>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Adoptable {
    /// All of a kind, by its name, with or without its group.
    Kind(String),
    /// One object.
    Object(Permit),
}

impl Adoption {
    /// The kinds that it names.
    pub fn kinds(&self) -> Vec<String> {
        let named = match self {
            Self::Named(named) => named.as_slice(),
            Self::Annotated | Self::All => &[],
        };
        named.iter().map(Adoptable::kind).map(str::to_owned).collect()
    }

    /// Whether this object, which is nobody's that we know of, is adopted for the asking.
    pub fn takes(&self, object: &ObjectRef) -> bool {
        match self {
            Self::Annotated => false,
            Self::Named(named) => named.iter().any(|adoptable| adoptable.is_for(object)),
            Self::All => true,
        }
    }
}

impl Adoptable {
    fn kind(&self) -> &str {
        match self {
            Self::Kind(kind) => kind,
            Self::Object(permit) => permit.kind(),
        }
    }

    /// Whether this object may be adopted.
    pub fn is_for(&self, object: &ObjectRef) -> bool {
        match self {
            Self::Kind(kind) => names_kind(std::slice::from_ref(kind), &object.kind),
            Self::Object(permit) => permit.is_for(object),
        }
    }
}

impl FromStr for Adoptable {
    type Err = NoObjectName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "" => Err(NoObjectName::Empty),
            kind if !kind.contains('/') => Ok(Self::Kind(kind.to_owned())),
            object => object.parse().map(Self::Object),
        }
    }
}

/// What adopting an object that is not ours would do.
#[derive(Debug, Clone, PartialEq)]
pub enum Adopting {
    /// Nobody asked what adopting it would do.
    Unknown,
    /// The object could not become what git wants: the server refuses it, or it can only be replaced.
    Refused,
    /// The object becomes what git wants.
    Changes {
        /// The fields whose values change; none where nothing changes but whose it is.
        fields: Vec<FieldChange>,
        /// What that does to its pods.
        restarts: Option<Restarts>,
    },
}

impl Adopting {
    /// What adopting an object would do, by what would be decided then.
    pub(super) fn of(decision: Decision) -> Self {
        let step = match decision {
            Decision::Unchanged(_) => {
                return Self::Changes {
                    fields: Vec::new(),
                    restarts: None,
                };
            }
            Decision::Step(step) => *step,
        };
        match (step.action, &step.reason) {
            (_, Reason::Unpredicted(_)) => Self::Unknown,
            (Action::Refused | Action::Replace, _) => Self::Refused,
            _ => Self::Changes {
                fields: step.changes.into_iter().filter(changes_value).collect(),
                restarts: step.restarts,
            },
        }
    }
}

/// Whether a field gets another value. What `kubectl apply` noted of itself is none that anybody uses.
fn changes_value(change: &FieldChange) -> bool {
    change.before != change.after && change.path != FieldPath::of(&["metadata", "annotations", LAST_APPLIED])
}
