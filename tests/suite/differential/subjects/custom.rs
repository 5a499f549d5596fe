//! Custom kinds: `Gadget`, with every type of list and map, and `Loose`, of which nothing is declared.

use serde_json::{Value, json};

use super::{Subject, fragments};

pub fn gadget() -> Subject {
    Subject {
        versions: &["example.com/v1", "example.com/v1beta1"],
        kind: "Gadget",
        plural: "gadgets",
        base: json!({}),
        fragments: fragments(Value::Array([gadget_lists(), gadget_maps()].concat())),
        status: fragments(json!([
            ["status.phase", ["Ready", "Waiting"]],
            ["status.count", [1, 2]],
            ["status.conditions[type=A].status", ["True", "False"]],
            ["status.conditions[type=B].status", ["True", "False"]],
            ["spec.text", ["from-status"]],
            ["extra.a", ["from-status"]],
        ])),
        is_plain: true,
    }
}

/// Lists of every type, in each other.
fn gadget_lists() -> Vec<Value> {
    let places = json!([
        ["spec.tags[]", ["a", "b", "c", "a<b", "ü"]],
        ["spec.tags", [["c", "a"], [], ["b", "a", "d", "c"]]],
        ["spec.numbers[]", [1, 2, 3]],
        ["spec.byName[name=a].value", ["1", "2"]],
        ["spec.byName[name=b].value", ["1", "2"]],
        ["spec.byName[name=c].tags[]", ["x", "y"]],
        ["spec.byName[name=c].inner[id=1].text", ["x", "y"]],
        ["spec.byName[name=c].inner[id=2].text", ["x", "y"]],
        ["spec.byName[name=d].whole.a", ["1", "2"]],
        ["spec.byName[name=d].labels.x", ["1", "2"]],
        ["spec.byName", [[], [{"name": "b"}, {"name": "a"}]]],
        ["spec.byPort[port=80].name", ["a", "b"]],
        ["spec.byPort[port=80,protocol=TCP].name", ["a", "c"]],
        ["spec.byPort[port=80,protocol=UDP].name", ["a", "b"]],
        ["spec.byPort[port=81].name", ["a", "b"]],
        ["spec.byOptional[name=a].value", ["1", "2"]],
        ["spec.byOptional[name=a,kind=k].value", ["1", "2"]],
        ["spec.atomicList", [["a"], ["a", "b"], ["b", "a"], []]],
        ["spec.plainList", [[{"name": "a"}], [{"name": "a", "value": "1"}, {"name": "b"}], []]],
        ["spec.mapOfLists.x[]", ["1", "2"]],
        ["spec.mapOfLists.y[]", ["1", "2"]],
    ]);
    places.as_array().expect("a list").clone()
}

/// Scalars, maps of every type, and what is not typed.
fn gadget_maps() -> Vec<Value> {
    let places = json!([
        ["spec.text", ["a", "b"]],
        ["spec.number", [1, 2, 1.5, 2.0, 9_007_199_254_740_993_i64]],
        ["spec.flag", [true, false]],
        ["spec.port", [80, "http", "80"]],
        ["spec.maybe", ["a", null]],
        ["spec.granularMap.a", ["1", "2"]],
        ["spec.granularMap.b", ["1", "2"]],
        ["spec.granularMap", [{}]],
        ["spec.atomicMap.a", ["1", "2"]],
        ["spec.atomicMap.b", ["1", "2"]],
        ["spec.atomicMap", [{}]],
        ["spec.struct.a", ["1", "2"]],
        ["spec.struct.deep.b", ["1", "2"]],
        ["spec.struct", [{}]],
        ["spec.atomicStruct.a", ["1", "2"]],
        ["spec.atomicStruct.b", ["1", "2"]],
        ["spec.mapOfStructs.x.a", ["1", "2"]],
        ["spec.mapOfStructs.y.a", ["1", "2"]],
        ["spec.open.known.a", ["1", "2"]],
        ["spec.open.any", ["1", 2, {"a": 1}, {"a": {"b": [1]}}, ["x"], {}]],
        ["spec.open.list", [[{"name": "a"}], [1, "2"]]],
        ["spec.pod.metadata.labels.x", ["1", "2"]],
        ["spec.pod.spec.any", ["1", {"b": 1}, {"b": 2, "c": {}}]],
        ["spec.pod.apiVersion", ["v1"]],
        ["spec.pod.kind", ["Pod"]],
        ["spec.amount", ["1", 1, "1Gi"]],
        ["spec.withDefault.a", ["1", "2"]],
        ["status.phase", ["Ready"]],
        ["extra.a", ["1", "2"]],
    ]);
    places.as_array().expect("a list").clone()
}

pub fn loose() -> Subject {
    Subject {
        versions: &["example.com/v1"],
        kind: "Loose",
        plural: "looses",
        base: json!({}),
        fragments: fragments(json!([
            ["spec.a", ["1", 2, {"x": 1}, {}, ["y"]]],
            ["spec.b.c", ["1", 2, true]],
            ["spec.b.d.e", ["1", 2, {"f": 1}]],
            ["spec.list", [["a"], ["a", "b"], [], [{"name": "a"}]]],
            ["other.x", ["1", "2"]],
            ["top", ["1", {"a": 1}, ["l"]]],
            ["status.phase", ["Ready", "Waiting"]],
        ])),
        status: Vec::new(),
        is_plain: true,
    }
}
