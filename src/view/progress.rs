//! A sync that is under way, as text: a line for what a person wants to know of, and one for where it stands.

use std::collections::BTreeMap;
use std::time::Duration;

use super::age::length_of;
use super::document::{list, not_pruned, not_released, reason_text};
use super::style::{WARNED, paint};
use crate::diagnostic::names::counted;
use crate::execute::{Event, Hindered, Outcome};
use crate::kinds::health::{Health, Hindrance};
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
    /// Whether each object is told of that did not begin for the sake of another, and why each is not as git wants it.
    whole: bool,
    /// What is written and not Current yet, and how it is.
    waiting: BTreeMap<ObjectRef, WaitingObject>,
}

/// How an object is that is waited for.
#[derive(Debug)]
struct WaitingObject {
    message: String,
    hindrance: Option<Hindrance>,
}

/// What there is to tell of an event.
#[derive(Debug, PartialEq, Eq)]
pub enum ProgressLine {
    /// A line.
    Line(String),
    /// How something that is waited for is now: a line only where [where it stands](Progress::state) is not shown in place.
    State(String),
}

impl Progress {
    /// The progress of a sync that is to carry out `plan`.
    pub fn of(plan: &Plan, whole: bool) -> Self {
        let steps = plan.steps.iter().filter(|step| step.action != Action::Keep);
        Self {
            objects: steps.count() + plan.unchanged.len(),
            whole,
            ..Self::default()
        }
    }

    /// What to tell of an event; `None` for those that a person need not see.
    pub fn tell(&mut self, event: &Event) -> Option<ProgressLine> {
        match event {
            Event::Waiting {
                reference,
                health,
                hindered,
            } => Some(self.waiting(reference, health, hindered.as_ref())),
            Event::Settled { reference, outcome } => self.settled(reference, outcome).map(ProgressLine::Line),
            event => Self::line(event).map(ProgressLine::Line),
        }
    }

    /// An object is waited for: a line of its own where something keeps it from becoming Current, once.
    fn waiting(&mut self, reference: &ObjectRef, health: &Health, hindered: Option<&Hindered>) -> ProgressLine {
        let hindrance = hindered.map(|hindered| hindered.by);
        let now = WaitingObject {
            message: health.message.clone(),
            hindrance,
        };
        let before = self.waiting.insert(reference.clone(), now);
        let told = hindered.map_or(health, |hindered| &hindered.health);
        let line = format!("waiting   {reference}: {}", told.message);
        let is_new = hindrance.is_some() && hindrance != before.and_then(|before| before.hindrance);
        if is_new {
            ProgressLine::Line(line)
        } else {
            ProgressLine::State(line)
        }
    }

    /// The sync is done with an object. Why it is not as git wants it stands in the report, and so does what did not begin.
    fn settled(&mut self, reference: &ObjectRef, outcome: &Outcome) -> Option<String> {
        // What is gone had been settled before.
        self.settled += usize::from(!matches!(outcome, Outcome::Gone));
        let was_waited_for = self.waiting.remove(reference).is_some();
        match outcome {
            Outcome::Deleted => Some(format!("deleted   {reference}")),
            done if done.is_done() => was_waited_for.then(|| format!("ready     {reference}")),
            Outcome::Blocked { .. } | Outcome::KeptOut { .. } | Outcome::Stopped if !self.whole => None,
            other if self.whole => Some(format!(
                "{:<9} {reference}: {}",
                other.kind().word(),
                reason_text(other)
            )),
            other => Some(format!("{:<9} {reference}", other.kind().word())),
        }
    }

    /// The line for an event that changes nothing of where it stands.
    fn line(event: &Event) -> Option<String> {
        Some(match event {
            Event::Queued { holder } => format!("waiting   for the sync of {holder}"),
            Event::Started { .. } | Event::Waiting { .. } | Event::Settled { .. } | Event::Unawaited { .. } => {
                return None;
            }
            Event::Applied { reference, action } => {
                let done = match action {
                    Action::Create => "created",
                    Action::Delete => "deleting",
                    Action::Orphan => "orphaned",
                    Action::Replace => "replaced",
                    Action::Update | Action::Conflict | Action::Refused | Action::Skip | Action::Keep => "updated",
                };
                format!("{done:<9} {reference}")
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
                let objects = counted(*objects, "object");
                format!("not pruned: {objects}, since {}", not_pruned(*reason))
            }
        })
    }

    /// Where it stands, after so long: `34/179  1 min 20 s  waiting for 4: Job a/b (…), …`.
    pub fn state(&self, elapsed: Duration) -> String {
        let settled = self.settled.min(self.objects);
        let text = format!("{settled}/{}  {}", self.objects, length_of(elapsed));
        if self.waiting.is_empty() {
            return text;
        }
        let mut waiting: Vec<_> = self.waiting.iter().collect();
        // What will not go on by itself is of more interest.
        waiting.sort_by_key(|(_, waiting)| waiting.hindrance.is_none());
        let named = waiting
            .iter()
            .take(NAMED)
            .map(|(object, waiting)| waiting.beside(object));
        let mut named: Vec<String> = named.collect();
        if self.waiting.len() > NAMED {
            named.push("…".to_owned());
        }
        format!("{text}  waiting for {}: {}", self.waiting.len(), named.join(", "))
    }
}

impl WaitingObject {
    /// An object, and how it is.
    fn beside(&self, object: &ObjectRef) -> String {
        let message = Some(self.message.as_str()).filter(|message| !message.is_empty());
        // What is wrong comes first: the end may be cut off.
        let parts: Vec<&str> = self.hindrance.map(hindrance).into_iter().chain(message).collect();
        match parts.as_slice() {
            [] => object.to_string(),
            parts => format!("{object} ({})", parts.join("; ")),
        }
    }
}

/// What keeps an object from becoming Current, in a few words.
fn hindrance(hindrance: Hindrance) -> &'static str {
    match hindrance {
        Hindrance::Unschedulable => "a pod is not scheduled",
        Hindrance::ImageUnavailable => "an image cannot be pulled",
        Hindrance::Crashing => "a container crashes",
        Hindrance::CannotStart => "a container cannot be started",
        Hindrance::PodsRefused => "its pods are refused",
        Hindrance::ClaimPending => "nothing provides the volume",
        Hindrance::NamespaceHeld => "a namespace still holds something",
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
        assert_eq!(progress.state(Duration::from_millis(2_900)), "0/6  2 s");
        for name in ["a", "b", "c", "d"] {
            let event = Event::Waiting {
                reference: reference("apps/Deployment", Some("shop"), name),
                health: Health::in_progress("1 of 3 replicas available"),
                hindered: None,
            };
            progress.tell(&event);
        }
        let settled = Event::Settled {
            reference: reference("apps/Deployment", Some("shop"), "a"),
            outcome: Outcome::Updated,
        };
        let line = ProgressLine::Line("ready     Deployment shop/a".to_owned());
        assert_eq!(progress.tell(&settled), Some(line));
        assert_eq!(
            progress.state(Duration::from_secs(80)),
            "1/6  1 min 20 s  waiting for 3: Deployment shop/b (1 of 3 replicas available), Deployment shop/c (1 of 3 replicas \
             available), Deployment shop/d (1 of 3 replicas available)"
        );
    }

    #[test]
    fn what_keeps_an_object_from_becoming_current_is_a_line_once_and_named_first() {
        let mut progress = Progress {
            objects: 2,
            ..Progress::default()
        };
        let mut waiting = |name: &str, by: Option<Hindrance>, message: &str| {
            progress.tell(&Event::Waiting {
                reference: reference("apps/Deployment", Some("shop"), name),
                health: Health::in_progress("0 of 1 replicas available"),
                hindered: by.map(|by| Hindered {
                    by,
                    health: Health::in_progress(message),
                }),
            })
        };
        assert!(matches!(waiting("a", None, ""), Some(ProgressLine::State(_))));
        assert!(matches!(waiting("b", None, ""), Some(ProgressLine::State(_))));
        let first = waiting("b", Some(Hindrance::Crashing), "back-off 10s");
        assert_eq!(
            first,
            Some(ProgressLine::Line(
                "waiting   Deployment shop/b: back-off 10s".to_owned()
            ))
        );
        let again = waiting("b", Some(Hindrance::Crashing), "back-off 20s");
        assert!(matches!(again, Some(ProgressLine::State(_))), "it is told");
        assert_eq!(
            progress.state(Duration::from_secs(3)),
            "0/2  3 s  waiting for 2: Deployment shop/b (a container crashes; 0 of 1 replicas available), Deployment \
             shop/a (0 of 1 replicas available)"
        );
    }
}
