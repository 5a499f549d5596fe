//! `diff --format markdown`: a comment that is never too long, and in which nothing takes the room of what matters more.

use std::fs;

use super::{Repository, config_map};

/// How long a comment may be on GitHub, in characters.
const LONGEST: usize = 65_536;

#[test]
fn remarks_leave_room_for_the_objects_that_change() {
    let repository = Repository::new("remarks", "main");
    for number in 0..900 {
        let role = format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: role-{number}, namespace: \
             shop}}\nrules: []\n"
        );
        repository.write(&format!("{number}.yaml"), &role);
    }
    let old = ["old-1", "old-2", "old-3"];
    for name in old {
        repository.write(&format!("{name}.json"), &config_map(name, "1"));
    }
    repository.commit("Before");
    for name in old {
        fs::remove_file(repository.0.join(format!("desired/{name}.json"))).expect("a file that was written");
    }
    repository.commit("After");
    let comment = |args: &[&str]| repository.diff("HEAD", &[&["--format", "markdown"], args].concat());

    let each = comment(&["-v"]);
    assert!(each.len() < LONGEST, "{}", each.len());
    for name in old {
        assert!(
            each.contains(&format!("delete <code>ConfigMap shop/{name}</code>")),
            "{each}"
        );
    }
    assert!(
        each.contains("more remarks are left out, since the comment would be too long"),
        "{each}"
    );
    assert_eq!(
        each.matches("ClusterRole role-").count(),
        each.matches("take it out").count()
    );

    let folded = comment(&[]);
    assert_eq!(folded.matches("warning: ").count(), 1, "{folded}");
    assert!(
        folded.contains(" and 897 more: metadata.namespace is ignored"),
        "{folded}"
    );
}
