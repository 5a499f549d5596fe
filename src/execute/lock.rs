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

/// The last renewal of a Lease, by two clocks: the one may stand still while a machine sleeps, the other may be set.
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

    /// How long ago it was, but for the time that the machine slept.
    pub(super) fn age(&self) -> Duration {
        self.instant.elapsed()
    }

    /// How long ago it was as the time of day says, which may have been set since.
    pub(super) fn age_by_time_of_day(&self) -> Duration {
        let by_time = Timestamp::now().duration_since(self.time);
        by_time.try_into().unwrap_or_default()
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

    /// Whether its holder may be gone, as far as one look tells: it was not renewed in time, or at a time that is still
    /// to come, so that one of the two clocks is wrong.
    pub(super) fn may_be_over(&self, now: Timestamp) -> bool {
        let valid = SignedDuration::try_from(self.valid).unwrap_or(SignedDuration::MAX);
        self.renewed
            .is_none_or(|renewed| now.duration_since(renewed).abs() >= valid)
    }

    /// Whether it may be taken, having been looked at for so long without being renewed.
    ///
    /// Clocks of two machines may differ by any amount, so none is asked. Nobody renews for as long as it is valid: then
    /// its holder has given up. One that missed only some renewals may still write.
    pub(super) fn is_over(&self, watched: Duration) -> bool {
        watched >= self.valid
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
        assert!(!claim.is_over(Lock::default().give_up()), "its holder may still write");
        assert!(!claim.is_over(Duration::from_secs(29)));
        assert!(claim.is_over(Duration::from_secs(30)));
    }

    #[test]
    fn a_lease_is_looked_at_longer_when_its_time_is_over_or_still_to_come() {
        let then = Timestamp::from_second(1_000_000).expect("a time");
        let claim = HeldLease::of(&LiveObject::new(lease(then))).expect("it is held");
        let may_be_over = |seconds: i64| claim.may_be_over(then + SignedDuration::from_secs(seconds));
        assert_eq!(
            [-3_600, -29, 0, 29, 30].map(may_be_over),
            [true, false, false, false, true]
        );
    }

    #[test]
    fn a_renewal_ages_by_both_clocks_and_never_by_less_than_nothing() {
        let renewed = |before: u64, seconds: i64| Renewed {
            instant: Instant::now() - Duration::from_secs(before),
            time: Timestamp::now() + SignedDuration::from_secs(seconds),
        };
        let asleep = renewed(0, -60);
        assert!(asleep.age() < Duration::from_secs(60) && asleep.age_by_time_of_day() >= Duration::from_secs(60));
        let set_back = renewed(20, 60);
        assert!(set_back.age() >= Duration::from_secs(20));
        assert_eq!(set_back.age_by_time_of_day(), Duration::ZERO);
    }
}
