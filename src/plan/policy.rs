//! What the person who runs a sync allows.

use super::{Adoption, Budget, OtherSet, Permit};
use crate::applyset::inventory;
use crate::object::LiveObject;

/// What the person who runs a sync allows. By default nothing that could surprise: a conflict stops its object, what is
/// not ours is not adopted, and a directory that has become empty deletes nothing.
///
/// ```
/// use stackanetes::plan::{Conflicts, Empty, Policy};
///
/// let careful = Policy::default();
/// assert_eq!(careful.empty, Empty::Refused);
///
/// let forced = Policy { conflicts: Conflicts::Force, ..careful };
/// assert_eq!(forced.field_manager, "stackanetes");
/// ```
#[derive(Debug, Clone)]
pub struct Policy {
    /// The name under which objects are applied.
    pub field_manager: String,
    /// The environment that is synced.
    pub environment: ExpectedEnvironment,
    /// Where the environment may not be synced to the cluster that is asked: that, and where it may.
    pub elsewhere: Option<Elsewhere>,
    /// Which sources the ApplySet may have.
    pub whose: Whose,
    /// Whether conflicts are decided for git.
    pub conflicts: Conflicts,
    /// Whether objects that exist and are not ours are adopted.
    pub adoption: Adoption,
    /// The other ApplySets whose members are taken over where git wants them.
    pub take_from: Vec<OtherSet>,
    /// What becomes of members that git does not have.
    pub prune: Prune,
    /// How many objects may be pruned at most.
    pub budget: Budget,
    /// Whether an empty desired state is meant.
    pub empty: Empty,
    /// The kinds that are pruned although they are kept otherwise.
    pub prune_kinds: Vec<String>,
    /// Whether secrets may be what whoever reads the directory knows.
    pub secret_defaults: SecretDefaults,
    /// Whether to go back across what Jobs did that cannot be undone.
    pub going_back: GoingBack,
    /// The Jobs that are run whatever became of them: `NAME` or `NAMESPACE/NAME`.
    pub rerun: Vec<String>,
    /// The objects that may be replaced where they cannot be changed.
    pub replace: Vec<Permit>,
}

/// What is allowed when nothing is said.
impl Default for Policy {
    fn default() -> Self {
        Self {
            field_manager: "stackanetes".to_owned(),
            environment: ExpectedEnvironment::Any,
            elsewhere: None,
            whose: Whose::Anybodys,
            conflicts: Conflicts::Stop,
            adoption: Adoption::Annotated,
            take_from: Vec::new(),
            prune: Prune::Dropped,
            budget: Budget::default(),
            empty: Empty::Refused,
            prune_kinds: Vec::new(),
            secret_defaults: SecretDefaults::Refused,
            going_back: GoingBack::Refused,
            rerun: Vec::new(),
            replace: Vec::new(),
        }
    }
}

impl Policy {
    /// The other ApplySet that an object is taken over from; nothing of what is part of none that is named.
    pub fn takes(&self, live: &LiveObject) -> Option<&OtherSet> {
        let id = inventory::member_of(live)?;
        self.take_from.iter().find(|set| set.id == id)
    }
}

/// Which environment a sync is meant for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExpectedEnvironment {
    /// This one, or none: it must be the one that was synced last.
    Only(Option<String>),
    /// Whichever it was that was synced last.
    Any,
}

/// A cluster that an environment may not be synced to, by what `contexts` of the settings says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    /// The environment, if there is one.
    pub environment: Option<String>,
    /// What a person calls the cluster.
    pub cluster: String,
    /// The clusters that it may be synced to.
    pub allowed: Vec<String>,
}

/// Whose a set may be that was synced before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The set was synced from the same directory of the same repository.
    Ours,
    /// The set may have been synced from anywhere.
    Anybodys,
}

/// Whether secret parameters may have the defaults of the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretDefaults {
    /// A sync to an API server with them is refused.
    Refused,
    /// Secret parameters may have their defaults, as where nothing is kept that is worth a secret.
    Allowed,
}

/// Who wins where git and another manager disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflicts {
    /// A person: the object is left as it is.
    Stop,
    /// Git.
    Force,
}

/// What becomes of members that git does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prune {
    /// Members that git does not want.
    Dropped,
    /// Every member, whatever git wants.
    Everything,
    /// Nothing: every member stays in the cluster, and ceases to be one.
    Orphan,
    /// Nothing.
    Nothing,
}

impl Prune {
    /// Whether the ApplySet goes: it has no members afterwards, whatever git wants.
    pub fn dissolves(self) -> bool {
        match self {
            Self::Everything | Self::Orphan => true,
            Self::Dropped | Self::Nothing => false,
        }
    }
}

/// Whether an empty desired state is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Empty {
    /// An empty directory is taken for a mistake.
    Refused,
    /// An empty directory is meant: everything goes.
    Meant,
}

/// Whether a sync goes back across what a Job did that cannot be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoingBack {
    /// A sync of an older commit is refused.
    Refused,
    /// An older commit is synced, as was asked for.
    Meant,
}
