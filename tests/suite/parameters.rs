//! A directory with parameters: set by defaults, by an environment and by hand, filled in where a
//! manifest asks for them.

use std::fs;

use crate::bed::{Bed, Run};

const PASSWORD: &str = "hunter2-in-a-parameter";

/// A bed whose manifests read parameters.
fn bed(name: &str) -> Bed {
    let bed = Bed::new(name).with_default_secrets();
    bed.write(
        "parameters.yaml",
        &format!("deployment:\n  replicas: 1\n  label: control\nnetwork:\n  hosts: [a, b]\npasswords:\n  database: {PASSWORD}\n"),
    );
    bed.write(
        "parameters.schema.json",
        r#"{"properties": {
            "deployment": {"properties": {"replicas": {"type": "integer", "minimum": 1}, "label": {"type": "string"}}},
            "network": {"properties": {"hosts": {"type": "array", "items": {"type": "string"}}}},
            "passwords": {"writeOnly": true, "properties": {"database": {"type": "string"}}}}}"#,
    );
    bed.write("environments/prod.yaml", "deployment: {replicas: 3}\n");
    bed.write(
        "web.yaml",
        "apiVersion: v1
kind: PodTemplate
metadata:
  name: web
template:
  metadata:
    labels:
      count: ${{ deployment.replicas | string }}
  spec:
    nodeSelector:
      \"${{ deployment.label }}\": enabled
    terminationGracePeriodSeconds: ${{ deployment.replicas }}
    containers:
      - $for: host in network.hosts
        name: web-${{ host }}
        image: nginx
        args: [\"$${{ as it is }}\", 'mysql://root:${{ passwords.database }}@db']
",
    );
    bed.write(
        "many.yaml",
        "$when: deployment.replicas > 1\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: many}\n",
    );
    bed
}

#[track_caller]
fn hides(run: Run) -> Run {
    run.hides(&[PASSWORD])
}

#[test]
fn parameters_are_filled_in_with_their_types() {
    let bed = bed("parameters-types");
    hides(bed.run(&["sync", "--yes", "-vv"]).exits(0).shows("complete: 1 created"));
    let spec = bed.get("podtemplate", "web").expect("it is there")["template"]["spec"].clone();
    assert_eq!(spec["terminationGracePeriodSeconds"], 1);
    assert_eq!(spec["nodeSelector"]["control"], "enabled");
    let names: Vec<_> = spec["containers"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|container| container["name"].clone())
        .collect();
    assert_eq!(names, ["web-a", "web-b"]);
    assert_eq!(spec["containers"][0]["args"][0], "${{ as it is }}");
    assert_eq!(spec["containers"][0]["args"][1], format!("mysql://root:{PASSWORD}@db"));
    bed.diff().exits(0);
}

#[test]
fn what_an_environment_and_a_set_change_is_shown_where_it_is_set() {
    let bed = bed("parameters-environment");
    bed.synced();
    bed.run(&["diff", "--environment", "prod", "--switch-environment"])
        .exits(1)
        .shows("+ create ConfigMap parameters-environment/many")
        .shows("template.spec.terminationGracePeriodSeconds desired/environments/prod.yaml:1 - 1 + 3 git");
    bed.run(&["diff", "--set", "deployment.replicas=7"])
        .exits(1)
        .shows("template.spec.terminationGracePeriodSeconds --set deployment.replicas:1 - 1 + 7 git");
    bed.run(&["diff", "--set", "network.hosts=[a]"])
        .exits(1)
        .shows("template.spec.containers[web-b]");
}

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

/// A text from elsewhere is taken as it is, and hidden where it is a secret.
#[test]
fn a_text_comes_from_a_file_or_a_variable() {
    let bed = bed("parameters-text");
    let file = bed.beside("password");
    fs::write(&file, format!("[from a file, {PASSWORD}]: # not YAML\n")).expect("a file of our own");
    let file = format!("passwords.database={}", file.display());
    let set_file = ["--set-file", &file];
    let run = |args: &[&str]| bed.run(&[args, &set_file].concat());
    hides(run(&["diff", "-v"]).exits(1).shows("web"));
    hides(run(&["sync", "--yes", "-vv"]).exits(0));
    let argument = format!("mysql://root:[from a file, {PASSWORD}]: # not YAML@db");
    run(&["render", "--show-secrets"]).exits(0).shows(&argument);
    let parent = bed
        .get("configmap", "stackanetes-parameters-text")
        .expect("it is there");
    assert!(!parent.to_string().contains(PASSWORD), "{parent}");
    hides(run(&["diff"]).exits(0));

    // A file that can be read only once.
    let piped = format!("passwords: {{database: '{PASSWORD}'}}\n");
    let run = bed.run_with(&["diff", "--format=json", "--parameters", "/dev/stdin"], &piped);
    hides(run.exits(1).shows("\"action\": \"update\""));

    // The suite's own environment has little in it.
    let label = ["render", "--set-env", "deployment.label=KUBECONFIG"];
    bed.run(&label)
        .exits(0)
        .shows(&bed.user.kubeconfig.display().to_string());
    for (option, argument, reason) in [
        ("--set-file", "passwords.database=nowhere", "failed to read nowhere"),
        ("--set-file", "passwords.database=desired", "failed to read desired"),
        (
            "--set-env",
            "passwords.database=NOWHERE",
            "there is no environment variable NOWHERE",
        ),
        ("--set-env", "passwords.database", "write GROUP.NAME=VARIABLE"),
        (
            "--set-env",
            "passwords.databas=HOME",
            "did you mean `passwords.database`?",
        ),
        ("--set-env", "passwords=HOME", "`passwords` is a group of parameters"),
        ("--set-env", "deployment.replicas=HOME", "`deployment.replicas` must be"),
    ] {
        bed.run(&["diff", option, argument]).exits(2).complains(reason);
    }
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
fn another_environment_than_the_last_is_refused() {
    let bed = bed("parameters-switch");
    bed.run(&["sync", "--yes", "-e", "prod"]).exits(0);
    bed.sync()
        .exits(2)
        .complains("the environment prod was synced last, and this is no environment")
        .complains("--switch-environment");
    assert!(bed.get("configmap", "many").is_some());
    bed.run(&["sync", "--yes", "--switch-environment"])
        .exits(0)
        .shows("1 deleted");
    bed.diff().exits(0);
}

#[test]
fn what_is_wrong_is_said_where_it_is_and_nothing_is_changed() {
    let bed = bed("parameters-wrong");
    for (args, words) in [
        (
            &["--set", "deployment.replica=3"][..],
            "did you mean `deployment.replicas`?",
        ),
        (&["--set", "deployment.replicas=many"], "deployment.replicas"),
        (&["--set", "deployment.replicas=0"], "at least 1"),
        (&["--environment", "nowhere"], "it has prod"),
    ] {
        for command in [&["diff"][..], &["sync", "--yes"]] {
            let args: Vec<&str> = command.iter().chain(args).copied().collect();
            bed.run(&args).exits(2).complains(words);
        }
    }
    for (expression, words) in [
        ("${{ deployment.replcas }}", "did you mean `deployment.replicas`?"),
        ("${{ deployment.replicas + }}", "desired/bad.yaml:5:"),
        ("${{ network.hosts }}-x", "is a list"),
        ("${{ open }", "this expression has no end"),
    ] {
        bed.write(
            "bad.yaml",
            &format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: bad}}\ndata:\n  x: '{expression}'\n"),
        );
        bed.sync().exits(2).complains("desired/bad.yaml:5:").complains(words);
    }
    bed.remove("bad.yaml");
    bed.write("environments/prod.yaml", "deployment:\n  replcas: 3\n");
    bed.run(&["sync", "--yes", "-e", "prod"])
        .exits(2)
        .complains("desired/environments/prod.yaml:2:3")
        .complains("replicas");
    assert!(bed.get("podtemplate", "web").is_none());
}

#[test]
fn a_plain_directory_is_taken_word_for_word() {
    let bed = Bed::new("parameters-plain");
    bed.remove("stackanetes.yaml");
    bed.write_config_map("text", &[("a", "${{ not an expression }}")]);
    let target = ["--name", "parameters-plain", "-n", "parameters-plain"];
    bed.run(&[&["sync", "--yes"][..], &target].concat()).exits(0);
    assert_eq!(
        bed.get("configmap", "text").expect("it is there")["data"]["a"],
        "${{ not an expression }}"
    );
    bed.run(&["diff", "--set", "a.b=1"])
        .exits(2)
        .complains("it has no stackanetes.yaml");
}

#[test]
fn a_word_that_git_says_in_the_open_hides_nothing() {
    let bed = bed("parameters-word");
    bed.write(
        "words.yaml",
        &crate::bed::config_map("words", &[("a", &format!("{PASSWORD} is a word: 1"))]),
    );
    bed.synced();
    bed.write(
        "words.yaml",
        &crate::bed::config_map("words", &[("a", &format!("{PASSWORD} is a word: 2"))]),
    );
    bed.diff().exits(1).shows("is a word: 2");
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
