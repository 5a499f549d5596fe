//! Why a step is what it is.

use serde::Serialize;

use super::super::outcome::Unlooked;
use super::change::Change;
use super::step::Restarts;
use crate::kinds::jobs::Why;
use crate::object::ObjectRef;
use crate::object::commit::Commit;
use crate::plan::{self, Lost, NoBase, Obstacle, Replacement, SavedChange, Unpredicted, Untried};

/// Why a step is what it is.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "code", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum Reason<'a> {
    /// There is no such object.
    New,
    /// Somebody deleted it.
    Deleted {
        /// The commit that it was last applied from.
        revision: &'a Commit,
        /// Whether it may never have been there.
        guessed: bool,
    },
    /// There is one under another name, which is deleted.
    Renamed {
        /// That one.
        from: &'a ObjectRef,
    },
    /// There is one, which is being deleted.
    BeingDeleted,
    /// Fields differ.
    Fields,
    /// Fields differ that cannot be changed.
    Immutable {
        /// Their paths.
        fields: Vec<String>,
        /// What a replacement does to what hangs on the object.
        effects: Vec<&'static str>,
        /// Why it is not replaced: `notAllowed`, `contents`, `claims`, `cannotBeTried`, `mayNotBeTried`.
        #[serde(skip_serializing_if = "Option::is_none")]
        obstacle: Option<&'static str>,
    },
    /// The server refuses it, or would, as `error` of the step says.
    Refused,
    /// A Job runs again.
    RunsAgain {
        /// `changed`, `failed`, `asked`, `fixed`.
        why: &'static str,
        /// The inputs that changed, as far as they may be named.
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        inputs: &'a [String],
    },
    /// It becomes a member, and nothing else changes.
    Joins,
    /// It is to be written in a version that the server does not serve yet.
    NewVersion,
    /// Git says it otherwise, with the same result.
    Noted,
    /// Only who owns its fields changes.
    Ownership,
    /// Values of it are made in the cluster, and nothing else changes.
    Generates,
    /// What changes cannot be said.
    Unpredicted {
        /// Why our own merge does not say it, where it was asked.
        #[serde(skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// It exists, and we never applied it.
    NotOurs {
        /// What adopting it would do.
        adopting: Adopting<'a>,
    },
    /// It is part of another ApplySet.
    OtherApplySet {
        /// Its id.
        id: &'a str,
        /// Its parent, where it was found.
        #[serde(skip_serializing_if = "Option::is_none")]
        parent: Option<&'a ObjectRef>,
    },
    /// Git does not want it any more.
    Dropped,
    /// Everything is to go.
    Everything,
    /// The ApplySet is to go, and its objects are to stay.
    Orphan,
    /// It is kept by an annotation.
    KeepAnnotated,
    /// Its kind is deleted only on request.
    KeepKind,
    /// It holds generated values.
    KeepGenerated,
    /// It is a namespace or a definition, and objects in it stay.
    KeepInUse {
        /// The objects.
        by: &'a [ObjectRef],
    },
    /// It is not known what is in it.
    KeepUnknownUse {
        /// Why it is not known.
        why: Unlooked<'a>,
    },
    /// It has the label of a member, and we never applied it.
    KeepNeverApplied,
    /// It has the label of a member and the note of an apply, and its managed fields were lost.
    KeepOwnersLost,
    /// Another object owns it.
    KeepOwned {
        /// That object: `KIND NAME`.
        owner: &'a str,
    },
    /// It is being deleted already.
    KeepGoing {
        /// The finalizers that hold it.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        finalizers: Vec<&'a str>,
    },
}

impl<'a> From<&'a plan::Reason> for Reason<'a> {
    fn from(reason: &'a plan::Reason) -> Self {
        match reason {
            plan::Reason::New => Self::New,
            plan::Reason::Deleted(deleted) => Self::Deleted {
                revision: &deleted.revision,
                guessed: deleted.guessed,
            },
            plan::Reason::Renamed(from) => Self::Renamed { from },
            plan::Reason::BeingDeleted => Self::BeingDeleted,
            plan::Reason::Fields => Self::Fields,
            plan::Reason::Immutable(replacement) => Self::immutable(replacement),
            plan::Reason::Refused(_) => Self::Refused,
            plan::Reason::Runs(why) => Self::runs(why),
            plan::Reason::Joins => Self::Joins,
            plan::Reason::NewVersion => Self::NewVersion,
            plan::Reason::Noted => Self::Noted,
            plan::Reason::Ownership => Self::Ownership,
            plan::Reason::Generates => Self::Generates,
            plan::Reason::Unpredicted(why) => Self::Unpredicted {
                why: match why {
                    Unpredicted::NotAsked => None,
                    Unpredicted::Refused(refusal) => Some(refusal.to_string()),
                },
            },
            plan::Reason::NotOurs(adopting) => Self::NotOurs {
                adopting: (&**adopting).into(),
            },
            plan::Reason::OtherApplySet(set) => Self::OtherApplySet {
                id: &set.id,
                parent: set.parent.as_ref(),
            },
            plan::Reason::Dropped => Self::Dropped,
            plan::Reason::Everything => Self::Everything,
            plan::Reason::Orphan => Self::Orphan,
            plan::Reason::Keep(plan::Keep::Annotated) => Self::KeepAnnotated,
            plan::Reason::Keep(plan::Keep::Kind) => Self::KeepKind,
            plan::Reason::Keep(plan::Keep::Generated) => Self::KeepGenerated,
            plan::Reason::Keep(plan::Keep::InUse(by)) => Self::KeepInUse { by },
            plan::Reason::Keep(plan::Keep::UnknownUse(why)) => Self::KeepUnknownUse { why: why.into() },
            plan::Reason::Keep(plan::Keep::NeverApplied) => Self::KeepNeverApplied,
            plan::Reason::Keep(plan::Keep::OwnersLost) => Self::KeepOwnersLost,
            plan::Reason::Keep(plan::Keep::Owned(owner)) => Self::KeepOwned { owner },
            plan::Reason::Keep(plan::Keep::Going(finalizers)) => Self::KeepGoing {
                finalizers: finalizers.iter().map(|finalizer| finalizer.name.as_str()).collect(),
            },
        }
    }
}

impl<'a> Reason<'a> {
    fn immutable(replacement: &Replacement) -> Self {
        Self::Immutable {
            fields: replacement.fields.iter().map(ToString::to_string).collect(),
            effects: replacement.lost.iter().map(|lost| effect(*lost)).collect(),
            obstacle: replacement.obstacle.as_ref().map(obstacle),
        }
    }

    fn runs(why: &'a Why) -> Self {
        let (why, inputs) = match why {
            Why::Changed(inputs) => ("changed", inputs.as_slice()),
            Why::Failed => ("failed", [].as_slice()),
            Why::Asked => ("asked", [].as_slice()),
            Why::Fixed => ("fixed", [].as_slice()),
        };
        Self::RunsAgain { why, inputs }
    }
}

/// What adopting an object that is not ours would do.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "code", rename_all = "camelCase")]
pub(super) enum Adopting<'a> {
    /// It was not found out.
    Unknown,
    /// It cannot be changed to what git says.
    Refused,
    /// It becomes what git says.
    Changes {
        /// The fields that change.
        fields: Vec<Change<'a>>,
        /// What that does to running pods.
        #[serde(skip_serializing_if = "Option::is_none")]
        restarts: Option<Restarts>,
    },
}

impl<'a> From<&'a plan::Adopting> for Adopting<'a> {
    fn from(adopting: &'a plan::Adopting) -> Self {
        match adopting {
            plan::Adopting::Unknown => Self::Unknown,
            plan::Adopting::Refused => Self::Refused,
            plan::Adopting::Changes { fields, restarts } => Self::Changes {
                fields: fields
                    .iter()
                    .map(|change| Change::of(SavedChange::of(change), change, None))
                    .collect(),
                restarts: restarts.map(Into::into),
            },
        }
    }
}

fn effect(lost: Lost) -> &'static str {
    match lost {
        Lost::Pods => "podsEnd",
        Lost::PodsStay => "podsStay",
        Lost::ClaimsStay => "claimsStay",
        Lost::Address => "clusterIP",
        Lost::NodePorts => "nodePorts",
        Lost::LoadBalancer => "loadBalancer",
        Lost::Rights => "rights",
        Lost::Configuration => "configuration",
        Lost::Generated => "generatedValues",
        Lost::Data => "data",
        Lost::Moment => "absentForAMoment",
    }
}

fn obstacle(obstacle: &Obstacle) -> &'static str {
    match obstacle {
        Obstacle::NotAllowed => "notAllowed",
        Obstacle::Contents => "contents",
        Obstacle::Claims => "claims",
        Obstacle::Unasked(Untried::Container) => "cannotBeTried",
        Obstacle::Unasked(Untried::NotAllowed) => "mayNotBeTried",
    }
}

/// Why the server could not be asked.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "code", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum Unverified<'a> {
    /// The namespace is not there yet.
    NamespaceMissing {
        /// The namespace.
        namespace: &'a str,
    },
    /// Its CustomResourceDefinition is not there yet, or does not have its version yet.
    KindMissing {
        /// The versions that the server has of the kind.
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        served: &'a [String],
    },
    /// Its kind comes at run time.
    KindComes {
        /// The object that brings it.
        by: &'a ObjectRef,
    },
    /// Its CustomResourceDefinition changes first.
    DefinitionChanges,
    /// The server refuses it by these, which are to change first.
    Relies {
        /// The objects.
        on: &'a [ObjectRef],
    },
    /// The server refuses it by these, which git drops: they are deleted first.
    Displaces {
        /// The objects.
        objects: &'a [ObjectRef],
    },
    /// What is there is being deleted.
    BeingDeleted,
    /// The server refuses it until fields that it has filled in, or that nobody keeps writing, are taken back.
    Defaulted {
        /// Their paths.
        fields: Vec<String>,
    },
    /// Fields of it are recorded in a version that the server does not know any more.
    VersionGone {
        /// The version.
        version: &'a str,
    },
    /// Its encrypted values are not those of the last sync.
    Encrypted,
    /// Who asks may not write it.
    NotAllowed,
}

impl<'a> From<&'a plan::Unverified> for Unverified<'a> {
    fn from(why: &'a plan::Unverified) -> Self {
        match why {
            plan::Unverified::NamespaceMissing(namespace) => Self::NamespaceMissing { namespace },
            plan::Unverified::KindMissing(served) => Self::KindMissing { served },
            plan::Unverified::KindComes(by) => Self::KindComes { by },
            plan::Unverified::DefinitionChanges => Self::DefinitionChanges,
            plan::Unverified::Relies(on) => Self::Relies { on },
            plan::Unverified::Displaces(objects) => Self::Displaces { objects },
            plan::Unverified::BeingDeleted => Self::BeingDeleted,
            plan::Unverified::Defaulted(fields) => Self::Defaulted {
                fields: fields.iter().map(ToString::to_string).collect(),
            },
            plan::Unverified::VersionGone(version) => Self::VersionGone { version },
            plan::Unverified::Encrypted => Self::Encrypted,
            plan::Unverified::NotAllowed => Self::NotAllowed,
        }
    }
}

/// Why it is not known what git said at the last apply.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Guess"))]
#[serde(tag = "code", rename_all = "camelCase")]
pub(super) enum Guess<'a> {
    /// The repository cannot be read.
    Repository,
    /// The object does not say which commit it was applied from.
    NotNoted,
    /// The commit is not at hand.
    NoCommit {
        /// The commit.
        commit: &'a Commit,
    },
    /// The commit cannot be rendered.
    NotRendered {
        /// The commit.
        commit: &'a Commit,
    },
    /// The commit does not have the object.
    NotInCommit {
        /// The commit.
        commit: &'a Commit,
    },
    /// What was applied is not what the commit says.
    OtherThanCommit {
        /// The commit.
        commit: &'a Commit,
    },
    /// It is a Secret, of whose values no digest is kept.
    Secret,
}

impl<'a> From<&'a NoBase> for Guess<'a> {
    fn from(why: &'a NoBase) -> Self {
        match why {
            NoBase::Repository(_) => Self::Repository,
            NoBase::NotNoted => Self::NotNoted,
            NoBase::NoCommit(commit) => Self::NoCommit { commit },
            NoBase::NotRendered(commit, _) => Self::NotRendered { commit },
            NoBase::NotInCommit(commit) => Self::NotInCommit { commit },
            NoBase::OtherThanCommit(commit) => Self::OtherThanCommit { commit },
            NoBase::Secret => Self::Secret,
        }
    }
}
