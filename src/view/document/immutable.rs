//! What is said of an object that can only be replaced.

use super::{Line, Lines, Tone};
use crate::object::ObjectRef;
use crate::plan::{Lost, Obstacle, Replacement, Untried};

/// Which fields cannot be changed.
pub(super) fn note(replacement: &Replacement) -> String {
    let mut fields: Vec<String> = replacement.fields.iter().map(ToString::to_string).collect();
    fields.dedup();
    format!("{} cannot be changed", fields.join(", "))
}

/// What a replacement costs and, where it is not done, what to do.
pub(super) fn lines(object: &ObjectRef, replacement: &Replacement) -> Lines {
    let lost: Vec<&str> = replacement.lost.iter().map(|lost| self::lost(*lost)).collect();
    let lost = lost.join("; ");
    let if_replaced = format!("if it is replaced, {lost}");
    let keep = "keep it: take the change out of git".to_owned();
    let lines = match &replacement.obstacle {
        None => vec![lost],
        Some(Obstacle::NotAllowed) => {
            let permit = format!("{}/{}", object.kind.kind, object.name);
            let replace = format!("replace it: --replace {permit}, or stackanetes.io/replace: allowed on its manifest");
            vec![if_replaced, replace, keep]
        }
        Some(Obstacle::Contents) => vec![
            "it is never replaced, since all that it holds would go with it".to_owned(),
            format!("{keep}, or delete {object} by hand"),
        ],
        Some(Obstacle::Claims) => vec![
            "it is not replaced, since its claims, with their data, would be deleted with it".to_owned(),
            "first sync spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Retain".to_owned(),
        ],
        Some(Obstacle::Unasked(why)) => vec![
            if_replaced,
            format!(
                "it is not, since it cannot be said whether the server would accept the new one: {}",
                untried(*why)
            ),
        ],
    };
    let lines = lines.into_iter().map(|line| Line::prose(6, line).tone(Tone::Faded));
    lines.collect()
}

fn untried(why: Untried) -> &'static str {
    match why {
        Untried::Container => "it cannot be tried under another name",
        Untried::NotAllowed => "you may not create it",
    }
}

fn lost(lost: Lost) -> &'static str {
    match lost {
        Lost::Pods => "all its pods end before the first new one starts",
        Lost::PodsStay => "its pods run on",
        Lost::ClaimsStay => "its volume claims stay as they are",
        Lost::Address => "its cluster IP changes",
        Lost::NodePorts => "its node ports change",
        Lost::LoadBalancer => "its load balancer is recreated",
        Lost::Rights => "its subjects have no such rights for a moment",
        Lost::Configuration => "pods that start meanwhile wait for it",
        Lost::Generated => "its values are generated again",
        Lost::Data => "its data is lost, unless the volume is retained",
        Lost::Moment => "it is gone for a moment",
    }
}
