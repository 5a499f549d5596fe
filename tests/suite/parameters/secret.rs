//! Secret parameters: whatever expressions make of one, it is shown nowhere, and names nothing.

use super::{PASSWORD, bed, hides};

#[test]
fn a_secret_parameter_is_shown_nowhere() {
    let bed = bed("parameters-secret");
    for args in [&["diff", "-v"][..], &["render"], &["sync", "--yes", "-vv"]] {
        hides(bed.run(args));
    }
    bed.run(&["render", "--show-secrets"]).exits(0).shows(PASSWORD);
    let changed = format!("passwords.database=another-{PASSWORD}");
    let run = hides(bed.run(&["diff", "-v", "--set", &changed]).exits(1).shows("args"));
    run.shows("- (not shown) + (not shown) git");
    hides(bed.run(&["sync", "--yes", "-vv", "--set", &changed]).exits(0));
    let parent = bed
        .get("configmap", "stackanetes-parameters-secret")
        .expect("it is there");
    assert!(!parent.to_string().contains(PASSWORD), "{parent}");
    hides(
        bed.run(&["diff", "--set", "passwords.database=[hunter2-in-a-parameter]"])
            .exits(2)
            .complains("passwords.database"),
    );
    bed.write(
        "refused.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: refused, labels: {x: '${{ passwords.database }} !'}}\n",
    );
    hides(
        bed.diff()
            .exits(1)
            .shows("the server refuses ConfigMap parameters-secret/refused")
            .shows("desired/refused.yaml:3:"),
    );
    bed.remove("refused.yaml");
    bed.write(
        "bad.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bad}\ndata:\n  x: ${{ passwords.database + 1 }}\n",
    );
    hides(bed.diff().exits(2).complains("desired/bad.yaml:5:10"));
}

#[test]
fn a_secret_parameter_cannot_name_an_object() {
    let bed = bed("parameters-name");
    for (field, manifest) in [
        ("metadata.name", "metadata: {name: '${{ passwords.database }}'}"),
        (
            "metadata.namespace",
            "metadata: {name: a, namespace: '${{ passwords.database }}'}",
        ),
        ("kind", "metadata: {name: a}"),
    ] {
        let kind = if field == "kind" {
            "${{ passwords.database }}"
        } else {
            "ConfigMap"
        };
        bed.write("named.yaml", &format!("apiVersion: v1\nkind: {kind}\n{manifest}\n"));
        let line = if field == "kind" { 2 } else { 3 };
        for command in ["diff", "render", "check"] {
            hides(bed.run(&[command]).exits(2))
                .complains(&format!("`{field}` is made from a secret parameter"))
                .complains(&format!("desired/named.yaml:{line}:"));
        }
    }
}

#[test]
fn a_secret_parameter_cannot_be_a_name_or_a_path_of_a_component() {
    let bed = bed("parameters-component");
    let expression = "'${{ passwords.database }}'";
    let whole = "'${{ {passwords.database: 1} }}'";
    for (field, text) in [
        ("dependsOn[0]", format!("dependsOn: [{expression}]")),
        ("configMaps[0].name", format!("configMaps: [{{name: {expression}}}]")),
        (
            "configMaps[0].namespace",
            format!("configMaps: [{{name: a, namespace: {expression}}}]"),
        ),
        (
            "configMaps[0].files.a",
            format!("configMaps: [{{name: a, files: {{a: {expression}}}}}]"),
        ),
        (
            "configMaps[0].options.a",
            format!("configMaps: [{{name: a, options: {{a: {expression}}}}}]"),
        ),
        (
            "secrets[0].generate.a.alphabet",
            format!("secrets: [{{name: a, generate: {{a: {{alphabet: {expression}}}}}}}]"),
        ),
    ] {
        bed.write("app/component.yaml", &format!("{text}\n"));
        for command in ["diff", "render", "check"] {
            hides(bed.run(&[command]).exits(2))
                .complains(&format!("`{field}` reads a secret parameter"))
                .complains("desired/app/component.yaml:1:");
        }
    }
    for text in [
        format!("configMaps: [{{name: a, files: {whole}}}]\n"),
        format!("secrets: [{whole}]\n"),
        format!("secrets: [{{name: a, values: {whole}}}]\n"),
    ] {
        bed.write("app/component.yaml", &text);
        hides(bed.run(&["diff"]).exits(2)).complains("this key is made from a secret parameter");
    }
    bed.write(
        "app/component.yaml",
        &format!("secrets: [{{name: a, values: {{a: {expression}}}}}]\n"),
    );
    hides(bed.run(&["render"]).exits(0));
}

#[test]
fn a_secret_parameter_cannot_be_a_key() {
    let bed = bed("parameters-key");
    let key = "\"k${{ passwords.database }}\": one";
    let object = |rest: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\n{rest}\n");
    for (line, manifest) in [
        (4, object(&format!("data: {{{key}}}"))),
        (4, object(&format!("data: {{{}}}", key.replace("one", "1")))),
        (3, object("").replace("name: a", &format!("name: a, labels: {{{key}}}"))),
        (
            3,
            object("").replace("name: a", &format!("name: a, annotations: {{{key}}}")),
        ),
        (
            6,
            object("items:\n- $for: one in [passwords.database]\n  \"${{ one }}\": {}"),
        ),
        (
            8,
            object(
                "items:\n- $for: one in [passwords]\n  list:\n  - $for: two in [one.database]\n    \"${{ two }}\": {}",
            ),
        ),
    ] {
        bed.write("keyed.yaml", &manifest);
        for command in ["diff", "render", "check"] {
            hides(bed.run(&[command]).exits(2))
                .complains("this key is made from a secret parameter")
                .complains(&format!("desired/keyed.yaml:{line}:"));
        }
    }
    // What is no secret may be one beside it, and in the name of a secret's entry.
    bed.write(
        "keyed.yaml",
        &object("data: {\"${{ deployment.label }}\": \"${{ passwords.database }}\"}"),
    );
    hides(bed.run(&["render"]).exits(0)).shows("control: (not shown)");
}

/// The variable of a loop may be a part of a secret parameter, or a whole group of them.
#[test]
fn what_a_loop_makes_of_a_secret_parameter_is_hidden() {
    let bed = bed("parameters-loop");
    let pod = |containers: &str| {
        format!(
            "apiVersion: v1\nkind: PodTemplate\nmetadata: {{name: a}}\ntemplate: {{spec: {{containers: [{containers}]}}}}\n"
        )
    };
    for container in [
        "{$for: 'one in [passwords]', image: '${{ one.database }}'}",
        "{$for: 'one in [passwords]', image: nginx, args: ['-p', 'x${{ one.database }}']}",
        "{$for: 'one in [passwords.database]', $value: {image: '${{ one }}'}}",
        "{$for: 'one in [passwords]', image: nginx, env: [{$for: 'two in [one.database]', name: a, value: '${{ two }}'}]}",
        "{image: nginx, env: '${{ [passwords] }}'}",
        "{image: nginx, env: '${{ {\"a\": [passwords]} }}'}",
    ] {
        bed.write("loop.yaml", &pod(container));
        hides(bed.run(&["render"]).exits(0)).shows("(not shown)");
        hides(bed.run(&["diff", "-v", "--format", "json"]));
    }
}

/// A secret is spelled out by what is let in where it is the same, letter by letter.
#[test]
fn what_a_condition_on_a_secret_parameter_lets_in_is_hidden() {
    let bed = bed("parameters-condition");
    let letters =
        "{$for: 'one in \"abcdehiknrtu-2mp\" | list', $when: 'passwords.database[I] == one', is: '${{ one }}'}";
    let letters: Vec<String> = (0..PASSWORD.len())
        .map(|index| letters.replace('I', &index.to_string()))
        .collect();
    bed.write(
        "letters.yaml",
        &format!(
            "apiVersion: x.org/v1\nkind: Foo\nmetadata: {{name: f}}\nspec: [{}]\n",
            letters.join(", ")
        ),
    );
    let run = hides(bed.run(&["render"]).exits(0));
    let shown: Vec<&str> = run.stdout.lines().filter(|line| line.contains("is: ")).collect();
    assert_eq!(shown.len(), PASSWORD.len(), "{}", run.stdout);
    assert!(
        shown.iter().all(|line| line.ends_with("is: (not shown)")),
        "{}",
        run.stdout
    );
    bed.write(
        "letters.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: f}\ndata:\n  first:\n    $when: passwords.database[0] == 'h'\n    \
         $value: ${{ passwords.database[1:] if true else '' }}\n",
    );
    hides(bed.run(&["render"]).exits(0)).shows("first: (not shown)");
    // Where nothing is compared with it, what is open stays so.
    bed.write(
        "letters.yaml",
        "$when: passwords.database != ''\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: f}\ndata:\n  \
         first: ${{ deployment.label }}\n",
    );
    hides(bed.run(&["render"]).exits(0)).shows("first: control");
}

/// The words of an error, and of its hint, may hold a name that a secret was taken for.
#[test]
fn an_expression_that_fails_does_not_tell_the_secret_that_it_read() {
    let bed = bed("parameters-failing");
    for expression in [
        "passwords[passwords.database]",
        "deployment[passwords.database]",
        "{1: passwords.database}",
        "{passwords.database | length: 1}",
        "[passwords.database][passwords.database]",
        "passwords.database | nosuchfilter",
    ] {
        bed.write(
            "failing.yaml",
            &format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n  x: ${{{{ {expression} }}}}\n"),
        );
        for command in ["render", "check", "diff"] {
            let run = hides(bed.run(&[command]).exits(2)).complains("desired/failing.yaml:5:");
            assert!(!run.stderr.contains("did you mean"), "{expression}: {}", run.stderr);
        }
    }
}

#[test]
fn a_mapping_that_an_expression_makes_has_no_secret_key() {
    let bed = bed("parameters-keys");
    let object = |value: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata: {value}\n");
    for value in [
        "'${{ {passwords.database: 1} }}'",
        "'${{ {passwords.database | upper: \"x\"} }}'",
        "{list: '${{ [{passwords.database: 1}] }}'}",
        "{list: [{$for: 'one in [passwords.database]', $value: '${{ {one: 1} }}'}]}",
    ] {
        bed.write("keyed.yaml", &object(value));
        for command in ["render", "check", "diff"] {
            let run = hides(bed.run(&[command]).exits(2)).complains("this key is made from a secret parameter");
            assert!(!run.stderr.contains(&PASSWORD.to_uppercase()), "{}", run.stderr);
        }
    }
    // The keys of a group, and those that are written in the expression, are names that everybody may know.
    for (value, shown) in [
        ("${{ passwords }}", "database: (not shown)"),
        ("'${{ {\"password\": passwords.database} }}'", "password: (not shown)"),
    ] {
        bed.write("keyed.yaml", &object(value));
        hides(bed.run(&["render"]).exits(0)).shows(shown);
    }
}

/// The server writes `serviceAccount` beside `serviceAccountName`.
#[test]
fn what_the_server_copies_of_a_secret_value_is_hidden() {
    let bed = bed("parameters-copied");
    let name = |password: &str| ["--set", &format!("passwords.database={password}")].map(str::to_owned);
    bed.write(
        "copied.yaml",
        "apiVersion: v1\nkind: PodTemplate\nmetadata: {name: copied}\ntemplate:\n  spec:\n    \
         serviceAccountName: ${{ passwords.database | lower }}\n    containers: [{name: web, image: nginx}]\n",
    );
    let run = |command: &[&str], password: &str| {
        let set = name(password);
        bed.run(&[command, &[&*set[0], &*set[1]]].concat())
    };
    run(&["sync", "--yes"], "Sentinel-One")
        .exits(0)
        .hides(&["sentinel-one"]);
    run(&["diff", "-v"], "Sentinel-Two")
        .exits(1)
        .shows("serviceAccount")
        .hides(&["sentinel-one", "sentinel-two"]);
    run(&["diff", "--format", "json"], "Sentinel-Two")
        .exits(1)
        .hides(&["sentinel-one", "sentinel-two"]);
}

#[test]
fn a_secret_parameter_that_git_takes_out_of_a_field_stays_hidden() {
    let bed = bed("parameters-dropped");
    let conf = |data: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: conf}}\ndata:\n  a: b\n{data}");
    bed.write("conf.yaml", &conf("  url: 'db://${{ passwords.database }}'\n"));
    bed.synced();
    bed.write("conf.yaml", &conf(""));
    hides(
        bed.diff()
            .exits(1)
            .shows("data.url - (not shown) removed: no longer in git"),
    );
    bed.write("conf.yaml", &conf("  url: plain\n"));
    hides(bed.diff().exits(1).shows("data.url").shows("+ (not shown)"));
}

#[test]
fn a_sync_to_an_api_server_refuses_secrets_that_stand_in_the_directory() {
    let mut bed = bed("parameters-defaults");
    bed.always.clear();
    let blocked = "1 secret parameter has the default of the directory";
    let diff = hides(bed.diff()).exits(1).shows("sync blocked").shows(blocked);
    assert_eq!(diff.stdout.matches("has the default of the directory").count(), 1);
    let requests = bed.audited(|| {
        let sync = hides(bed.sync()).exits(2).complains(blocked);
        sync.complains("passwords.database")
            .complains("--allow-default-secrets");
    });
    assert!(requests.iter().all(|request| !request.is_write()), "{requests:#?}");
    bed.run(&["diff", "--sandbox", "box", "-n", "default"])
        .exits(1)
        .shows_not("sync blocked");
    bed.run(&["sync", "--yes", "--sandbox", "box", "-n", "default"])
        .exits(0);
    let set = "passwords.database=another-secret";
    bed.run(&["sync", "--yes", "--set", set]).exits(0);
    bed.run(&["sync", "--yes", "--allow-default-secrets"]).exits(0);
}
