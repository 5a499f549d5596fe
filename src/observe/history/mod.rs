//! What the directory said at earlier commits: the bases of what differs, and the commits that
//! changed it; and whether a sync goes back.
//!
//! Git is read, and an earlier commit rendered, only for objects that differ. Nothing is decided here:
//! what is found is handed to [`plan`](mod@crate::plan).

mod back;
mod bases;
mod blame;
mod ciphertext;
mod closed;
mod positioned;
mod walk;
mod whose;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::applyset::key::Keyring;
use crate::applyset::parent::{Parent, Record};
use crate::cluster::Discovery;
use crate::diagnostic::error::Result;
use crate::kinds::rollout;
use crate::object::selection::Selection;
use crate::object::{DesiredObject, LiveObject, ObjectRef};
use crate::observe;
use crate::plan::{Lineage, Observed};
use crate::source::parameters::{Assignment, SetByHand};
use crate::source::{CommitId, Commits, ParameterInputs, Revision, Settings};

pub(super) use closed::assume_unchanged;
pub use whose::checked_out;

/// What git's past says of what was observed; and the earlier states of what differs, by which a plan is
/// explained.
pub fn look(
    observed: &Observed,
    selection: &Selection,
    directory: &DirectoryInputs,
    discovery: &Discovery,
) -> (Lineage, Option<History>) {
    let (pasts, history) = bases::read(observed, discovery, directory);
    let lineage = Lineage {
        pasts,
        back: back::look_back(observed, selection, directory).unwrap_or_default(),
        source: whose::look_whose(observed, directory),
    };
    (lineage, history)
}

/// The directory, and how it is read now.
#[derive(Debug, Clone)]
pub struct DirectoryInputs {
    /// The path of the directory; none for standard input.
    pub path: Option<PathBuf>,
    /// The parameters that were given.
    pub inputs: ParameterInputs,
    /// The parameters that were set by hand.
    pub by_hand: SetByHand,
    /// The commit that was read.
    pub revision: Option<Revision>,
    /// The namespace that was asked for, of manifests that name none.
    pub namespace: Option<String>,
    /// The namespace where neither that nor the directory gives one.
    pub default_namespace: String,
}

/// The earlier states of the objects that differ.
#[derive(Debug)]
pub struct History {
    commits: Commits,
    directory: DirectoryInputs,
    /// What is known of each object that differs, or that git dropped.
    known: BTreeMap<ObjectRef, BaseObject>,
}

/// An object of which it is known what git said when it was last applied.
#[derive(Debug)]
struct BaseObject {
    then: Arc<DesiredObject>,
    /// The commit that it was applied from.
    commit: CommitId,
    /// Whether the parameters were given as they are now.
    same_parameters: bool,
    /// What git says now; nothing if it dropped it.
    now: Option<DesiredObject>,
}

impl DirectoryInputs {
    /// The namespace of manifests that name none, where the directory has these settings.
    pub fn namespace_of(&self, settings: &Settings) -> String {
        let namespace = self.namespace.as_ref().or(settings.namespace.as_ref());
        namespace.unwrap_or(&self.default_namespace).clone()
    }

    /// The objects that a commit has, with these parameters. Kinds that nobody knows are left out.
    fn at(
        &self,
        commits: &Commits,
        revision: &Revision,
        inputs: &ParameterInputs,
        discovery: &Discovery,
        secrets: &SecretComparison<'_>,
    ) -> Result<BTreeMap<ObjectRef, DesiredObject>> {
        let desired = commits.desired(revision, inputs)?;
        let namespace = self.namespace_of(&desired.settings);
        let mut objects = observe::resolve_known(desired.manifests, discovery, &namespace);
        if desired.rollouts {
            let seal = |value: &_| Some(secrets.key.key()?.digest("rollout", value));
            let live = |reference: &ObjectRef| secrets.live.get(reference).copied();
            rollout::follow(&mut objects.iter_mut().collect::<Vec<_>>(), live, seal);
        }
        let named = objects.into_iter().map(|object| (object.reference.clone(), object));
        Ok(named.collect())
    }

    /// How the sync of a commit read the directory, as far as the parent knows.
    fn inputs_of<'p>(&self, parent: Option<&'p Parent>, revision: &str) -> AppliedWith<'p> {
        let records = parent.map(|parent| [&parent.attempted, &parent.completed]);
        let records: Vec<&Record> = records.into_iter().flatten().flatten().collect();
        let exact = records.iter().copied().find(|record| {
            record
                .revision
                .as_ref()
                .is_some_and(|commit| commit.as_str() == revision)
        });
        // An object that a later sync left as it was, was most likely applied with the same parameters.
        let (inputs, same_parameters) = self.parameters_of(exact.or(records.last().copied()));
        AppliedWith {
            inputs,
            same_parameters,
            record: exact,
        }
    }

    /// The parameters that a sync was given, but for secret ones, which nobody knows any more; and
    /// whether they are the same now.
    fn parameters_of(&self, record: Option<&Record>) -> (ParameterInputs, bool) {
        let Some(record) = record else {
            return (self.inputs.clone(), true);
        };
        let values = record
            .set
            .iter()
            .filter_map(|(name, value)| Some((name, value.as_ref()?)));
        let assignment = |(name, value)| Assignment::Yaml(format!("{name}={value}"));
        let sets = values.clone().map(assignment).collect();
        let secrets = record.set.iter().filter(|(_, value)| value.is_none());
        let same = record.environment == self.inputs.environment
            && values.eq(&self.by_hand.values)
            && secrets.map(|(name, _)| name).eq(&self.by_hand.secrets);
        let environment = record.environment.clone();
        let identities = self.inputs.identities.clone();
        let inputs = ParameterInputs {
            environment,
            sets,
            identities,
            programs: self.inputs.programs.clone(),
        };
        (inputs, same)
    }
}

/// How the directory was read when a commit was synced.
struct AppliedWith<'p> {
    inputs: ParameterInputs,
    /// Whether the parameters were given as they are now.
    same_parameters: bool,
    /// The sync of just this commit, if the parent knows of one.
    record: Option<&'p Record>,
}

/// What is needed to say how pods followed Secrets.
struct SecretComparison<'a> {
    key: &'a Keyring,
    live: BTreeMap<ObjectRef, &'a LiveObject>,
}
