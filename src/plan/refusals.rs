//! Why a sync of a plan refuses to begin.

use super::{
    Action, Empty, ExpectedEnvironment, Facts, GoingBack, Lineage, Observed, Policy, Refusal, SecretDefaults, Step,
    Unverified, Whose, mistake,
};
use crate::applyset::key::Keyring;
use crate::applyset::source::Source;
use crate::object::ObjectRef;

/// What a plan may be refused for.
pub(super) struct Grounds<'a> {
    pub(super) facts: &'a Facts,
    pub(super) lineage: &'a Lineage,
    pub(super) steps: &'a [Step],
    /// How many objects git has, selected or not.
    pub(super) wanted: usize,
    /// How many objects the set has, with those that git dropped.
    pub(super) members: usize,
    /// What is not known of objects, and leaves it open what becomes of them.
    pub(super) unknown: Vec<Refusal>,
}

impl Grounds<'_> {
    /// All that stands against a sync, in the order in which it is told.
    pub(super) fn refusals(self, policy: &Policy) -> Vec<Refusal> {
        let before = self.rights().chain(self.mistakes()).chain(self.secrets(policy));
        let before = before.collect::<Vec<_>>();
        let after = self.deletions(policy).into_iter().chain(self.past(policy));
        before
            .into_iter()
            .chain(self.unknown.iter().cloned())
            .chain(after)
            .collect()
    }

    /// What may not be seen or written.
    fn rights(&self) -> impl Iterator<Item = Refusal> {
        let not_compared = self.facts.not_compared.iter();
        let not_compared = not_compared.map(|not| Refusal::NotCompared(not.kind.clone()));
        let forbidden = |step: &&Step| step.action.writes() && step.unverified == Some(Unverified::NotAllowed);
        let forbidden = self.steps.iter().filter(forbidden);
        let forbidden: Vec<ObjectRef> = forbidden.map(|step| step.reference.clone()).collect();
        not_compared.chain((!forbidden.is_empty()).then_some(Refusal::NotAllowed(forbidden)))
    }

    /// What is wrong in what git wants, and would be written.
    fn mistakes(&self) -> Option<Refusal> {
        let mistakes = mistake::in_what_changes(&self.facts.mistakes, self.steps);
        (!mistakes.is_empty()).then_some(Refusal::Mistakes(mistakes))
    }

    /// Secrets that nobody can read, or that everybody can.
    fn secrets(&self, policy: &Policy) -> impl Iterator<Item = Refusal> {
        let closed = self.facts.closed.iter().cloned().map(Refusal::Encrypted);
        let defaults = &self.facts.secret_defaults;
        let is_refused = policy.secret_defaults == SecretDefaults::Refused && !defaults.is_empty();
        closed.chain(is_refused.then(|| Refusal::SecretDefaults(defaults.clone())))
    }

    /// More deletions than are meant.
    fn deletions(&self, policy: &Policy) -> Vec<Refusal> {
        let deletes = self.steps.iter().filter(|step| step.action == Action::Delete).count();
        let allowed = policy.budget.allowed(self.members);
        let is_empty = self.wanted == 0 && deletes > 0 && policy.empty == Empty::Refused;
        let budget = (deletes > allowed).then_some(Refusal::Budget { deletes, allowed });
        budget.into_iter().chain(is_empty.then_some(Refusal::Empty)).collect()
    }

    /// Another past than this sync should have: other commits, another cluster, environment or source.
    fn past(&self, policy: &Policy) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        if policy.going_back == GoingBack::Refused {
            refusals.extend(self.lineage.back.crossed.iter().cloned().map(Refusal::Irreversible));
        }
        refusals.extend(policy.elsewhere.clone().map(Refusal::Elsewhere));
        let parent = self.facts.parent.as_ref();
        let last = parent.and_then(|parent| parent.attempted.as_ref());
        if let (Some(last), ExpectedEnvironment::Only(now)) = (last, &policy.environment)
            && last.environment != *now
        {
            refusals.push(Refusal::Environment {
                last: last.environment.clone(),
                now: now.clone(),
            });
        }
        if policy.whose == Whose::Ours {
            refusals.extend(last.and_then(|last| self.another_source(last.source.as_ref()?)));
        }
        refusals
    }

    /// The set is another directory's, or nobody can tell and something would be deleted.
    fn another_source(&self, last: &Source) -> Option<Refusal> {
        let now = self.lineage.source.as_ref();
        let source = now.map(|now| &now.source);
        if last.is_other_than(source) {
            return Some(Refusal::Source {
                last: last.clone(),
                now: source.cloned(),
            });
        }
        let unconfirmed = now?.unconfirmed.as_ref()?;
        let deletes = self.steps.iter().any(|step| step.action == Action::Delete);
        deletes.then(|| Refusal::UnknownSource {
            last: last.clone(),
            unconfirmed: unconfirmed.clone(),
        })
    }
}

/// What is not known of the objects that git wants, before any of them is decided.
pub(super) fn unknown(observed: &Observed) -> Vec<Refusal> {
    let pending = observed.pending.iter().cloned();
    let pending = pending.map(|(reader, read)| Refusal::Pending { reader, read });
    unknown_runs(observed).into_iter().chain(pending).collect()
}

/// A sync that cannot know whether Jobs run again, or pods restart, would leave that undone and say
/// nothing.
fn unknown_runs(observed: &Observed) -> Option<Refusal> {
    let set = observed
        .facts
        .set
        .as_ref()
        .filter(|_| observed.facts.key == Keyring::Hidden)?;
    let jobs = observed.objects.iter().map(|observation| &observation.desired);
    let unknown = jobs.filter(|job| {
        job.inputs
            .as_ref()
            .is_some_and(|inputs| inputs.unknown().next().is_some())
    });
    let jobs = unknown.map(|job| job.reference.clone());
    let objects: Vec<ObjectRef> = jobs.chain(observed.facts.unknown_rollouts.keys().cloned()).collect();
    (!objects.is_empty()).then(|| Refusal::KeyHidden {
        key: set.key(),
        objects,
    })
}
