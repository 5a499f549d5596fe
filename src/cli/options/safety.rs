//! What a sync may do, and so what a diff shows.

use super::set::accept;
use crate::applyset::inventory::ApplySet;
use crate::plan::{
    Adoptable, Adoption, Budget, Conflicts, Empty, ExpectedEnvironment, GoingBack, NoSet, OtherSet, Permit, Policy,
    Prune, SecretDefaults, Whose,
};
use crate::source::Settings;

/// What a sync may do, and so what a diff shows.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Safety")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(in crate::cli) struct Safety {
    /// Take fields that another manager owns.
    ///
    /// This concerns fields to which the other manager gives another value. Fields that a rule of stackanetes.yaml
    /// leaves to it are not taken.
    #[arg(long)]
    force_conflicts: bool,
    /// Sync another environment than the one that was synced last.
    #[arg(hide_short_help = true, long)]
    switch_environment: bool,
    /// Sync the set from another directory, or another repository, than the last time.
    #[arg(hide_short_help = true, long)]
    switch_source: bool,
    /// Take over objects that exist and are not ours.
    ///
    /// Without a value it takes over all of them, else those of a KIND, or KIND/NAME. It may be repeated. Objects of
    /// another ApplySet are taken only with --take-from.
    #[arg(long, value_name = "KIND[/NAME]", num_args = 0..=1, require_equals = true)]
    adopt: Option<Vec<Adoptable>>,
    /// Take over the objects of another ApplySet that git has: NAMESPACE/NAME, or its id.
    ///
    /// This option may be repeated. Taking over deletes nothing and restarts nothing, and what git does not have stays
    /// with the other ApplySet. `stackanetes help applysets` shows how to rename, split and join ApplySets.
    #[arg(hide_short_help = true, long, value_name = "APPLYSET", value_parser = other_set)]
    take_from: Vec<OtherSet>,
    /// Delete nothing.
    #[arg(long)]
    pub(in crate::cli) no_prune: bool,
    /// Delete at most this many objects, or this share of all.
    ///
    /// [default: 10 or 10%, whichever is more]
    #[arg(hide_short_help = true, long, value_name = "N|N%")]
    max_prune: Option<Budget>,
    /// Accept an empty directory as the desired state, and delete every member.
    #[arg(hide_short_help = true, long)]
    pub(in crate::cli) allow_empty: bool,
    /// Delete objects of this kind too, which are kept by default: PersistentVolumeClaim, CustomResourceDefinition, and
    /// Secret with generated values.
    #[arg(hide_short_help = true, long, value_name = "KIND")]
    prune_kind: Vec<String>,
    /// Sync to an API server although secret parameters have their defaults, which everybody knows who can read DIR.
    #[arg(hide_short_help = true, long)]
    allow_default_secrets: bool,
    /// Go back to an earlier commit although Jobs have since done what cannot be undone, as their annotation
    /// stackanetes.io/irreversible says.
    #[arg(hide_short_help = true, long)]
    allow_irreversible: bool,
    /// Run this Job again, although its inputs did not change.
    ///
    /// JOB is NAME or NAMESPACE/NAME.
    #[arg(hide_short_help = true, long, value_name = "JOB")]
    rerun: Vec<String>,
    /// Replace this object where it cannot be changed.
    ///
    /// The object is KIND/NAME or KIND/NAMESPACE/NAME. The plan says what the replacement costs.
    #[arg(hide_short_help = true, long, value_name = "KIND/NAME")]
    replace: Vec<Permit>,
}

impl Safety {
    fn adoption(&self) -> Adoption {
        match self.adopt.as_deref() {
            None => Adoption::Annotated,
            Some([]) => Adoption::All,
            Some(named) => Adoption::Named(named.to_vec()),
        }
    }

    /// The ApplySets of `--take-from`, each once.
    fn other_sets(&self) -> Vec<OtherSet> {
        let mut sets: Vec<OtherSet> = Vec::new();
        for set in &self.take_from {
            if sets.iter().all(|other| other.id != set.id) {
                sets.push(set.clone());
            }
        }
        sets
    }

    pub(in crate::cli) fn policy(&self, field_manager: &str, environment: Option<&str>) -> Policy {
        Policy {
            elsewhere: None,
            field_manager: field_manager.to_owned(),
            environment: if self.switch_environment {
                ExpectedEnvironment::Any
            } else {
                ExpectedEnvironment::Only(environment.map(str::to_owned))
            },
            whose: if self.switch_source {
                Whose::Anybodys
            } else {
                Whose::Ours
            },
            conflicts: if self.force_conflicts {
                Conflicts::Force
            } else {
                Conflicts::Stop
            },
            adoption: self.adoption(),
            take_from: self.other_sets(),
            prune: if self.no_prune { Prune::Nothing } else { Prune::Dropped },
            budget: self.max_prune.unwrap_or_default(),
            empty: if self.allow_empty { Empty::Meant } else { Empty::Refused },
            secret_defaults: if self.allow_default_secrets {
                SecretDefaults::Allowed
            } else {
                SecretDefaults::Refused
            },
            prune_kinds: self.prune_kind.clone(),
            going_back: if self.allow_irreversible {
                GoingBack::Meant
            } else {
                GoingBack::Refused
            },
            rerun: self.rerun.clone(),
            replace: self.replace.clone(),
        }
    }
}

/// An ApplySet as `--take-from` names it.
fn other_set(text: &str) -> Result<OtherSet, String> {
    let set: OtherSet = text.parse().map_err(|error: NoSet| error.to_string())?;
    if let Some(ApplySet { name, namespace }) = set.of_this_program() {
        accept(&namespace, Settings::refuse_namespace)?;
        accept(&name, Settings::refuse_name)?;
    }
    Ok(set)
}
