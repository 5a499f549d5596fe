//! New objects where there are many: a title a component, and below it the objects as git has them.

use super::folding::{Folding, paragraph};
use super::markup::escaped;
use crate::diagnostic::names::counted;
use crate::plan::Step;
use crate::view::document::{CreatedGroup, PlanDocument};
use crate::view::room::Room;
use crate::view::value::line;

/// What is around the objects of a component: the fence, what collapses it, and how many are left out.
const AROUND: usize = 200;

/// New objects, where there are many.
pub(super) struct NewObjects<'d, 'a> {
    document: &'d PlanDocument<'a>,
    folding: Folding,
    groups: Vec<CreatedGroup<'a>>,
}

impl<'d, 'a> NewObjects<'d, 'a> {
    /// The new objects of a document.
    pub(super) fn of(document: &'d PlanDocument<'a>, folding: Folding) -> Self {
        Self {
            document,
            folding,
            groups: document.created.groups(),
        }
    }

    /// How many there are, and a title a component; nothing where there are few.
    pub(super) fn titles(&self) -> String {
        let groups = self.groups.iter().map(title);
        self.heading() + &groups.collect::<String>()
    }

    /// The titles with the objects below them, of which as many stand there as there is room for; the titles have
    /// theirs.
    pub(super) fn whole(&self, room: &mut Room) -> String {
        let groups = self.groups.iter().map(|group| {
            let short = title(group);
            let manifests = self.manifests(group, room.left());
            let manifests = manifests.and_then(|manifests| room.replace(&short, manifests));
            manifests.unwrap_or(short)
        });
        let groups: String = groups.collect();
        self.heading() + &groups
    }

    /// How many there are, and what is to be known of all.
    fn heading(&self) -> String {
        let title = self.document.created.title();
        title
            .map(|title| paragraph(&escaped(&title)) + "\n\n")
            .unwrap_or_default()
    }

    /// The objects of a component, and how many of them are left out; nothing where none has room.
    fn manifests(&self, group: &CreatedGroup<'_>, room: usize) -> Option<String> {
        let manifests = group.steps.iter().map(|step| self.manifest(step));
        let (manifests, left_out) = Room::of(room.saturating_sub(AROUND)).fill(manifests);
        let more = match left_out {
            0 => String::new(),
            count => format!(
                "# {} left out, since the comment would be too long: stackanetes diff -v shows them\n",
                counted(count, "object")
            ),
        };
        let title = self.folding.escaped(&group.summary());
        let block = || self.folding.block(&title, "yaml", &(manifests.clone() + &more));
        (!manifests.is_empty()).then(block)
    }

    /// An object as a document of YAML; of one that is not shown, its name.
    fn manifest(&self, step: &Step) -> String {
        let lines = self.document.manifest(step);
        if lines.is_empty() {
            return format!("---\n# {}: not shown\n", line(&step.reference.to_string()));
        }
        let lines = lines.iter().map(|line| line.text.clone() + "\n");
        std::iter::once("---\n".to_owned()).chain(lines).collect()
    }
}

fn title(group: &CreatedGroup<'_>) -> String {
    format!("- {}\n", escaped(&group.summary()))
}
