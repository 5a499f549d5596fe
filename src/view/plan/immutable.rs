//! What is said of an object that can only be replaced.

use std::fmt::Write as _;

use super::super::style::{FADED, paint};
use crate::object::ObjectRef;
use crate::plan::{Lost, Obstacle, Replacement};

/// Which fields cannot be changed, and what a replacement costs.
pub(super) fn note(replacement: &Replacement) -> String {
    let mut fields: Vec<String> = replacement.fields.iter().map(ToString::to_string).collect();
    fields.dedup();
    let lost: Vec<&str> = replacement.lost.iter().map(|lost| self::lost(*lost)).collect();
    let lost = lost.join("; ");
    let fields = fields.join(", ");
    if replacement.obstacle.is_some() {
        format!("{fields} cannot be changed; if it is replaced, {lost}")
    } else {
        format!("{fields} cannot be changed; {lost}")
    }
}

/// What to do about one that is not replaced.
pub(super) fn ways_out(object: &ObjectRef, replacement: &Replacement) -> String {
    let Some(obstacle) = &replacement.obstacle else {
        return String::new();
    };
    let way = match obstacle {
        Obstacle::NotAllowed => format!(
            "replace it: --replace {}/{}, or stackanetes.io/replace: allowed on its manifest; keep it: take the change out of git",
            object.kind.kind, object.name
        ),
        Obstacle::Contents => format!(
            "it is never replaced, since all that it holds would go with it; keep it: take the change out of git, or delete {object} by hand"
        ),
        Obstacle::Claims => "its claims, with their data, would be deleted with it: first sync \
             spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Retain"
            .to_owned(),
        Obstacle::Unasked(why) => format!("it cannot be said whether the server would accept the new one: {why}"),
    };
    let mut text = String::new();
    let _ = writeln!(text, "      {}", paint(FADED, way));
    text
}

fn lost(lost: Lost) -> &'static str {
    match lost {
        Lost::Pods => "all its pods end before the first new one starts",
        Lost::PodsStay => "its pods run on",
        Lost::ClaimsStay => "its volume claims stay as they are",
        Lost::Address => "its cluster IP changes",
        Lost::NodePorts => "its node ports change",
        Lost::LoadBalancer => "its load balancer is made anew",
        Lost::Rights => "its subjects have no such rights for a moment",
        Lost::Configuration => "pods that start meanwhile wait for it",
        Lost::Generated => "its generated values are made anew",
        Lost::Data => "its data is lost, unless the volume is retained",
        Lost::Moment => "it is gone for a moment",
    }
}
