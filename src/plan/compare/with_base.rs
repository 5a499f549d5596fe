//! What a difference is called when it is known what git said at the last apply.

use serde_json::json;

use super::tests::compare;
use super::*;
use crate::testing::{US, desired, desired_with_secret, live, note};

fn git(data: &str) -> DesiredObject {
    desired(&format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: x, namespace: ns}}\ndata: {data}\n"
    ))
}

/// The object with this data, as it was applied from `then`.
fn object(data: Value, then: &DesiredObject, owners: &[(&str, &str)]) -> LiveObject {
    let mut value =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "ns"}, "data": data});
    note(&mut value, then);
    live(value, owners)
}

fn causes(comparison: &Comparison) -> Vec<(String, &Cause, bool)> {
    let changes = comparison.changes.iter();
    changes
        .map(|change| (change.path.to_string(), &change.cause, change.guessed))
        .collect()
}

fn cause_word(cause: &Cause) -> String {
    let text = format!("{cause:?}");
    let writer = text.split("name: \"").nth(1).and_then(|rest| rest.split('"').next());
    let word = text.split([' ', '{']).next().unwrap_or_default().to_lowercase();
    writer.map_or(word.clone(), |writer| format!("{word} {writer}"))
}

/// Base, desired, the live value, what is ours, who took it, and the cause.
type Row<'a> = (&'a str, &'a str, Value, &'a str, Option<&'a str>, &'a str);

/// Both items of a list, and no order.
const ITEMS: &[(&str, &str)] = &[(
    "=stackanetes",
    r#"spec env k:{"name":"A"} name, spec env k:{"name":"B"} name"#,
)];

#[test]
fn a_known_base_tells_every_cause_without_a_guess() {
    let all = "data a, data z";
    let rest = "data z";
    let table: &[Row] = &[
        ("{a: '1', z: x}", "{a: '2', z: x}", json!("1"), all, None, "git"),
        ("{z: x}", "{a: '2', z: x}", json!(null), rest, None, "git"),
        ("{z: x}", "{a: '2', z: x}", json!("9"), rest, None, "git"),
        // Ours, and git says what it said: the server makes something else of it now.
        ("{a: '2', z: x}", "{a: '2', z: x}", json!("1"), all, None, "server"),
        (
            "{a: '2', z: x}",
            "{a: '2', z: y}",
            json!("9"),
            rest,
            Some("kubectl-edit"),
            "drift kubectl-edit",
        ),
        (
            "{a: '2'}",
            "{a: '2', z: y}",
            json!("9"),
            rest,
            Some("kubectl-edit"),
            "drift kubectl-edit",
        ),
        ("{a: '2', z: x}", "{a: '2', z: y}", json!(null), rest, None, "drift"),
        (
            "{a: '1', z: x}",
            "{a: '2', z: x}",
            json!("9"),
            rest,
            Some("kubectl-edit"),
            "diverged kubectl-edit",
        ),
        ("{a: '1', z: x}", "{a: '2', z: x}", json!(null), rest, None, "diverged"),
        // Changed, and changed back.
        (
            "{a: '1', z: x}",
            "{a: '2', z: x}",
            json!("1"),
            rest,
            Some("kubectl-edit"),
            "git",
        ),
        (
            "{z: x}",
            "{a: '2', z: x}",
            json!("9"),
            rest,
            Some("team-b"),
            "conflict team-b",
        ),
        (
            "{a: '2', z: x}",
            "{a: '2', z: x}",
            json!("9"),
            rest,
            Some("=flux"),
            "conflict flux",
        ),
        (
            "{a: '1', z: x}",
            "{a: '2', z: x}",
            json!("9"),
            rest,
            Some("hpa/scale"),
            "conflict hpa",
        ),
        (
            "{z: x}",
            "{a: '2', z: x}",
            json!("9"),
            rest,
            Some("stackanetes-generate"),
            "git",
        ),
    ];
    for (then, now, before, ours, other, expected) in table {
        let (then, now) = (git(then), git(now));
        let z = now.value["data"]["z"].clone();
        let mut data = json!({"a": before, "z": z});
        if before.is_null() {
            data.as_object_mut().expect("a map").remove("a");
        }
        let mut owners = vec![("=stackanetes", *ours)];
        owners.extend(other.iter().map(|other| (*other, "data a")));
        let live = object(data, &then, &owners);
        let mut after = vec![("=stackanetes", all)];
        after.extend(other.iter().map(|other| (*other, "data q")));
        let answer = object(json!({"a": "2", "z": z}), &now, &after);
        let found = compare(&now, Some(&then), &live, &answer, US);
        let found: Vec<_> = causes(&found)
            .into_iter()
            .map(|(path, cause, guessed)| (path, cause_word(cause), guessed))
            .collect();
        assert_eq!(
            found,
            [("data.a".to_owned(), (*expected).to_owned(), false)],
            "{then:?} {now:?} {other:?}"
        );
    }
}

#[test]
fn a_base_that_was_not_applied_does_not_count() {
    let (then, now) = (git("{a: '1', z: x}"), git("{a: '2', z: x}"));
    let live = object(
        json!({"a": "9", "z": "x"}),
        &git("{a: '7', z: x}"),
        &[("=stackanetes", "data z"), ("kubectl-edit", "data a")],
    );
    let answer = object(json!({"a": "2", "z": "x"}), &now, &[("=stackanetes", "data a, data z")]);
    let found = compare(&now, Some(&then), &live, &answer, US);
    let found = causes(&found);
    assert!(matches!(found[0], (_, Cause::Drift { .. }, true)), "{found:?}");
}

#[test]
fn both_sides_changing_a_field_stops_the_object() {
    let (then, now) = (git("{a: '1'}"), git("{a: '2'}"));
    let owners = &[("=stackanetes", ""), ("kubectl-edit", "data a")];
    let live = object(json!({"a": "9"}), &then, owners);
    let answer = object(json!({"a": "2"}), &now, &[("=stackanetes", "data a")]);
    assert_eq!(compare(&now, Some(&then), &live, &answer, US).conflicts().count(), 1);
    // Who is asked without the base puts it back, and says that it is a guess.
    assert_eq!(compare(&now, None, &live, &answer, US).conflicts().count(), 0);
}

#[test]
fn what_another_took_and_git_drops_is_left_behind() {
    let (then, now) = (git("{a: '1', z: x}"), git("{z: x}"));
    let owners = &[("=stackanetes", "data z"), ("team-b", "data a")];
    let live = object(json!({"a": "9", "z": "x"}), &then, owners);
    let answer = object(json!({"a": "9", "z": "x"}), &now, owners);
    let found = compare(&now, Some(&then), &live, &answer, US);
    assert!(
        matches!(causes(&found)[..], [(ref path, Cause::LeftBehind { owner: Some(owner) }, false)] if path == "data.a" && owner.name == "team-b"),
        "{found:?}"
    );
    assert!(causes(&compare(&now, None, &live, &answer, US)).is_empty());
}

#[test]
fn an_order_is_gits_if_git_changed_it_and_drift_if_not() {
    let list = |order: &str| {
        desired(&format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: x, namespace: ns}}\nspec:\n  env: [{order}]\n"
        ))
    };
    let (ab, ba) = ("{name: A}, {name: B}", "{name: B}, {name: A}");
    let object = |order: &str, then: &DesiredObject| {
        let mut value = list(order).value;
        note(&mut value, then);
        live(value, ITEMS)
    };
    for (then, is_git) in [(list(ba), true), (list(ab), false)] {
        let now = list(ab);
        let found = compare(&now, Some(&then), &object(ba, &then), &object(ab, &now), US);
        assert!(found.changes[0].reordered);
        assert_eq!(found.changes[0].cause == Cause::Git, is_git, "{found:?}");
    }
}

#[test]
fn what_was_secret_when_it_was_applied_is_not_shown() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: ns}\ndata: {a: hunter2}\n";
    let (then, now) = (desired_with_secret(text, &["data", "a"]), git("{a: open}"));
    let live = object(json!({"a": "hunter2"}), &then, &[("=stackanetes", "data a")]);
    let answer = object(json!({"a": "open"}), &now, &[("=stackanetes", "data a")]);
    let found = compare(&now, Some(&then), &live, &answer, US);
    assert!(matches!(found.changes[0].before, Shown::Masked(_)), "{found:?}");
}

#[test]
fn git_is_asked_about_what_differs_in_a_field_or_in_git() {
    let then = git("{a: '1'}");
    let noted = |data: Value, git: &DesiredObject| object(data, git, &[("=stackanetes", "data a")]);
    let live = noted(json!({"a": "1"}), &then);
    assert!(!differs(&then, &live, &live));
    assert!(differs(&then, &live, &noted(json!({"a": "2"}), &then)));
    // What another manager keeps changes nothing, and is told of.
    let more = git("{a: '1', b: '2'}");
    assert!(!differs(&then, &live, &noted(json!({"a": "1"}), &more)));
    assert!(differs(&more, &live, &noted(json!({"a": "1"}), &more)));
}
