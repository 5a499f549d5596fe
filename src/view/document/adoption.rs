//! Objects that exist and are not ours: what adopting them would do, and whose they are.

use std::collections::BTreeMap;

use super::note::restarts;
use super::{Heading, Line, Lines, Tone, change};
use crate::diagnostic::names::{counted, first_of};
use crate::kinds::keeper::Keeper;
use crate::plan::{Adopting, Plan, Reason, Restarts, Step};

/// Whose an object is, and what adopting it would do.
pub(super) fn note(adopting: &Adopting, step: &Step, heading: &Heading<'_>) -> String {
    let whose = match &step.keeper {
        None => "it exists and is not ours".to_owned(),
        Some(keeper) => format!("it exists and is not ours: it is kept by {keeper}"),
    };
    match adopting {
        Adopting::Unknown => whose,
        Adopting::Refused => format!("{whose}; it cannot be changed to what git says"),
        Adopting::Changes { fields, restarts } => {
            let changes = match fields.len() {
                0 => "only its ownership".to_owned(),
                1 => "1 field".to_owned(),
                count => format!("{count} fields"),
            };
            let restarts = restarts.map(|what| format!(" and {}", self::restarts(what, heading)));
            format!("{whose}; adopting it changes {changes}{}", restarts.unwrap_or_default())
        }
    }
}

/// The fields that adopting an object would change.
pub(super) fn lines(step: &Step, heading: &Heading<'_>) -> Lines {
    let mut lines = Lines::default();
    if let Reason::NotOurs(adopting) = &step.reason
        && let Adopting::Changes { fields, .. } = &**adopting
    {
        for field in fields {
            lines.append(change::change(field, step, heading));
        }
    }
    lines
}

/// How many objects are not ours, what adopting all of them would do, and who puts back what an adoption changes.
pub(super) fn remarks(plan: &Plan) -> Lines {
    let mut lines = Lines::default();
    lines.append(all(plan).map(|text| Line::prose(0, text)));
    let mut kept: BTreeMap<&Keeper, usize> = BTreeMap::new();
    for keeper in plan.steps.iter().filter_map(|step| step.keeper.as_ref()) {
        *kept.entry(keeper).or_default() += 1;
    }
    for (keeper, count) in kept.into_iter().filter(|(keeper, _)| keeper.reconciles()) {
        let objects = counted(count, "object");
        let text = format!(
            "warning: {keeper} keeps {objects} of this plan and puts its own state back: suspend it before you adopt \
             them, and delete it without deleting what it keeps"
        );
        lines.push(Line::prose(0, text).tone(Tone::Warned));
    }
    lines
}

/// What adopting all that is not ours would do; nothing where there is none.
fn all(plan: &Plan) -> Option<String> {
    let mut count = 0;
    let (mut changed, mut restarted, mut left) = (0, Some(0), 0);
    let mut keepers: BTreeMap<&Keeper, usize> = BTreeMap::new();
    for step in &plan.steps {
        let Reason::NotOurs(adopting) = &step.reason else {
            continue;
        };
        count += 1;
        if let Some(keeper) = &step.keeper {
            *keepers.entry(keeper).or_default() += 1;
        }
        match &**adopting {
            Adopting::Unknown | Adopting::Refused => left += 1,
            Adopting::Changes { fields, restarts } => {
                changed += usize::from(!fields.is_empty());
                let pods = match restarts {
                    None | Some(Restarts::OnDelete) => Some(0),
                    Some(Restarts::Pods(pods) | Restarts::Daemons(pods)) => *pods,
                };
                restarted = restarted.zip(pods).map(|(all, pods)| all + pods);
            }
        }
    }
    if count == 0 {
        return None;
    }
    let keepers: Vec<String> = keepers
        .iter()
        .map(|(keeper, count)| format!("{keeper} ({count})"))
        .collect();
    let kept = match keepers.as_slice() {
        [] => String::new(),
        keepers => format!(", kept by {}", first_of(keepers, 3)),
    };
    let (are, them) = if count == 1 { ("is", "it") } else { ("are", "them") };
    let does = match (changed, restarted) {
        (0, _) => "only the ownership changes, and nothing restarts".to_owned(),
        (changed, Some(0)) => format!(
            "{} {}, and nothing restarts",
            counted(changed, "object"),
            changes(changed)
        ),
        (changed, Some(1)) => format!(
            "{} {}, and 1 pod restarts",
            counted(changed, "object"),
            changes(changed)
        ),
        (changed, Some(pods)) => format!(
            "{} {}, and {pods} pods restart",
            counted(changed, "object"),
            changes(changed)
        ),
        (changed, None) => format!("{} {}, and pods restart", counted(changed, "object"), changes(changed)),
    };
    let does = match left {
        0 => does,
        left => format!("{does}; of {left} that is not known, or not possible"),
    };
    Some(format!(
        "{} {are} not ours{kept}; pass --adopt to take {them} over, or --adopt=KIND/NAME for one: {does}",
        counted(count, "object")
    ))
}

fn changes(count: usize) -> &'static str {
    if count == 1 { "changes" } else { "change" }
}
