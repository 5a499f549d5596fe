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
        let object = foreign(generator);
        return Some(Other {
            manager,
            object: Id::of(&object),
            write: Write::Create { object },
        });
    }
    let mut object = generator.one()?;
    let subject = subject::of(&object.kind)?;
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
        50..=59 => Write::Patch {
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

/// An object that git does not have, mostly; sometimes it comes to want one of this name.
fn foreign(generator: &mut Generator) -> Value {
    let name = match generator.random.below(10) {
        0..=2 => "configmap-2".to_owned(),
        number => format!("theirs-{}", number % 2 + 1),
    };
    let namespace = if generator.random.percent(70) {
        NAME.to_owned()
    } else {
        format!("{NAME}-b")
    };
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": {"a": "1"}})
}
