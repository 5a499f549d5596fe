//! Carries out a plan: applies in order, waits until what was applied is Current, prunes last.
//!
//! Nothing is decided here that the plan has not decided. An object that changed since is planned
//! again, by the same function, and written only if the plan for it is still the same.

mod apply;
mod event;
mod feeds;
mod lease;
mod parent;
mod prune;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;

use crate::cluster::Cluster;
use crate::error::Result;
use crate::inventory::Record;
use crate::object::{GroupKind, ObjectRef};
use crate::observe::{Question, Scopes};
use crate::order::{self, Graph};
use crate::plan::{Action, Plan, Settled, Step, Work};

pub use event::{Event, Outcome};
pub use lease::Holder;

use apply::{Agreed, Applied};
use feeds::Feeds;
use lease::Lease;

/// How often an object that changes under our hands is planned again.
const TRIES: usize = 10;

/// How a plan is carried out.
pub struct Execution {
    /// Where.
    pub cluster: Arc<dyn Cluster>,
    /// What the plan was made from; an object that changed is observed again by it.
    pub question: Question,
    /// Where the objects of a kind were listed, and so can be watched.
    pub scopes: Scopes,
    /// Which CustomResourceDefinition of the directory brings which kind.
    pub defined_by: BTreeMap<GroupKind, ObjectRef>,
    /// How long an object may take to become Current, or to be gone.
    pub timeout: Duration,
    /// What to remember of this sync.
    pub record: Record,
    /// Who holds the Lease.
    pub holder: Holder,
    /// Turns true when no new step shall be started.
    pub stop: watch::Receiver<bool>,
}

impl Execution {
    /// Carries out `plan` and tells `events` of everything that happens.
    ///
    /// `Err` when it could not begin, or lost its Lease; what was done until then was told.
    pub async fn run(self, plan: Plan, mut events: impl FnMut(Event)) -> Result<()> {
        let selector = plan
            .set
            .as_ref()
            .map(crate::inventory::ApplySet::selector)
            .unwrap_or_default();
        let feeds = Feeds::new(self.cluster.clone(), selector, self.scopes.clone());
        let events: RefCell<&mut dyn FnMut(Event)> = RefCell::new(&mut events);
        let run = Run {
            requests: Semaphore::new(self.question.concurrency),
            feeds,
            emit: &events,
            execution: &self,
        };
        run.whole(plan).await
    }
}

/// One sync under way.
struct Run<'a> {
    execution: &'a Execution,
    feeds: Feeds,
    requests: Semaphore,
    emit: &'a RefCell<&'a mut dyn FnMut(Event)>,
}

/// One node of the graph: what there is to do for one desired object.
enum Task {
    Apply(Agreed),
    Await(Settled),
    Leave(Outcome),
}

/// How far a node has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Running,
    /// Written, or left alone; what comes of it is awaited.
    Tried,
    Current,
    Missed,
}

impl Run<'_> {
    async fn whole(&self, plan: Plan) -> Result<()> {
        let must_record = parent::must_record(&plan, &self.execution.record);
        let writes = plan.writes();
        let Plan {
            set,
            parent,
            steps,
            unchanged,
            dependencies,
            ..
        } = plan;
        let kept_kinds: Vec<GroupKind> = steps
            .iter()
            .filter(|step| step.action == Action::Keep)
            .map(|step| step.reference.kind.clone())
            .collect();
        let mut members = parent::Members::default();
        let mut tasks: Vec<(ObjectRef, Option<Task>)> = Vec::new();
        let mut deletes: Vec<Step> = Vec::new();
        for step in steps {
            match (step.action, step.work) {
                (Action::Delete, work) => deletes.push(Step { work, ..step }),
                (Action::Keep, _) => {}
                (action, Work::Apply(work)) => {
                    members.note(&step.reference);
                    let agreed = Agreed {
                        action,
                        changes: step.changes,
                        work,
                    };
                    tasks.push((step.reference, Some(Task::Apply(agreed))));
                }
                (Action::Conflict, _) => {
                    members.note(&step.reference);
                    tasks.push((step.reference, Some(Task::Leave(Outcome::Conflict))));
                }
                (_, _) => tasks.push((step.reference, Some(Task::Leave(Outcome::Skipped)))),
            }
        }
        for settled in unchanged {
            members.note(&settled.reference);
            tasks.push((settled.reference.clone(), Some(Task::Await(settled))));
        }
        let references: Vec<ObjectRef> = tasks.iter().map(|(reference, _)| reference.clone()).collect();
        let graph = order::graph(&references, &dependencies, &self.execution.defined_by);
        let mut walk = Walk {
            states: vec![State::Open; tasks.len()],
            graph,
            tasks,
        };

        let mut lease = None;
        let records = set.as_ref().filter(|_| writes || must_record);
        if let Some(set) = records {
            self.parent_namespace(set, &mut walk).await?;
            lease = Some(Lease::acquire(&self.execution.cluster, set, &self.execution.holder).await?);
            for delete in &deletes {
                members.note(&delete.reference);
            }
            self.begin(set, parent.as_ref(), &members).await?;
        }
        let result = self.body(&mut walk, deletes, lease.as_ref()).await;
        if let Some(set) = records {
            if let Ok(complete) = &result {
                let remaining = parent::Remaining {
                    kept: &kept_kinds,
                    complete: *complete,
                };
                self.end(set, parent.as_ref(), &members, remaining, &references).await?;
            }
            if let Some(lease) = lease {
                lease.release(&self.execution.cluster).await;
            }
        }
        result.map(|_| ())
    }

    /// Applies and prunes. Whether everything was done.
    async fn body(&self, walk: &mut Walk, deletes: Vec<Step>, lease: Option<&Lease>) -> Result<bool> {
        let lost = async {
            match lease {
                Some(lease) => lease.lost().await,
                None => std::future::pending().await,
            }
        };
        let work = async {
            self.walk(walk).await;
            let missed = walk.states.iter().filter(|state| **state != State::Current).count();
            let pruned = self.prune(deletes, missed).await;
            missed == 0 && pruned
        };
        tokio::select! {
            complete = work => Ok(complete),
            error = lost => Err(error),
        }
    }

    /// Runs every node as soon as what it waits for allows.
    async fn walk(&self, walk: &mut Walk) {
        let (tried, mut tries) = tokio::sync::mpsc::unbounded_channel();
        let mut running = FuturesUnordered::new();
        loop {
            for (index, start) in walk.ready(self.is_stopped()) {
                let (reference, task) = &mut walk.tasks[index];
                let Some(task) = task.take() else { continue };
                match start {
                    Start::Run => {
                        walk.states[index] = State::Running;
                        let (reference, tried) = (reference.clone(), tried.clone());
                        running.push(async move {
                            // Whoever receives it lives as long as this future does.
                            let outcome = self
                                .node(&reference, task, || tried.send(index).unwrap_or_default())
                                .await;
                            (index, reference, outcome)
                        });
                    }
                    Start::Give(outcome) => {
                        walk.states[index] = State::Missed;
                        self.settled(reference.clone(), outcome);
                    }
                }
            }
            if running.is_empty() {
                return;
            }
            tokio::select! {
                Some(index) = tries.recv() => {
                    if walk.states[index] == State::Running {
                        walk.states[index] = State::Tried;
                    }
                }
                Some((index, reference, outcome)) = running.next() => {
                    walk.states[index] = if outcome.is_done() { State::Current } else { State::Missed };
                    self.settled(reference, outcome);
                }
            }
        }
    }

    /// Does what there is to do for one object and waits until it is Current. `tried` is called once
    /// the object is written.
    async fn node(&self, reference: &ObjectRef, task: Task, tried: impl FnOnce()) -> Outcome {
        let (action, resource, applied) = match task {
            Task::Leave(outcome) => return outcome,
            Task::Await(settled) if settled.health.is_current() => return Outcome::Unchanged,
            Task::Await(settled) => {
                tried();
                return match self.execution.cluster.get(&settled.resource, reference).await {
                    Ok(Some(live)) => self.await_current(&settled.resource, &live, Outcome::Unchanged).await,
                    Ok(None) => Outcome::Moved,
                    Err(error) => Outcome::Failed(crate::observe::failed(&format!("read {reference}"), error)),
                };
            }
            Task::Apply(agreed) => {
                let action = agreed.action;
                self.send(Event::Started {
                    reference: reference.clone(),
                    action,
                });
                let resource = agreed.work.resource.clone();
                match self.apply(agreed).await {
                    Applied::Stored(live) => (action, resource, live),
                    Applied::Nothing => return Outcome::Unchanged,
                    Applied::Not(outcome) => return outcome,
                }
            }
        };
        self.send(Event::Applied {
            reference: reference.clone(),
            action,
        });
        tried();
        let done = if action == Action::Create {
            Outcome::Created
        } else {
            Outcome::Updated
        };
        self.await_current(&resource, &applied, done).await
    }

    async fn await_current(
        &self,
        resource: &crate::cluster::Resource,
        live: &crate::object::LiveObject,
        done: Outcome,
    ) -> Outcome {
        let health = self
            .feeds
            .current(resource, live, self.deadline(), |health| {
                self.send(Event::Waiting {
                    reference: live.reference(),
                    health: health.clone(),
                });
            })
            .await;
        if health.is_current() {
            done
        } else {
            Outcome::NotReady(health)
        }
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.execution.timeout
    }

    fn is_stopped(&self) -> bool {
        *self.execution.stop.borrow()
    }

    fn send(&self, event: Event) {
        (self.emit.borrow_mut())(event);
    }

    fn settled(&self, reference: ObjectRef, outcome: Outcome) {
        self.send(Event::Settled { reference, outcome });
    }
}

/// The graph, and how far each of its nodes has come.
struct Walk {
    graph: Graph,
    states: Vec<State>,
    tasks: Vec<(ObjectRef, Option<Task>)>,
}

/// What becomes of a node that waits for nothing any more.
enum Start {
    Run,
    Give(Outcome),
}

impl Walk {
    /// The nodes that wait for nothing any more.
    fn ready(&self, stopped: bool) -> Vec<(usize, Start)> {
        let lowest_open = self
            .graph
            .nodes
            .iter()
            .zip(&self.states)
            .filter(|(_, state)| matches!(state, State::Open | State::Running))
            .filter_map(|(node, _)| node.stage)
            .min();
        let mut ready = Vec::new();
        for (index, node) in self.graph.nodes.iter().enumerate() {
            if self.states[index] != State::Open || self.tasks[index].1.is_none() {
                continue;
            }
            let blocker = node.requires.iter().find(|other| self.states[**other] == State::Missed);
            if stopped {
                ready.push((index, Start::Give(Outcome::Stopped)));
            } else if let Some(blocker) = blocker {
                let by = self.graph.nodes[*blocker].reference.clone();
                ready.push((index, Start::Give(Outcome::Blocked { by })));
            } else {
                let required = node.requires.iter().all(|other| self.states[*other] == State::Current);
                let staged = node.stage.is_none() || lowest_open >= node.stage;
                if required && staged {
                    ready.push((index, Start::Run));
                }
            }
        }
        ready
    }
}
