//! What one manifest of an object says, a later one does not, and the object still has.

use serde_json::Value;

use super::form::{self, TypeForm};
use super::{managers, owned};
use crate::object::field::{FieldPath, FieldSet, PathElement};
use crate::ssa::canonical;
use crate::ssa::schema::{Kind, List, Map, Type};

/// What was dropped from a manifest, and stands in the object as it was said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dropped {
    /// The outermost fields and items that were dropped whole. What the server has filled in below them goes with them.
    pub places: FieldSet,
    /// The fields that the manifest set there, as an apply of it would have recorded them.
    pub fields: FieldSet,
}

impl Dropped {
    /// The dropped fields, but for the places that are so.
    #[must_use]
    pub fn without(self, is_so: impl Fn(&FieldPath) -> bool) -> Self {
        let mut left = FieldSet::default();
        for path in self.places.paths().iter().filter(|path| is_so(path)) {
            left.insert(path.elements());
        }
        Self {
            places: self.places.without(&left),
            fields: self.fields.without_below(&left),
        }
    }

    /// The fields at one of its places, and below it.
    pub fn fields_at(&self, place: &FieldPath) -> FieldSet {
        let mut only = FieldSet::default();
        only.insert(place.elements());
        self.fields.without(&self.fields.without_below(&only))
    }
}

/// What `then` says and `now` does not, as far as `live` has it with the values of `then`.
///
/// A structure goes whole: what it has besides are defaults. Of a map that anybody may add keys to, and of a list that
/// is merged item by item, only what `then` says goes. What has another value by now is left out, and so is what an apply
/// does not write. All three are in one version of the API.
pub fn dropped(kind: Kind<'_>, then: &Value, now: &Value, live: &Value) -> Dropped {
    let sides = FieldVersions {
        then,
        now: Some(now),
        live,
    };
    let places = below(kind.root(), sides).without_below(&kind.reset(""));
    // Most of the time nothing was, and whole sets of fields need not be made.
    if places.is_empty() {
        return Dropped::default();
    }
    let all = owned::fields(kind.root(), then);
    let fields = all.without(&all.without_below(&places));
    Dropped { places, fields }
}

/// The fields that an apply of `manifest` records.
pub fn applied_fields(kind: Kind<'_>, manifest: &Value) -> FieldSet {
    let fields = owned::fields(kind.root(), manifest).without_below(&kind.reset(""));
    fields.without(managers::unmanaged())
}

/// One value in three objects; `now` may have none.
#[derive(Clone, Copy)]
struct FieldVersions<'v> {
    then: &'v Value,
    now: Option<&'v Value>,
    live: &'v Value,
}

/// The place that these sides are of, if it was dropped whole; else the places below it.
fn at(of: Type<'_>, sides: FieldVersions<'_>) -> FieldSet {
    if sides.now.is_some() || sides.then.is_null() {
        return below(of, sides);
    }
    let is_one = match TypeForm::or_first(TypeForm::of(of, Some(sides.then)), of) {
        TypeForm::Scalar => true,
        TypeForm::Map => of.map().is_none_or(Map::is_atomic) || of.is_structure(),
        TypeForm::List => of.list().is_none_or(List::is_atomic),
    };
    if is_one {
        let mut place = FieldSet::default();
        place.set_member(canonical::covers(Some(of), Some(sides.live), Some(sides.then)));
        return place;
    }
    let mut places = below(of, sides);
    // Without anything in it, it would stay as an empty one.
    let parts = match sides.live {
        Value::Object(map) => map.len(),
        Value::Array(items) => items.len(),
        _ => 0,
    };
    if parts > 0 && places.children().filter(|(_, child)| child.is_member()).count() == parts {
        places = FieldSet::default();
        places.set_member(true);
    }
    places
}

/// The places below a value that nobody dropped, or of which only the parts count.
fn below(of: Type<'_>, sides: FieldVersions<'_>) -> FieldSet {
    let mut places = FieldSet::default();
    match (
        TypeForm::or_first(TypeForm::of(of, Some(sides.then)), of),
        of.map(),
        of.list(),
    ) {
        (TypeForm::Map, Some(map), _) if !map.is_atomic() => {
            for (name, then) in sides.then.as_object().into_iter().flatten() {
                if let (Some(of), Some(live)) = (map.child(name), sides.live.get(name)) {
                    let now = sides.now.and_then(|now| now.get(name));
                    places.add_below(PathElement::field(name), at(of, FieldVersions { then, now, live }));
                }
            }
        }
        (TypeForm::List, _, Some(list)) if !list.is_atomic() => {
            for then in sides.then.as_array().into_iter().flatten() {
                let Ok(element) = form::element(list, then) else {
                    continue;
                };
                if let Some(live) = item(list, sides.live, &element) {
                    let now = sides.now.and_then(|now| item(list, now, &element));
                    places.add_below(element, at(list.item(), FieldVersions { then, now, live }));
                }
            }
        }
        _ => {}
    }
    places
}

/// The item of a list that has this place in it.
fn item<'v>(of: List<'_>, list: &'v Value, element: &PathElement) -> Option<&'v Value> {
    let mut items = list.as_array()?.iter();
    items.find(|item| form::element(of, item).as_ref() == Ok(element))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ssa::schema::Schema;

    /// The places that were dropped, and the fields that were set there.
    fn of(then: &Value, now: &Value, live: &Value) -> [Vec<String>; 2] {
        let kind = Schema::bundled().kind_of(then).expect("a built-in kind");
        let Dropped { places, fields } = dropped(kind, then, now, live);
        [places, fields].map(|set| set.paths().iter().map(ToString::to_string).collect())
    }

    fn config_map(data: &Value) -> Value {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": data})
    }

    #[test]
    fn keys_are_told_one_by_one_and_the_map_where_none_is_left() {
        let then = config_map(&json!({"a": "1", "b": "2"}));
        let now = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}});
        let places = |data: Value| of(&then, &now, &config_map(&data))[0].join(" ");
        assert_eq!(places(json!({"a": "1", "b": "2"})), "data");
        assert_eq!(places(json!({"a": "1", "b": "2", "theirs": "3"})), "data.a data.b");
        assert_eq!(places(json!({"a": "1", "b": "changed"})), "data.a");
        assert_eq!(places(json!({})), "");
    }

    #[test]
    fn a_structure_and_an_item_go_with_their_defaults_unless_a_value_was_changed() {
        let deployment = |containers: Value| {
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"},
                "spec": {"template": {"spec": {"containers": containers}}}})
        };
        let probe = json!({"httpGet": {"port": 80}});
        let then = deployment(json!([
            {"name": "a", "livenessProbe": probe, "env": [{"name": "A", "value": "1"}], "resources": {"limits": {"cpu": "1000m"}}},
            {"name": "b"},
        ]));
        let now = deployment(json!([{"name": "a"}]));
        let live = |port: u16| {
            deployment(json!([
                {"name": "a", "livenessProbe": {"httpGet": {"port": port, "scheme": "HTTP"}, "periodSeconds": 10},
                    "env": [{"name": "A", "value": "1"}, {"name": "THEIRS", "value": "2"}],
                    "resources": {"limits": {"cpu": "1"}}},
                {"name": "b", "terminationMessagePath": "/dev/termination-log"},
            ]))
        };
        let container = "spec.template.spec.containers";
        let [places, fields] = of(&then, &now, &live(80));
        assert_eq!(
            places,
            [
                format!("{container}[a].env[A]"),
                format!("{container}[a].livenessProbe"),
                format!("{container}[a].resources"),
                format!("{container}[b]"),
            ]
        );
        assert!(fields.contains(&format!("{container}[a].livenessProbe.httpGet.port")));
        assert!(!fields.iter().any(|path| path == &format!("{container}[a].name")));
        let [places, _] = of(&then, &now, &live(81));
        assert!(!places.iter().any(|path| path.contains("livenessProbe")), "{places:?}");
    }

    #[test]
    fn a_list_that_is_one_value_goes_whole_and_a_set_by_its_items() {
        let role = |rules: Value| json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "x"}, "rules": rules});
        let rules = json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]);
        let without = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "x"}});
        assert_eq!(of(&role(rules.clone()), &without, &role(rules.clone()))[0], ["rules"]);
        let both = json!([rules[0].clone(), rules[0].clone()]);
        assert!(
            of(&role(rules), &without, &role(both))[0].is_empty(),
            "another has changed it"
        );
        let held = |finalizers: Value| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "finalizers": finalizers}});
        let live = held(json!(["a.io/a", "b.io/b", "theirs.io/c"]));
        let dropped = of(&held(json!(["a.io/a", "b.io/b"])), &held(json!(["b.io/b"])), &live);
        assert_eq!(dropped[0], ["metadata.finalizers[=a.io/a]"]);
    }
}
