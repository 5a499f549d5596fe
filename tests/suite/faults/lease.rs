//! The Lease of a first sync is created, which is not simply sent again.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::bed::Bed;
use crate::proxy::{Body, Fault, Heard, Proxy, Then};

#[test]
fn a_lease_that_was_created_while_the_answer_was_lost_is_our_own() {
    let bed = Bed::new("faults-lease");
    let arrives = |heard| Fault { arrives: true, heard };
    let lost = |heard| Fault { arrives: false, heard };
    let faults = [
        arrives(Heard::End),
        arrives(Heard::Half),
        arrives(Heard::Body(Body::Null)),
        arrives(Heard::Status(504)),
        lost(Heard::Status(503)),
        lost(Heard::Body(Body::Other)),
    ];
    for (turn, fault) in faults.into_iter().enumerate() {
        bed.write_config_map("settings", &[("turn", &turn.to_string())]);
        let seen = AtomicUsize::new(0);
        let proxy = Proxy::start(&bed.user, move |request| {
            let creates = request.method == "POST" && request.target.contains("/leases?");
            if creates && seen.fetch_add(1, Ordering::Relaxed) == 0 {
                return Then::Fail(fault);
            }
            Then::Answer
        });
        let run = bed.run_as(&proxy.kubeconfig, &["sync", "--yes", "--timeout", "60s"], "");
        run.exits(0).complains_not("being synced by");
        assert_eq!(bed.lease_holder(), "", "{fault:?}");
        bed.kubectl(&["delete", "lease", "stackanetes-faults-lease"]);
    }
}
