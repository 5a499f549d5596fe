//! Others write while a sync is under way: nobody's fields are lost, nothing spins, and each is said.
//!
//! What the others do happens at a certain request of the sync, before it comes to the API server.

mod deleted;
mod fields;
mod sets;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::bed::{Bed, Run};
use crate::control_plane::ControlPlane;
use crate::proxy::{Proxy, Request, Then};

/// More requests than any of these syncs has a reason for.
const TOO_MANY: usize = 200;

/// Somebody else, as whom kubectl runs in the namespace of a bed.
struct Other {
    plane: &'static ControlPlane,
    namespace: String,
}

impl Other {
    fn of(bed: &Bed) -> Self {
        Self {
            plane: bed.plane,
            namespace: bed.namespace.clone(),
        }
    }

    fn kubectl(&self, args: &[&str]) {
        self.kubectl_stdin(args, "");
    }

    fn kubectl_stdin(&self, args: &[&str], stdin: &str) {
        let args = [args, &["--namespace", &self.namespace]].concat();
        self.plane.kubectl_stdin(&args, stdin).expect_success();
    }

    fn patch(&self, manager: &str, object: [&str; 2], patch: &Value) {
        let manager = format!("--field-manager={manager}");
        let [kind, name] = object;
        self.kubectl(&[
            "patch",
            kind,
            name,
            "--type=merge",
            &manager,
            "--patch",
            &patch.to_string(),
        ]);
    }
}

/// When others write.
struct Moment {
    method: &'static str,
    /// How the path ends.
    path: &'static str,
    /// At how many of those requests, from the first on.
    times: usize,
}

impl Moment {
    /// As an object is applied.
    fn applied(path: &'static str) -> Self {
        Self {
            method: "PATCH",
            path,
            times: 1,
        }
    }

    /// As an object is deleted.
    fn deleted(path: &'static str) -> Self {
        Self {
            method: "DELETE",
            path,
            times: 1,
        }
    }

    /// Each time.
    fn always(self) -> Self {
        Self {
            times: usize::MAX,
            ..self
        }
    }

    fn is(&self, request: &Request) -> bool {
        let path = request.target.split('?').next().unwrap_or_default();
        request.is_write() && request.method == self.method && path.ends_with(self.path)
    }
}

/// A sync, while at `moment` others do what `act` does; it is told which time it is.
fn sync_while(bed: &Bed, moment: Moment, act: impl Fn(&Other, usize) + Send + Sync + 'static) -> (Run, Vec<Request>) {
    let other = Other::of(bed);
    let acted = AtomicUsize::new(0);
    let proxy = Proxy::start(&bed.user, move |request| {
        if moment.is(request) {
            let turn = acted.fetch_add(1, Ordering::Relaxed);
            if turn < moment.times {
                act(&other, turn);
            }
        }
        Then::Answer
    });
    let kubeconfig: PathBuf = proxy.kubeconfig.clone();
    let run = bed.run_as(&kubeconfig, &["sync", "--yes", "--timeout", "30s"], "");
    let requests = proxy.seen();
    assert!(requests.len() < TOO_MANY, "{} requests: {requests:#?}", requests.len());
    (run, requests)
}

/// The data of a ConfigMap.
fn data(bed: &Bed, name: &str) -> Value {
    bed.get("configmap", name).expect("it is there")["data"].clone()
}
