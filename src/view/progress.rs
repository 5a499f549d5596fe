//! A sync that is under way, as text: a line for what a person wants to know of, and one for where it stands.

use std::collections::BTreeMap;
use std::time::Duration;

use super::report::{list, not_pruned, not_released, reason_text};
use super::style::{WARNED, paint};
use crate::execute::{Event, Outcome};
use crate::object::ObjectRef;
use crate::plan::{Action, Plan};

/// How many of the objects that are waited for are named.
const NAMED: usize = 3;

/// Turns the events of a sync into lines, one at a time, and knows where it stands.
#[derive(Debug, Default)]
pub struct Progress {
    /// How many objects there are to be settled.
    objects: usize,
    /// How many are.
    settled: usize,
    /// What is written and not Current yet, and how it is.
    waiting: BTreeMap<ObjectRef, String>,
}

impl Progress {
    /// Of a sync that is to carry out `plan`.
    pub fn of(plan: &Plan) -> Self {
        let steps = plan.steps.iter().filter(|step| step.action != Action::Keep);
        Self {
            objects: steps.count() + plan.unchanged.len(),
            ..Self::default()
        }
    }

    /// The line for an event; `None` for those that a person need not see.
    pub fn line(&mut self, event: &Event) -> Option<String> {
        Some(match event {
            Event::Queued { holder } => format!("waiting   for the sync of {holder}"),
            Event::Started { .. } => return None,
            Event::Applied { reference, action } => {
                let done = match action {
                    Action::Create => "created",
                    Action::Delete => "deleting",
                    Action::Replace => "replaced",
                    Action::Update | Action::Conflict | Action::Refused | Action::Skip | Action::Keep => "updated",
                };
                format!("{done:<9} {reference}")
            }
            Event::Waiting { reference, health } => {
                self.waiting.insert(reference.clone(), health.message.clone());
                format!("waiting   {reference}: {}", health.message)
            }
            Event::Settled { reference, outcome } => {
                self.settled += 1;
                let was_waited_for = self.waiting.remove(reference).is_some();
                match outcome {
                    Outcome::Deleted => format!("deleted   {reference}"),
                    done if done.is_done() && !was_waited_for => return None,
                    done if done.is_done() => format!("ready     {reference}"),
                    other => format!("{:<9} {reference}: {}", other.kind().word(), reason_text(other)),
                }
            }
            Event::Mismatch { reference, paths } => {
                format!(
                    "{} {reference} differs from the plan at {}",
                    paint(WARNED, "warning:"),
                    list(paths)
                )
            }
            Event::Warning { reference, message } => format!("{} {reference}: {message}", paint(WARNED, "warning:")),
            Event::NotReleased(kept) => format!("{} {}", paint(WARNED, "warning:"), not_released(kept)),
            Event::NotPruned { objects, reason } => {
                let noun = if *objects == 1 { "object" } else { "objects" };
                format!("not pruned: {objects} {noun}, since {}", not_pruned(*reason))
            }
        })
    }

    /// Where it stands, after so long: `34/179  1m 20s  waiting for 4: Job a/b (…), …`.
    pub fn state(&self, elapsed: Duration) -> String {
        // Nobody counts fractions of a second here.
        let elapsed = Duration::from_secs(elapsed.as_secs());
        let elapsed = jiff::SignedDuration::try_from(elapsed).unwrap_or_default();
        let settled = self.settled.min(self.objects);
        let text = format!("{settled}/{}  {elapsed:#}", self.objects);
        if self.waiting.is_empty() {
            return text;
        }
        let named = self.waiting.iter().take(NAMED).map(|(object, how)| match how.as_str() {
            "" => object.to_string(),
            how => format!("{object} ({how})"),
        });
        let mut named: Vec<String> = named.collect();
        if self.waiting.len() > NAMED {
            named.push("…".to_owned());
        }
        format!("{text}  waiting for {}: {}", self.waiting.len(), named.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::health::Health;
    use crate::testing::reference;

    #[test]
    fn where_a_sync_stands_is_a_count_the_time_and_what_is_waited_for() {
        let mut progress = Progress {
            objects: 6,
            ..Progress::default()
        };
        assert_eq!(progress.state(Duration::from_millis(2_900)), "0/6  2s");
        for name in ["a", "b", "c", "d"] {
            let event = Event::Waiting {
                reference: reference("apps/Deployment", Some("shop"), name),
                health: Health::in_progress("1 of 3 replicas available"),
            };
            progress.line(&event);
        }
        let settled = Event::Settled {
            reference: reference("apps/Deployment", Some("shop"), "a"),
            outcome: Outcome::Updated,
        };
        assert!(progress.line(&settled).is_some_and(|line| line.starts_with("ready")));
        assert_eq!(
            progress.state(Duration::from_secs(80)),
            "1/6  1m 20s  waiting for 3: Deployment shop/b (1 of 3 replicas available), Deployment shop/c (1 of 3 replicas \
             available), Deployment shop/d (1 of 3 replicas available)"
        );
    }
}
