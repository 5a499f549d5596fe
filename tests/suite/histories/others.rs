//! What others do in a history.

use serde_json::{Value, json};

use super::generate::Generator;
use super::step::{Id, NAME, Other, Write};
use super::subject::{self, Subject};

/// A person, a tool that keeps writing, and an operator.
const MANAGERS: [&str; 3] = ["kubectl-edit", "team-b", "operator"];

/// A write of somebody else, where there is something to write to.
pub fn write(generator: &mut Generator) -> Option<Other> {
    let manager = (*generator.random.pick(&MANAGERS)).to_owned();
    if generator.random.percent(12) {
        return Some(foreign(generator));
    }
    if let Some(object) = generator.made().filter(|_| generator.random.percent(15)) {
        let write = of_made(generator);
        return Some(Other { manager, object, write });
    }
    let mut object = generator.one()?;
    let subject = subject::of(&object.kind)?;
    if object.kind == "Deployment" && generator.random.percent(30) {
        // As the controller of autoscalers does it.
        let (manager, write) = ("kube-controller-manager".to_owned(), below(generator, &object.kind));
        return Some(Other { manager, object, write });
    }
    let write = match generator.random.below(100) {
        0..=19 => Write::Apply {
            fields: beside(generator, subject),
            force: false,
        },
        20..=29 => Write::Apply {
            fields: over(generator, &object, subject),
            force: true,
        },
        30..=49 => Write::Patch {
            patch: over(generator, &object, subject),
            subresource: String::new(),
        },
        50..=53 => Write::Strategic {
            patch: over(generator, &object, subject),
        },
        54..=59 => Write::Patch {
            patch: beside(generator, subject),
            subresource: String::new(),
        },
        60..=69 => Write::Update {
            patch: over(generator, &object, subject),
        },
        70 => held(),
        71..=77 => below(generator, &object.kind),
        78..=85 => Write::Forget,
        86..=95 => Write::Delete,
        _ => Write::Join,
    };
    if write == Write::Join {
        // What others made, if they made it.
        let name = "theirs-1".to_owned();
        object = Id {
            kind: "ConfigMap".to_owned(),
            namespace: NAME.to_owned(),
            name,
        };
    }
    Some(Other { manager, object, write })
}

/// A field that git may have too; mostly one that it has.
fn over(generator: &mut Generator, id: &Id, subject: &Subject) -> Value {
    let mut choice = generator.choice(subject);
    for _ in 0..8 {
        if choice.at != "/apiVersion" && generator.wanted(id).pointer(&choice.at).is_some() {
            break;
        }
        choice = generator.choice(subject);
    }
    if choice.at == "/apiVersion" {
        return beside(generator, subject);
    }
    let value = generator.random.pick(&choice.values).clone();
    subject::only(&choice.at, &value)
}

/// A field that git never has.
fn beside(generator: &mut Generator, subject: &Subject) -> Value {
    let pointer = generator.random.pick(&subject.theirs).clone();
    let value = *generator.random.pick(&["dGhlaXJz", "bWluZQ.."]);
    subject::only(&pointer, &json!(value.trim_end_matches('.')))
}

/// A write to a Secret whose values are made in the cluster.
fn of_made(generator: &mut Generator) -> Write {
    let data = match generator.random.below(5) {
        0 => json!({"password": null}),
        1 => json!({"password": "YW5vdGhlci1wYXNzd29yZA=="}),
        2 => json!({"user": "dGhlaXJz"}),
        3 => return Write::Forget,
        _ => return Write::Delete,
    };
    Write::Patch {
        patch: json!({"data": data}),
        subresource: String::new(),
    }
}

/// A finalizer that nobody takes off.
fn held() -> Write {
    Write::Patch {
        patch: json!({"metadata": {"finalizers": ["example.com/held"]}}),
        subresource: String::new(),
    }
}

/// A write of a subresource.
fn below(generator: &mut Generator, kind: &str) -> Write {
    let (patch, subresource) = match kind {
        "Deployment" => (json!({"spec": {"replicas": 1 + generator.random.below(3)}}), "scale"),
        _ => (
            json!({"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}}),
            "status",
        ),
    };
    Write::Patch {
        patch,
        subresource: subresource.to_owned(),
    }
}

/// Who makes an object that git does not have, and how: mostly one that git may come to want.
fn foreign(generator: &mut Generator) -> Other {
    let mut object = if generator.random.percent(30) {
        let name = format!("theirs-{}", 1 + generator.random.below(2));
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": NAME}, "data": {"a": "1"}})
    } else {
        let subject = *generator.random.pick(&adoptable());
        let mut object = generator.base(subject);
        for _ in 0..generator.random.below(4) {
            generator.alter(&mut object, subject);
        }
        if generator.random.percent(50) {
            generator.want_too(&object, subject);
        }
        object
    };
    let manager = *generator
        .random
        .pick(&["kubectl-client-side-apply", "kubectl-create", "operator"]);
    if manager == "kubectl-client-side-apply" {
        let applied = object.to_string();
        object["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = json!(applied);
    }
    Other {
        manager: manager.to_owned(),
        object: Id::of(&object),
        write: Write::Create { object },
    }
}

/// The subjects whose objects need nothing else to be there.
fn adoptable() -> Vec<&'static Subject> {
    let needy = ["Gadget", "PersistentVolumeClaim", "ResourceQuota", "StorageClass"];
    let subjects = subject::all().iter();
    subjects
        .filter(|subject| !needy.contains(&subject.kind.as_str()))
        .collect()
}
