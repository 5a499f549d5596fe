//! The metadata of a file of lines, in which lists and mappings are written out in the names:
//! `sops_age__list_0__map_recipient=age1…` (SOPS, `stores/flatten.go`).

use std::collections::BTreeMap;

use serde_json::Value;

/// How the names begin that hold the metadata.
pub(super) const PREFIX: &str = "sops_";

const LIST: &str = "__list_";
const MAP: &str = "__map_";

/// How many lists and mappings may be nested; SOPS needs four.
const MAX_DEPTH: usize = 8;

/// One value. The lines of a list are in any order, so that it is one only in the end.
enum Flat {
    Text(String),
    List(BTreeMap<usize, Flat>),
    Map(BTreeMap<String, Flat>),
}

/// What leads to a value within another.
enum PathStep<'t> {
    Index(usize),
    Key(&'t str),
}

/// The metadata of the file that `text` is, nested as it is elsewhere. A name that leads nowhere is left out.
pub(super) fn metadata(text: &str) -> Value {
    let mut metadata = Flat::Map(BTreeMap::new());
    for line in text.lines() {
        let found = line.strip_prefix(PREFIX).and_then(|line| line.split_once('='));
        if let Some((name, value)) = found
            && let Some(steps) = steps(name)
        {
            metadata.set(&steps, value.replace("\\n", "\n"));
        }
    }
    metadata.into_value()
}

/// What `name` leads through; nothing where it is none of such names, or leads too deep.
fn steps(name: &str) -> Option<Vec<PathStep<'_>>> {
    let end = |text: &str| {
        let ends = [LIST, MAP].map(|mark| text.find(mark).unwrap_or(text.len()));
        ends[0].min(ends[1])
    };
    let (first, mut rest) = name.split_at(end(name));
    let mut steps = vec![PathStep::Key(first)];
    while !rest.is_empty() && steps.len() < MAX_DEPTH {
        let (is_list, after) = match rest.strip_prefix(LIST) {
            Some(after) => (true, after),
            None => (false, rest.strip_prefix(MAP)?),
        };
        let (step, left) = after.split_at(end(after));
        steps.push(if is_list {
            PathStep::Index(step.parse().ok()?)
        } else {
            PathStep::Key(step)
        });
        rest = left;
    }
    rest.is_empty().then_some(steps)
}

impl Flat {
    /// Sets the value at the end of `steps`. What is there in another form stays.
    fn set(&mut self, steps: &[PathStep<'_>], text: String) {
        let Some((step, rest)) = steps.split_first() else {
            *self = Self::Text(text);
            return;
        };
        let new = || match rest.first() {
            None => Self::Text(String::new()),
            Some(PathStep::Index(_)) => Self::List(BTreeMap::new()),
            Some(PathStep::Key(_)) => Self::Map(BTreeMap::new()),
        };
        match (self, step) {
            (Self::List(items), PathStep::Index(index)) => items.entry(*index).or_insert_with(new).set(rest, text),
            (Self::Map(fields), PathStep::Key(key)) => {
                fields.entry((*key).to_owned()).or_insert_with(new).set(rest, text);
            }
            _ => {}
        }
    }

    fn into_value(self) -> Value {
        match self {
            Self::Text(text) => text.into(),
            Self::List(items) => items.into_values().map(Self::into_value).collect(),
            Self::Map(fields) => fields.into_iter().map(|(key, flat)| (key, flat.into_value())).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_nested_in_any_order() {
        let text = "sops_key_groups__list_0__map_age__list_10__map_enc=b\\nc\n\
                    sops_key_groups__list_0__map_age__list_2__map_enc=a\n\
                    sops_mac=m\nOTHER=x\n";
        let nested = json!({"key_groups": [{"age": [{"enc": "a"}, {"enc": "b\nc"}]}], "mac": "m"});
        assert_eq!(metadata(text), nested);
    }

    #[test]
    fn a_name_that_leads_nowhere_is_left_out() {
        let deep = format!("sops_a{}=x\n", "__map_a".repeat(100_000));
        let text = format!("{deep}sops_b__list_x=1\nsops_c=1\nsops_c__map_d=2\nsops_e__list_18446744073709551615=3\n");
        assert_eq!(metadata(&text), json!({"c": "1", "e": ["3"]}));
    }
}
