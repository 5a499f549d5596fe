//! What a pull request holds is read in bounded time, or refused.

use std::fmt::Write as _;

use crate::bed::Bed;
use crate::control_plane::ControlPlane;

/// Lists that hold each other: a few bytes that stand for two billion numbers.
const LISTS: &str = "{% set r = range(20000)|list %}{% set l = [r,r,r,r,r,r,r,r,r,r] %}{% set m = [l,l,l,l,l,l,l,l,l,l] %}\
                     {% set n = [m,m,m,m,m,m,m,m,m,m] %}{% set o = [n,n,n,n,n,n,n,n,n,n] %}";

#[test]
fn what_stands_for_billions_of_values_is_refused() {
    let bed = Bed::without_namespace(ControlPlane::bare(), "bounds-lists");
    bed.write(
        "web/component.yaml",
        "configMaps:\n  - name: web\n    files: {f: f.j2}\n",
    );
    for use_of_it in [
        "{{ (o ~ '')|length }}",
        "{{ o|tojson|length }}",
        "{{ o|join(',')|length }}",
    ] {
        bed.write("web/f.j2", &format!("{LISTS}{use_of_it}\n"));
        let run = bed.run(&["render"]).exits(2).complains(" --> desired/web/f.j2:1:");
        // Which of the two ends it first depends on the machine.
        let ends = [
            "error: this takes longer than 3 s to fill in",
            "error: this expression takes too many steps",
        ];
        assert!(ends.iter().any(|end| run.stderr.starts_with(end)), "{}", run.stderr);
    }
    bed.write("web/f.j2", "fine\n");
    let ranges = ["range(99999)"; 11].join(", ");
    let map = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: m}}\ndata: {{a: '${{{{ [{ranges}] }}}}'}}\n");
    bed.write("map.yaml", &map);
    bed.run(&["render"]).exits(2).complains("desired/map.yaml:4:");
}

#[test]
fn thousands_of_mistakes_are_counted_and_the_first_are_told() {
    let bed = Bed::without_namespace(ControlPlane::bare(), "bounds-mistakes");
    let mut fields = String::new();
    for number in 0..3000 {
        let _ = writeln!(fields, "  x{number}: 1");
    }
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers: [{name: a, image: b}]\n";
    bed.write("pod.yaml", &format!("{pod}{fields}"));
    let run = bed.run(&["check"]).exits(1);
    let run = run.shows("Pod bounds-mistakes/a has 2900 more mistakes like these");
    assert!(run.stdout.len() < 60_000, "{} bytes", run.stdout.len());
    bed.write("pod.yaml", &(pod.to_owned() + "---\n").repeat(300));
    bed.run(&["check"]).exits(1).shows("more are not shown");
}
