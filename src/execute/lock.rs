//! What a Lease says: who holds it, at which revision, since when, and whether that is over.

use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::applyset::inventory::{self, ApplySet};
use crate::diagnostic::error::Error;
use crate::object::LiveObject;
use crate::object::commit::Commit;
use crate::plan::ObjectVersion;

/// The holder of a Lease, as others read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseHolder {
    /// Who and where: `alice@laptop/4711`.
    pub identity: String,
    /// The commit that is synced.
    pub revision: Option<Commit>,
}

/// `alice@laptop/4711 at 3f2c1ab`
impl fmt::Display for LeaseHolder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.identity)?;
        match &self.revision {
            Some(revision) => write!(out, " at {}", revision.short()),
            None => Ok(()),
        }
    }
}

/// How the Lease of an ApplySet is taken and kept.
#[derive(Debug, Clone, Copy)]
pub struct Lock {
    /// How long to wait while somebody else has it.
    pub wait: Duration,
    /// How long it is valid without being renewed, in whole seconds.
    pub valid: Duration,
}

impl Default for Lock {
    fn default() -> Self {
        Self {
            wait: Duration::ZERO,
            valid: Duration::from_secs(30),
        }
    }
}

impl Lock {
    /// How often it is renewed.
    pub(super) fn renewal(&self) -> Duration {
        self.valid / 6
    }

    /// How long after the last renewal it is taken for lost: a good while before anybody else may take
    /// it, so that a write which was begun in time also arrives in time.
    pub(super) fn give_up(&self) -> Duration {
        self.valid * 2 / 3
    }
}

/// The last renewal of a Lease, by two clocks: the one stands still while a machine sleeps, the other
/// may be set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Renewed {
    pub(super) instant: Instant,
    pub(super) time: Timestamp,
}

impl Renewed {
    pub(super) fn now() -> Self {
        Self {
            instant: Instant::now(),
            time: Timestamp::now(),
        }
    }

    /// How long ago it was, by the clock that says longer.
    pub(super) fn age(&self) -> Duration {
        let by_time = Timestamp::now().duration_since(self.time);
        self.instant.elapsed().max(by_time.try_into().unwrap_or_default())
    }
}

/// A Lease in somebody's hands.
#[derive(Debug, Clone)]
pub(super) struct HeldLease {
    pub(super) holder: LeaseHolder,
    /// The time since when it is held, as it is written.
    since: String,
    /// When it was renewed last, by the holder's clock.
    renewed: Option<Timestamp>,
    valid: Duration,
    pub(super) version: ObjectVersion,
}

impl HeldLease {
    /// The holder of a Lease; none where it is free.
    pub(super) fn of(lease: &LiveObject) -> Option<Self> {
        let spec = lease.value().get("spec")?;
        let text = |key: &str| spec.get(key).and_then(Value::as_str).unwrap_or_default();
        let identity = Some(text("holderIdentity")).filter(|holder| !holder.is_empty())?;
        let seconds = spec.get("leaseDurationSeconds").and_then(Value::as_u64);
        Some(Self {
            holder: LeaseHolder {
                identity: identity.to_owned(),
                revision: lease.annotation(inventory::REVISION).map(Commit::new),
            },
            since: text("acquireTime").to_owned(),
            renewed: text("renewTime").parse().ok(),
            valid: Duration::from_secs(seconds.unwrap_or_default()),
            version: ObjectVersion::of(lease),
        })
    }

    /// Whether it has expired, if our clock agrees with the holder's.
    pub(super) fn has_expired(&self, now: Timestamp) -> bool {
        let valid = SignedDuration::try_from(self.valid).unwrap_or(SignedDuration::MAX);
        self.renewed.is_none_or(|renewed| now.duration_since(renewed) >= valid)
    }

    /// Whether it may be taken, having been looked at for so long without being renewed.
    ///
    /// Clocks of two machines may differ by any amount. Nobody renews for as long as it is valid: then
    /// its holder has given up, whatever any clock says. Where the clock says so too, two renewals that
    /// did not come are enough.
    pub(super) fn is_over(&self, watched: Duration, now: Timestamp) -> bool {
        watched >= self.valid || self.has_expired(now) && watched >= self.valid / 3
    }

    /// Somebody else has it.
    pub(super) fn refusal(&self, set: &ApplySet) -> Error {
        let since = match self.since.parse::<Timestamp>() {
            Ok(since) => format!(" since {since:.0}"),
            Err(_) => String::new(),
        };
        Error::new(format!(
            "the ApplySet {} is being synced by {}{since}",
            set.name, self.holder
        ))
        .hint(format!(
            "wait until it is done, with --lock-timeout 10m; a sync that died is taken over after {} s",
            self.valid.as_secs()
        ))
    }
}

/// The Lease in our hands, in the place of the one that is there.
pub(super) fn object(
    set: &ApplySet,
    holder: &LeaseHolder,
    lock: Lock,
    live: Option<&LiveObject>,
    now: Timestamp,
) -> Value {
    let reference = set.lease();
    let transitions = live
        .and_then(|live| live.value().pointer("/spec/leaseTransitions")?.as_i64())
        .unwrap_or(-1);
    let mut metadata = json!({"name": reference.name, "namespace": set.namespace});
    if let Some(live) = live {
        metadata["uid"] = live.uid().into();
        metadata["resourceVersion"] = live.resource_version().into();
    }
    if let Some(revision) = &holder.revision {
        metadata["annotations"] = json!({ inventory::REVISION: revision });
    }
    json!({
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": metadata,
        "spec": {
            "holderIdentity": holder.identity,
            "leaseDurationSeconds": lock.valid.as_secs().max(1),
            "acquireTime": micro_time(now),
            "renewTime": micro_time(now),
            "leaseTransitions": transitions + 1,
        },
    })
}

/// The form of Kubernetes' MicroTime.
pub(super) fn micro_time(time: Timestamp) -> String {
    format!("{time:.6}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease(then: Timestamp) -> Value {
        let set = ApplySet {
            name: "demo".into(),
            namespace: "a".into(),
        };
        let holder = LeaseHolder {
            identity: "alice@laptop/1".into(),
            revision: Some(Commit::new("3f2c1ab0")),
        };
        object(&set, &holder, Lock::default(), None, then)
    }

    #[test]
    fn a_lease_is_held_until_it_is_given_back() {
        let then = Timestamp::from_second(1_000_000).expect("a time");
        let mut lease = lease(then);
        let claim = HeldLease::of(&LiveObject::new(lease.clone())).expect("it is held");
        assert_eq!(claim.holder.to_string(), "alice@laptop/1 at 3f2c1ab");
        lease["spec"]["holderIdentity"] = "".into();
        assert!(HeldLease::of(&LiveObject::new(lease)).is_none());
    }

    #[test]
    fn a_lease_is_over_when_nobody_renews_it_and_not_when_a_clock_alone_says_so() {
        let then = Timestamp::from_second(1_000_000).expect("a time");
        let claim = HeldLease::of(&LiveObject::new(lease(then))).expect("it is held");
        let after = |seconds: i64| then + SignedDuration::from_secs(seconds);
        let watched = Duration::from_secs;
        assert!(!claim.is_over(watched(29), after(29)));
        assert!(!claim.is_over(watched(0), after(3_600)), "its clock may be slow");
        assert!(claim.is_over(watched(10), after(31)));
        assert!(claim.is_over(watched(30), after(-3_600)), "its clock may be fast");
    }

    #[test]
    fn a_renewal_ages_by_the_clock_that_says_longer() {
        let asleep = Renewed {
            instant: Instant::now(),
            time: Timestamp::now() - SignedDuration::from_secs(60),
        };
        assert!(asleep.age() >= Duration::from_secs(60));
        let set_back = Renewed {
            instant: Instant::now(),
            time: Timestamp::now() + SignedDuration::from_secs(60),
        };
        assert!(set_back.age() < Duration::from_secs(1));
    }
}
