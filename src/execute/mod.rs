//! Carries out a plan: applies in order, waits until what was applied is Current, prunes last.
//!
//! Nothing is decided here that the plan has not decided. An object that changed since is planned
//! again, by the same function, and written only if the plan for it is still the same.

mod apply;
mod clock;
mod dissolve;
mod event;
mod feeds;
mod fence;
mod first;
mod generate;
mod kind;
mod lease;
mod lock;
mod orphan;
mod parent;
mod prune;
mod release;
mod replace;
pub mod report;
mod runs;
mod tasks;
mod wait;
mod walk;
mod written;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio::sync::{Mutex, Semaphore, watch};

use crate::applyset::inventory::ApplySet;
use crate::applyset::parent::Record;
use crate::applyset::put_back::PutBack;
use crate::applyset::tally::Tally;
use crate::cluster::Cluster;
use crate::diagnostic::error::{Error, Result};
use crate::kinds::jobs;
use crate::object::ObjectRef;
use crate::observe::{Query, Served};
use crate::plan::order;
use crate::plan::{Action, Facts, Plan, Step, Unverified};

pub use clock::SyncClock;
pub use event::{DeletionBlock, Event, Hindered, NotPruned, Outcome};
pub use lock::{LeaseHolder, Lock};
pub use release::NotReleased;

use apply::ApplyResult;
use feeds::Feeds;
use fence::Fence;
use first::Displaced;
use kind::LatestKinds;
use lease::{Lease, Wish};
use parent::{Extents, Remaining};
use runs::Runs;
use tasks::{Leaving, Task, Tasks};
use walk::{GraphWalk, State};
use written::WrittenObject;

/// How often an object that changes under our hands is planned again.
const TRIES: usize = 10;

/// How a plan is carried out.
pub struct Execution {
    /// The cluster that is written to.
    pub cluster: Arc<dyn Cluster>,
    /// What the server served when the plan was made.
    pub served: Served,
    /// What the plan was made from; an object that changed is observed again by it.
    pub query: Query,
    /// How long an object may take to become Current, or to be gone.
    pub timeout: Duration,
    /// What the sync waits for after it has applied.
    pub wait: Wait,
    /// The time of this sync, which began when its record says.
    pub clock: SyncClock,
    /// What to remember of this sync.
    pub record: Record,
    /// The holder of the Lease.
    pub holder: LeaseHolder,
    /// How long the Lease is held, and how long it is waited for.
    pub lock: Lock,
    /// Turns true when no new step shall be started, and nothing waited for any more.
    pub stop: watch::Receiver<bool>,
}

/// What a sync waits for. That an object is gone which another takes the place of, or which others use, is always
/// waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// That each object is Current, has failed, or has had its time.
    UntilCurrent,
    /// The sync waits likewise, but not for what does not become Current by itself, as far as its pods and Events tell.
    FailFast,
    /// Nothing: what is stored is done, and what depends on it goes on. A Namespace and a CustomResourceDefinition are
    /// waited for all the same, since the server takes nothing of theirs before.
    Not,
}

impl Execution {
    /// Carries out `plan` and tells `events` of everything that happens.
    ///
    /// `Err` when it could not begin, or lost its Lease; what was done until then was told.
    pub async fn run(mut self, plan: Plan, mut events: impl FnMut(Event)) -> Result<(), Abort> {
        let fence = Arc::new(Fence::around(self.cluster));
        self.cluster = fence.clone();
        let selector = plan.facts.set.as_ref().map(ApplySet::selector).unwrap_or_default();
        let feeds = Feeds::new(self.cluster.clone(), selector, self.served.scopes.clone());
        let events: RefCell<&mut dyn FnMut(Event)> = RefCell::new(&mut events);
        let run = Run {
            requests: Semaphore::new(self.query.concurrency),
            feeds,
            runs: Runs::of(&plan),
            counts: RefCell::default(),
            left: RefCell::default(),
            written: RefCell::default(),
            unawaited: Cell::new(0),
            displaced: Displaced::default(),
            kinds: Mutex::default(),
            emit: &events,
            fence,
            execution: &self,
        };
        // It is large: kept on the heap, so that callers need not.
        Box::pin(run.whole(plan)).await
    }
}

/// Why a sync could not begin, or not go on.
#[derive(Debug)]
pub enum Abort {
    /// Another sync of this ApplySet ran since the plan was made; nothing was changed.
    Overtaken(String),
    /// Anything else.
    Failed(Error),
}

impl From<Error> for Abort {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Abort> for Error {
    fn from(abort: Abort) -> Self {
        match abort {
            Abort::Overtaken(set) => Self::new(format!(
                "another sync of the ApplySet {set} ran since this plan was made; nothing was changed"
            ))
            .hint("run the command again"),
            Abort::Failed(error) => error,
        }
    }
}

/// One sync under way.
struct Run<'a> {
    execution: &'a Execution,
    /// What `execution` writes through.
    fence: Arc<Fence>,
    feeds: Feeds,
    requests: Semaphore,
    runs: Runs,
    /// What came of the objects so far.
    counts: RefCell<Tally>,
    /// What was to be written, and was not.
    left: RefCell<Vec<ObjectRef>>,
    /// What was written so far, and is expected to stay.
    written: RefCell<Vec<WrittenObject>>,
    /// How many objects are not Current and were not waited for.
    unawaited: Cell<usize>,
    /// What is in the way of others, and still to be deleted.
    displaced: Displaced,
    /// What the server said last of its kinds, since one of them was waited for.
    kinds: Mutex<LatestKinds>,
    emit: &'a RefCell<&'a mut dyn FnMut(Event)>,
}

impl Run<'_> {
    async fn whole(&self, plan: Plan) -> Result<(), Abort> {
        let put_back = PutBack::kept(plan.put_back());
        let records = plan.writes() || plan.dissolves || self.must_record(&plan);
        let Plan {
            facts,
            steps,
            unchanged,
            dissolves,
            back,
            ..
        } = plan;
        let Facts {
            set,
            parent,
            mut dependencies,
            key,
            forgotten,
            former,
            ..
        } = facts;
        let mut members = Extents::default();
        if let Some(forgotten) = &forgotten {
            members.note_forgotten(forgotten);
        }
        first::wait_for_rules(&mut dependencies, &steps);
        let Tasks {
            mut nodes,
            leaving,
            displaced,
        } = Tasks::of(steps, &mut members);
        let displaced = displaced
            .into_iter()
            .map(|(object, step)| (object, Rc::new(Mutex::new(step))));
        self.displaced.replace(displaced.collect());
        for settled in unchanged {
            members.note_desired(&settled.reference);
            nodes.push((settled.reference.clone(), Task::Await(Box::new(settled))));
        }
        let (references, tasks): (Vec<ObjectRef>, Vec<Task>) = nodes.into_iter().unzip();
        let graph = order::graph(&references, &dependencies, &self.execution.served.defined_by);
        let mut walk = GraphWalk::new(graph, tasks);

        let Some(set) = set.filter(|_| records) else {
            self.body(&mut walk, leaving, None).await?;
            return Ok(());
        };
        // The namespace that holds the parent and the Lease goes after both.
        let namespace = ObjectRef::namespace(&set.namespace);
        let is_home = |step: &Step| step.action == Action::Delete && step.reference == namespace;
        let (home, deletes): (Vec<Step>, Vec<Step>) = leaving.deletes.into_iter().partition(is_home);
        let leaving = Leaving { deletes, ..leaving };
        self.parent_namespace(&set, &mut walk).await?;
        let wish = Wish {
            set: &set,
            holder: &self.execution.holder,
            lock: self.execution.lock,
            stop: self.execution.stop.clone(),
        };
        let queued = |holder: &LeaseHolder| self.send(Event::Queued { holder: holder.clone() });
        let lease = Lease::acquire(&self.fence, wish, queued).await?;
        let held = async {
            let mut parent = self.begin(&set, parent.as_ref(), &members, &former).await?;
            self.store(&set, &key).await?;
            let complete = self.body(&mut walk, leaving, Some(&lease)).await?;
            // With the namespace that it is kept in, it goes by itself.
            let takes_home = home.len() == 1 && self.home_stays(complete, &members).is_none();
            let is_dissolved = complete && !takes_home && dissolves && self.dissolve(&set).await?;
            if !takes_home && !is_dissolved {
                let remaining = Remaining {
                    complete: complete && home.is_empty() && !dissolves,
                    back_from: back.from,
                    put_back,
                };
                self.end(&set, &mut parent, &members, &remaining).await?;
            }
            Ok::<_, Abort>((complete, is_dissolved))
        };
        let held = held.await;
        if let Err(kept) = lease.release().await {
            self.send(Event::NotReleased(kept));
        }
        let (complete, is_dissolved) = held?;
        if is_dissolved {
            self.remove_lease(&set).await?;
        }
        self.prune(&home, self.home_stays(complete, &members)).await;
        Ok(())
    }

    /// Why the namespace that holds the parent and the Lease may not go yet; nothing if it may.
    fn home_stays(&self, complete: bool, members: &Extents) -> Option<NotPruned> {
        match (complete, members.are_known(), self.unawaited.get()) {
            (false, ..) => Some(NotPruned::Before(1)),
            (true, false, _) => Some(NotPruned::Unlisted),
            (true, true, 0) => None,
            (true, true, unawaited) => Some(NotPruned::Unawaited(unawaited)),
        }
    }

    /// Applies, prunes and orphans. Whether everything was done.
    async fn body(&self, walk: &mut GraphWalk, mut leaving: Leaving, lease: Option<&Lease>) -> Result<bool> {
        let lost = async {
            match lease {
                Some(lease) => lease.lost().await,
                None => std::future::pending().await,
            }
        };
        let work = async {
            self.walk(walk).await;
            let missed = walk.missed() + self.look_again().await;
            leaving.deletes.extend(self.still_displaced().await);
            let before = match (missed, self.unawaited.get()) {
                (0, 0) => None,
                (0, unawaited) => Some(NotPruned::Unawaited(unawaited)),
                (missed, _) => Some(NotPruned::Before(missed)),
            };
            let pruned = self.prune(&leaving.deletes, before).await;
            let orphaned = self.orphan(&leaving.orphans).await;
            missed == 0 && pruned && orphaned
        };
        tokio::select! {
            // What failed for want of the Lease is not what went wrong.
            biased;
            error = lost => Err(error),
            complete = work => Ok(complete),
        }
    }

    /// Runs every node as soon as what it waits for allows.
    async fn walk(&self, walk: &mut GraphWalk) {
        let (tried, mut tries) = tokio::sync::mpsc::unbounded_channel();
        let mut running = FuturesUnordered::new();
        loop {
            while !self.is_stopped()
                && let Some((index, reference, task)) = walk.next()
            {
                match task {
                    Task::Leave(outcome) => self.end_node(walk, index, reference, outcome),
                    Task::Pass => drop(walk.settled(index, State::Current)),
                    Task::Await(settled) if settled.health.is_current() => {
                        self.end_node(walk, index, reference, Outcome::Unchanged);
                    }
                    task @ (Task::Apply(_) | Task::Await(_)) => {
                        let tried = tried.clone();
                        running.push(async move {
                            // Whoever receives it lives as long as this future does.
                            let tell = || tried.send(index).unwrap_or_default();
                            let outcome = self.node(&reference, task, tell).await;
                            (index, reference, outcome)
                        });
                    }
                }
            }
            if self.is_stopped() {
                for reference in walk.give_up() {
                    self.settled(reference, Outcome::Stopped);
                }
            }
            if running.is_empty() {
                break;
            }
            tokio::select! {
                Some(index) = tries.recv() => walk.tried(index),
                Some((index, reference, outcome)) = running.next() => self.end_node(walk, index, reference, outcome),
            }
        }
        // The graph has no circle, so nothing is left. Should it ever have one, that must not pass
        // for done.
        for reference in walk.give_up() {
            self.settled(reference.clone(), Outcome::Blocked { by: reference });
        }
    }

    fn end_node(&self, walk: &mut GraphWalk, index: usize, reference: ObjectRef, outcome: Outcome) {
        let blocked = walk.settled(index, State::following(&outcome));
        self.settled(reference, outcome);
        for (reference, by) in blocked {
            self.settled(reference, Outcome::Blocked { by });
        }
    }

    /// Does what there is to do for one object and waits until it is Current. `tried` is called once
    /// the object is written; or once it waits for its kind, which may be brought by what comes later.
    async fn node(&self, reference: &ObjectRef, task: Task, tried: impl FnOnce()) -> Outcome {
        let mut tried = Some(tried);
        let mut tried = || tried.take().map_or((), |tried| tried());
        let (action, resource, applied, inputs) = match task {
            Task::Leave(outcome) => return outcome,
            Task::Pass => return Outcome::Unchanged,
            Task::Await(settled) => {
                tried();
                return self.await_settled(*settled).await;
            }
            Task::Apply(agreed) => {
                let action = agreed.action;
                self.send(Event::Started {
                    reference: reference.clone(),
                    action,
                });
                if matches!(agreed.unverified, Some(Unverified::KindComes(_))) {
                    tried();
                }
                let agreed = match self.with_kind(agreed).await {
                    Ok(agreed) => agreed,
                    Err(outcome) => return outcome,
                };
                let resource = agreed.work.resource.clone();
                let inputs = agreed.work.desired.inputs.clone();
                if let Err(by) = self.clear_way(agreed.unverified.as_ref()).await {
                    return Outcome::KeptOut { by };
                }
                match self.apply(agreed).await {
                    ApplyResult::Stored(live) => (action, resource, live, inputs),
                    ApplyResult::Nothing(settled) => {
                        tried();
                        return self.await_settled(*settled).await;
                    }
                    ApplyResult::Not(outcome) => return outcome,
                }
            }
        };
        self.send(Event::Applied {
            reference: reference.clone(),
            action,
        });
        tried();
        let done = match action {
            Action::Create => Outcome::Created,
            Action::Replace => Outcome::Replaced,
            Action::Update
            | Action::Delete
            | Action::Orphan
            | Action::Conflict
            | Action::Refused
            | Action::Skip
            | Action::Keep => Outcome::Updated,
        };
        let outcome = self.await_current(&resource, &applied, inputs, done).await;
        // A Job that has run to its end may be deleted by then.
        let is_over = jobs::is_job(&reference.kind) && self.feeds.saw_complete(&resource, &applied);
        if outcome.is_done() && !is_over {
            self.written.borrow_mut().push(WrittenObject {
                resource,
                reference: reference.clone(),
                uid: applied.uid().to_owned(),
                outcome: outcome.kind(),
            });
        }
        outcome
    }

    fn is_stopped(&self) -> bool {
        *self.execution.stop.borrow()
    }

    fn send(&self, event: Event) {
        (self.emit.borrow_mut())(event);
    }

    fn settled(&self, reference: ObjectRef, outcome: Outcome) {
        let kind = outcome.kind();
        self.counts.borrow_mut().add(kind);
        if !kind.is_written() {
            self.left.borrow_mut().push(reference.clone());
        }
        self.send(Event::Settled { reference, outcome });
    }
}
