//! Label selectors, as people type them and as objects hold them.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde_json::Value;

/// A label selector, which asks for nothing or for several things at once.
///
/// It is read from kubectl's syntax, `app=web,tier!=test,env in (a,b),!legacy,owner`, and written so; or from the
/// fields of an object.
///
/// ```
/// use stackanetes::object::selection::LabelSelector;
///
/// let selector: LabelSelector = "app in (web, api),!legacy".parse().unwrap();
/// assert!(selector.matches(|key| (key == "app").then_some("web")));
/// assert!(!selector.matches(|key| Some(if key == "app" { "web" } else { "yes" })));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelSelector(Vec<Requirement>);

/// One thing that a label selector asks for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Requirement {
    key: String,
    test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Test {
    In(BTreeSet<String>),
    NotIn(BTreeSet<String>),
    Exists,
    Absent,
}

impl LabelSelector {
    /// The selector that an object holds as a [`LabelSelector` of `meta/v1`][api]: `matchLabels` and
    /// `matchExpressions`. None where that is malformed, which the API server refuses.
    ///
    /// [api]: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/label-selector/
    pub fn in_object(selector: &Value) -> Option<Self> {
        // An absent part and a null one ask for nothing.
        let part = |name| selector.get(name).filter(|part| !part.is_null());
        let mut requirements = Vec::new();
        if let Some(labels) = part("matchLabels") {
            for (key, value) in labels.as_object()? {
                requirements.push(Requirement::of_label(key, value)?);
            }
        }
        if let Some(expressions) = part("matchExpressions") {
            for expression in expressions.as_array()? {
                requirements.push(Requirement::of_expression(expression)?);
            }
        }
        selector.is_object().then_some(Self(requirements))
    }

    /// Whether it asks for nothing, so that it selects everything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it asks for nothing that `other` does not ask for in the same way, so that it selects all that this does.
    pub fn asks_no_more_than(&self, other: &Self) -> bool {
        let known: BTreeSet<&Requirement> = other.0.iter().collect();
        self.0.iter().all(|requirement| known.contains(requirement))
    }

    /// Whether an object with these labels is selected.
    pub fn matches<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.0
            .iter()
            .all(|requirement| requirement.is_met(label(&requirement.key)))
    }
}

impl Requirement {
    /// That a label has a value, as an item of a map says it; none where the value is no text.
    pub(crate) fn of_label(key: &str, value: &Value) -> Option<Self> {
        let test = Test::In(BTreeSet::from([value.as_str()?.to_owned()]));
        let key = key.to_owned();
        Some(Self { key, test })
    }

    /// What an item of `matchExpressions` asks for; none where it is malformed.
    pub(crate) fn of_expression(expression: &Value) -> Option<Self> {
        let values = || {
            let values = expression.get("values")?.as_array()?;
            let texts = values.iter().map(|value| value.as_str().map(str::to_owned));
            texts.collect::<Option<BTreeSet<_>>>().filter(|texts| !texts.is_empty())
        };
        let test = match expression.get("operator")?.as_str()? {
            "In" => Test::In(values()?),
            "NotIn" => Test::NotIn(values()?),
            "Exists" => Test::Exists,
            "DoesNotExist" => Test::Absent,
            _ => return None,
        };
        let key = expression.get("key")?.as_str()?.to_owned();
        Some(Self { key, test })
    }

    /// The label that it is about.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// The values of which the label must have one; none where any value will do, or no label.
    pub(crate) fn wanted(&self) -> impl Iterator<Item = &str> {
        let values = match &self.test {
            Test::In(values) => Some(values),
            Test::NotIn(_) | Test::Exists | Test::Absent => None,
        };
        values.into_iter().flatten().map(String::as_str)
    }

    /// Whether the value of its label, if there is that label, is as it asks.
    pub(crate) fn is_met(&self, label: Option<&str>) -> bool {
        let among = |values: &BTreeSet<String>| label.is_some_and(|label| values.contains(label));
        match &self.test {
            Test::In(values) => among(values),
            // As in Kubernetes, an absent label is not among any values.
            Test::NotIn(values) => !among(values),
            Test::Exists => label.is_some(),
            Test::Absent => label.is_none(),
        }
    }
}

/// The selector as `-l` and the parameter `labelSelector` of the API take it.
impl fmt::Display for LabelSelector {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, requirement) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(out, "{comma}{requirement}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        match &self.test {
            Test::In(values) if values.len() == 1 => write!(out, "{key}={}", joined(values)),
            Test::In(values) => write!(out, "{key} in ({})", joined(values)),
            Test::NotIn(values) => write!(out, "{key} notin ({})", joined(values)),
            Test::Exists => out.write_str(key),
            Test::Absent => write!(out, "!{key}"),
        }
    }
}

fn joined(values: &BTreeSet<String>) -> String {
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    values.join(",")
}

/// A text that is no label selector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a label selector; write KEY=VALUE, KEY!=VALUE, KEY in (A,B), KEY or !KEY")]
pub struct NoSelector(String);

impl FromStr for LabelSelector {
    type Err = NoSelector;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = split_outside_parentheses(text);
        parts
            .iter()
            .filter(|part| !part.trim().is_empty())
            .map(|part| requirement(part.trim()))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

fn split_outside_parentheses(text: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    text.split(|character| {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        character == ',' && depth == 0
    })
    .collect()
}

fn requirement(text: &str) -> Result<Requirement, NoSelector> {
    let wrong = || NoSelector(text.to_owned());
    let (key, test) = if let Some(key) = text.strip_prefix('!') {
        (key, Test::Absent)
    } else if let Some((key, value)) = text.split_once("!=") {
        (key, Test::NotIn(BTreeSet::from([value.trim().to_owned()])))
    } else if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        (key, Test::In(BTreeSet::from([value.trim().to_owned()])))
    } else if let Some((head, values)) = text.split_once('(') {
        let values = values.trim_end().strip_suffix(')').ok_or_else(wrong)?;
        let values = values.split(',').map(|value| value.trim().to_owned()).collect();
        match head.trim().rsplit_once(char::is_whitespace) {
            Some((key, "in")) => (key, Test::In(values)),
            Some((key, "notin")) => (key, Test::NotIn(values)),
            _ => return Err(wrong()),
        }
    } else {
        (text, Test::Exists)
    };
    let key = key.trim();
    let valid = |character: char| character.is_ascii_alphanumeric() || "-_./".contains(character);
    if key.is_empty() || !key.chars().all(valid) {
        return Err(wrong());
    }
    let values = match &test {
        Test::In(values) | Test::NotIn(values) => Some(values),
        Test::Exists | Test::Absent => None,
    };
    let is_value = |value: &String| {
        value
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "-_.".contains(character))
    };
    if !values.into_iter().flatten().all(is_value) {
        return Err(wrong());
    }
    Ok(Requirement {
        key: key.to_owned(),
        test,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn matches(selector: &str, labels: &[(&'static str, &'static str)]) -> bool {
        let selector: LabelSelector = selector.parse().expect("a selector");
        selector.matches(|key| labels.iter().find(|(name, _)| *name == key).map(|(_, value)| *value))
    }

    #[test]
    fn every_form_of_a_requirement_selects() {
        let web = [("app", "web"), ("tier", "front")];
        for selector in [
            "app=web",
            "app==web",
            "app!=api",
            "app in (web,api)",
            "app notin (api)",
            "app",
            "!legacy",
            "",
            "app=web, tier=front",
        ] {
            assert!(matches(selector, &web), "{selector}");
        }
        for selector in [
            "app=api",
            "app!=web",
            "app in (api)",
            "app notin (web,api)",
            "legacy",
            "!app",
            "app=web,tier=back",
        ] {
            assert!(!matches(selector, &web), "{selector}");
        }
    }

    #[test]
    fn what_is_no_selector_is_refused_with_the_forms_there_are() {
        for wrong in ["=x", "a b", "a in (x", "a like (x)", "a==b=c", "a=b c"] {
            let error = wrong.parse::<LabelSelector>().expect_err(wrong);
            assert!(error.to_string().contains("is not a label selector"), "{error}");
        }
    }

    #[test]
    fn a_selector_of_an_object_is_written_as_a_list_request_takes_it() {
        let both = json!({"matchLabels": {"app": "web"}, "matchExpressions": [
            {"key": "tier", "operator": "In", "values": ["a", "b"]}, {"key": "x", "operator": "NotIn", "values": ["c"]},
            {"key": "y", "operator": "Exists"}, {"key": "z", "operator": "DoesNotExist"}]});
        let read = LabelSelector::in_object(&both).expect("a selector");
        assert_eq!(read.to_string(), "app=web,tier in (a,b),x notin (c),y,!z");
        assert_eq!(read.to_string().parse(), Ok(read));
        for empty in [
            json!({}),
            json!({"matchLabels": {}, "matchExpressions": []}),
            json!({"matchLabels": null}),
        ] {
            assert!(
                LabelSelector::in_object(&empty).is_some_and(|selector| selector.is_empty()),
                "{empty}"
            );
        }
    }

    #[test]
    fn a_selector_asks_no_more_than_one_that_has_all_its_requirements_however_it_says_them() {
        let asks_no_more = |one: Value, other: Value| {
            let [one, other] = [one, other].map(|selector| LabelSelector::in_object(&selector).expect("a selector"));
            one.asks_no_more_than(&other)
        };
        let expression = |values: &[&str]| json!({"key": "app", "operator": "In", "values": values});
        let web = json!({"matchLabels": {"app": "web"}});
        assert!(asks_no_more(json!({}), web.clone()));
        assert!(!asks_no_more(web.clone(), json!({})));
        assert!(asks_no_more(
            json!({"matchExpressions": [expression(&["web"])]}),
            web.clone()
        ));
        let two = json!({"matchExpressions": [expression(&["web", "api"])]});
        assert!(asks_no_more(
            json!({"matchExpressions": [expression(&["api", "web"])]}),
            two.clone()
        ));
        assert!(!asks_no_more(web, two));
    }

    #[test]
    fn a_malformed_selector_of_an_object_is_none() {
        for wrong in [
            json!(["app"]),
            json!("app=web"),
            json!({"matchLabels": ["app"]}),
            json!({"matchLabels": {"app": 1}}),
            json!({"matchExpressions": {"key": "a", "operator": "Exists"}}),
            json!({"matchExpressions": [{"key": "a", "operator": "In"}]}),
            json!({"matchExpressions": [{"key": "a", "operator": "In", "values": []}]}),
            json!({"matchExpressions": [{"key": "a", "operator": "In", "values": [1]}]}),
            json!({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["b", 1]}]}),
            json!({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": "b"}]}),
            json!({"matchExpressions": [{"key": "a", "operator": "Like"}]}),
            json!({"matchExpressions": [{"operator": "Exists"}]}),
        ] {
            assert_eq!(LabelSelector::in_object(&wrong), None, "{wrong}");
        }
    }
}
