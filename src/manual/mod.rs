//! The manual, in chapters: `stackanetes help TOPIC` prints them, and so does this documentation.

/// A chapter.
#[derive(Debug, Clone, Copy)]
pub struct Topic {
    /// What `stackanetes help` calls it.
    pub name: &'static str,
    /// What the chapter is about, in a few words.
    pub summary: &'static str,
    /// Markdown. A comment above a block of code says how the tests run it; [`Topic::printed`] leaves it out.
    pub text: &'static str,
}

impl Topic {
    /// The text without the comments above blocks of code, which say how the tests run them.
    ///
    /// ```
    /// let topic = stackanetes::manual::topic("topology").unwrap();
    /// assert!(topic.text.contains("<!-- not run: "));
    /// assert!(!topic.printed().contains("<!--"));
    /// ```
    pub fn printed(&self) -> String {
        let lines = self.text.split_inclusive('\n');
        lines.filter(|line| !line.starts_with("<!-- ")).collect()
    }
}

/// Declares a module that documents itself by a chapter, and the list of all.
macro_rules! chapters {
    ($($module:ident, $name:literal, $summary:literal;)*) => {
        $(
            #[doc = include_str!(concat!($name, ".md"))]
            pub mod $module {}
        )*

        /// The chapters, in the order in which they are best read.
        pub static TOPICS: [Topic; [$($name),*].len()] = [
            $(Topic { name: $name, summary: $summary, text: include_str!(concat!($name, ".md")) }),*
        ];
    };
}

chapters! {
    quick_start, "quick-start", "from a directory of manifests to a synced cluster";
    concepts, "concepts", "the three sides of a diff, causes, and how a diff knows";
    reading_a_diff, "reading-a-diff", "what each line of a diff means";
    sync, "sync", "what a sync does, in which order, and saved plans";
    history, "history", "earlier syncs, and going back";
    pruning, "pruning", "what is deleted, and what never is";
    immutable, "immutable", "fields that cannot be changed, and replacement";
    rules, "rules", "conflicts, and who wins them";
    jobs, "jobs", "when a Job runs again";
    secrets, "secrets", "where secret values come from, and who sees them";
    directories, "directories", "what is read and left out, parameters, components, defaults";
    kustomize_and_helm, "kustomize-and-helm", "objects that kustomize and helm make of the directory";
    check, "check", "mistakes that are found without a cluster";
    ci, "ci", "checks, comments on pull requests, and syncs on merge";
    moving, "moving", "from kubectl apply, and back";
    moving_helm, "moving-helm", "from Helm, and back";
    moving_flux, "moving-flux", "from Flux, and back";
    moving_argo_cd, "moving-argo-cd", "from Argo CD, and back";
    applysets, "applysets", "renaming, splitting and joining ApplySets";
    sandboxes, "sandboxes", "a cluster in a directory, and snapshots";
    roles, "roles", "the rights that a diff and a sync need";
    threat_model, "threat-model", "what others can and cannot make a sync do";
    topology, "topology", "the OpenStack in desired/";
    troubleshooting, "troubleshooting", "what to do when something is refused, and connections";
    programs, "programs", "JSON: plans, events and reports";
    reference, "reference", "words, exit codes, annotations";
    benchmarks, "benchmarks", "what many objects cost, beside other tools";
    contributing, "contributing", "how the code and its tests are built";
}

/// Other words for what a chapter is about, each with the name of the chapter.
pub static ALIASES: [(&str, &str); 13] = [
    ("conflicts", "rules"),
    ("ownership", "rules"),
    ("prune", "pruning"),
    ("json", "programs"),
    ("components", "directories"),
    ("environments", "directories"),
    ("parameters", "directories"),
    ("templates", "directories"),
    ("saved-plans", "sync"),
    ("waiting", "sync"),
    ("lock", "sync"),
    ("exit-codes", "reference"),
    ("annotations", "reference"),
];

/// The chapter of this name, or the one that another word for its subject means.
///
/// ```
/// use stackanetes::manual::topic;
///
/// assert_eq!(topic("conflicts").unwrap().name, "rules");
/// ```
pub fn topic(name: &str) -> Option<&'static Topic> {
    let alias = ALIASES.iter().find(|(alias, _)| *alias == name);
    let name = alias.map_or(name, |(_, chapter)| chapter);
    TOPICS.iter().find(|topic| topic.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_alias_means_a_chapter_and_is_the_name_of_none() {
        for (alias, chapter) in ALIASES {
            assert_eq!(topic(alias).map(|topic| topic.name), Some(chapter), "{alias}");
            assert!(TOPICS.iter().all(|topic| topic.name != alias), "{alias}");
        }
    }
}
