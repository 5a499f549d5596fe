//! The rules of `stackanetes.yaml`, as the chapter on rules says what they mean.

use serde::Deserialize;
use serde_json::Value;
use stackanetes::object::field::ManagedFields;

use super::step::Id;
use super::value::is_related;

/// Which fields git does not manage, and who wins a conflict.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    ignore: Vec<Rule>,
    #[serde(rename = "yield")]
    yields: Vec<Rule>,
    take: Vec<Rule>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Rule {
    kind: Option<String>,
    fields: Vec<String>,
    manager: Option<String>,
}

impl Rule {
    /// Whether it is about this field, which is owned by these managers.
    fn is_about(&self, id: &Id, path: &str, owners: &[String]) -> bool {
        self.kind.as_ref().is_none_or(|kind| *kind == id.kind)
            && (self.fields.is_empty() || self.fields.iter().any(|field| is_related(field, path)))
            && self.manager.as_ref().is_none_or(|manager| owners.contains(manager))
    }
}

impl Rules {
    pub fn of(settings: &Value) -> Self {
        serde_json::from_value(settings.clone()).expect("rules that a history may have")
    }

    /// Whether the live value of a field counts, and not what git says of it: it is ignored, or yielded to somebody.
    pub fn leaves(&self, id: &Id, path: &str, live: &Value) -> bool {
        let owners = owners(live, path);
        self.ignores(id, path, &owners)
            || (!owners.is_empty() && self.yields.iter().any(|rule| rule.is_about(id, path, &owners)))
    }

    fn ignores(&self, id: &Id, path: &str, owners: &[String]) -> bool {
        self.ignore.iter().any(|rule| rule.is_about(id, path, owners)) && !self.takes(id, path, owners)
    }

    /// The fields of an object that the cluster alone decides on.
    pub fn ignored<'a>(&'a self, id: &'a Id) -> impl Iterator<Item = &'a str> {
        let rules = self.ignore.iter().filter(|rule| rule.manager.is_none());
        let rules = rules.filter(|rule| rule.kind.as_ref().is_none_or(|kind| *kind == id.kind));
        let fields = rules.flat_map(|rule| rule.fields.iter().map(String::as_str));
        // What others may own is taken from them.
        fields.filter(|_| self.take.is_empty())
    }

    /// Whether a field is taken from any of these.
    pub fn takes(&self, id: &Id, path: &str, owners: &[String]) -> bool {
        self.take.iter().any(|rule| rule.is_about(id, path, owners))
    }
}

/// The other managers that own a field, or what is above or below it.
pub fn owners(live: &Value, path: &str) -> Vec<String> {
    let managed = ManagedFields::read(live);
    let others = managed.others("stackanetes");
    let owns = others.filter(|(_, fields)| {
        let paths = fields.paths();
        paths.iter().any(|field| is_related(&field.to_string(), path))
    });
    owns.map(|(manager, _)| manager.name.clone()).collect()
}
