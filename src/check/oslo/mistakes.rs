//! What is wrong with a configuration file.

use crate::diagnostic::identifier::Identifier;
use crate::diagnostic::nearest::nearest;
use crate::object::glob::matches_glob;

use super::OptionSchema;
use super::ini::{self, Setting};
use super::schema::{Opt, OptionGroup};

/// Something wrong with a line of a configuration file. It never quotes a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionMistake {
    /// The identifier of its sort of mistake.
    pub identifier: Identifier,
    /// The line, from 0.
    pub line: usize,
    /// The mistake, in a sentence.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

/// What is wrong with the file that says `text`, by its lines.
pub fn mistakes(text: &str, schema: &OptionSchema) -> Vec<OptionMistake> {
    let parsed = ini::parse(text);
    let file = File {
        schema,
        settings: &parsed.settings,
    };
    let mut mistakes: Vec<OptionMistake> = Vec::new();
    for (line, why) in &parsed.wrong {
        mistakes.push(OptionMistake {
            identifier: Identifier::UnreadableLine,
            line: *line,
            message: format!("this line cannot be read: {why}"),
            hint: None,
        });
    }
    for setting in &parsed.settings {
        // A group is told once, however many settings are in it.
        if let Some(mistake) = file.mistake(setting).filter(|mistake| !mistakes.contains(mistake)) {
            mistakes.push(mistake);
        }
    }
    mistakes.sort_by_key(|mistake| mistake.line);
    mistakes
}

/// A file, and what there is to be set in it.
struct File<'a> {
    schema: &'a OptionSchema,
    settings: &'a [Setting<'a>],
}

impl<'a> File<'a> {
    fn mistake(&self, setting: &Setting<'a>) -> Option<OptionMistake> {
        let groups = self.groups(setting.group);
        if let Some(option) = find(&groups, setting.name) {
            return of_option(setting, option);
        }
        if let Some((group, name)) = self.renamed(setting) {
            let message = format!("`{}` of [{}] is `{name}` of [{group}] now", setting.name, setting.group);
            return Some(OptionMistake {
                identifier: Identifier::DeprecatedOption,
                line: setting.line,
                message,
                hint: Some("write it there; the old name will go".to_owned()),
            });
        }
        if groups.is_empty() && !self.has_old_names(setting.group) {
            let names = self.schema.groups.iter().map(|group| group.name.as_str());
            let near = nearest(names, setting.group);
            let hint = near.map_or_else(
                || "take it out, or name it where the service looks for its name".to_owned(),
                |near| format!("did you mean `[{near}]`?"),
            );
            return Some(OptionMistake {
                identifier: Identifier::UnknownOption,
                line: setting.header,
                message: format!("there is no group [{}]", setting.group),
                hint: Some(hint),
            });
        }
        let message = format!("[{}] has no option `{}`", setting.group, setting.name);
        Some(OptionMistake {
            identifier: Identifier::UnknownOption,
            line: setting.line,
            message,
            hint: self.meant(&groups, setting.name),
        })
    }

    /// The options of a group: its own, and those of every group that something else named so.
    fn groups(&self, name: &str) -> Vec<&'a OptionGroup> {
        let groups = self.schema.groups.iter();
        groups.filter(|group| self.is_named(group, name)).collect()
    }

    fn is_named(&self, group: &OptionGroup, name: &str) -> bool {
        // Only that of `DEFAULT` counts.
        let is_one = |one: &str| {
            one == name || (one != "DEFAULT" && name != "DEFAULT" && one.to_lowercase() == name.to_lowercase())
        };
        if is_one(&group.name) || matches_glob(&group.name, name) {
            return true;
        }
        group.owner.as_ref().is_some_and(|owner| {
            let named = self
                .settings
                .iter()
                .filter(|setting| setting.group == owner.group && setting.name == owner.option);
            named.flat_map(|setting| setting.value.split(',')).any(|named| {
                let named = named.trim();
                let named = match &owner.kind {
                    None => Some(named),
                    Some(kind) => named
                        .split_once(':')
                        .filter(|(_, of)| of.trim() == kind)
                        .map(|(named, _)| named.trim()),
                };
                named.is_some_and(|named| !named.is_empty() && is_one(&format!("{}{named}", owner.prefix)))
            })
        })
    }

    /// The group and the name that an option has now.
    fn renamed(&self, setting: &Setting<'_>) -> Option<(&'a str, &'a str)> {
        let old = (setting.group.to_owned(), setting.name.to_owned());
        let (group, name) = self.schema.renamed.get(&old)?;
        Some((group, name))
    }

    fn has_old_names(&self, group: &str) -> bool {
        self.schema.renamed.keys().any(|(old, _)| old == group)
    }

    /// What an option that is not there was meant to be.
    fn meant(&self, groups: &[&OptionGroup], name: &str) -> Option<String> {
        let with_underscores = name.replace('-', "_");
        if find(groups, &with_underscores).is_some() {
            return Some(format!("in a file it is written `{with_underscores}`"));
        }
        let elsewhere = self.schema.groups.iter().find(|group| group.options.contains_key(name));
        let near = nearest(
            groups.iter().flat_map(|group| group.options.keys().map(String::as_str)),
            name,
        );
        match (elsewhere, near) {
            (Some(group), _) if group.owner.is_none() => Some(format!("it is an option of [{}]", group.name)),
            (_, Some(near)) => Some(format!("did you mean `{near}`?")),
            _ => None,
        }
    }
}

/// What is wrong with the value of an option, or with setting it at all.
fn of_option(setting: &Setting<'_>, option: &Opt) -> Option<OptionMistake> {
    let name = format!("`{}` of [{}]", setting.name, setting.group);
    if let Some(reason) = &option.leaving {
        let reason: Vec<_> = reason.split_whitespace().collect();
        return Some(OptionMistake {
            identifier: Identifier::DeprecatedOption,
            line: setting.line,
            message: format!("{name} is deprecated, and will go"),
            hint: (!reason.is_empty()).then(|| reason.join(" ")),
        });
    }
    // What refers to another option is known only to the service.
    if setting.value.contains('$') || option.takes.takes(&setting.value) {
        return None;
    }
    let choices = option.takes.choices().iter().map(String::as_str);
    Some(OptionMistake {
        identifier: Identifier::InvalidOption,
        line: setting.line,
        message: format!("{name} must be {}", option.takes.expected()),
        hint: nearest(choices, &setting.value).map(|near| format!("did you mean `{near}`?")),
    })
}

fn find<'a>(groups: &[&'a OptionGroup], name: &str) -> Option<&'a Opt> {
    groups.iter().find_map(|group| group.options.get(name))
}
