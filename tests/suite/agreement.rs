//! The diff agrees with `kubectl diff --server-side` of the same version, object by object, on
//! whether something would change, and what kubectl accepts is accepted.

use serde_json::json;

use crate::bed::{Bed, deployment};

/// Manifests that people write: defaults left out, quantities and ports in every spelling, octal
/// modes, nulls and empty values, YAML's odd scalars.
pub fn manifests() -> Vec<(&'static str, String)> {
    let manifests = [
        (
            "config-map",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\ndata:\n  mode: \"on\"\n  dotted.key-x_y: |\n    trailing   \n    ünïcödé\nbinaryData: {blob: AAECAw==}\n",
        ),
        (
            "service",
            "apiVersion: v1\nkind: Service\nmetadata: {name: svc, creationTimestamp: null}\nspec:\n  selector: {app: web}\n  ports:\n    - {port: 80, name: http}\n    - {port: 53, name: dns, protocol: UDP, targetPort: dns}\nstatus: {loadBalancer: {}}\n",
        ),
        (
            "network-policy",
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: np}\nspec:\n  podSelector: {}\n  policyTypes: [Ingress]\n  ingress:\n    - ports: [{port: 5000}]\n",
        ),
        (
            "stateful-set",
            "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db, annotations: {stackanetes.io/rollout: ignore}}\nspec:\n  serviceName: db\n  selector: {matchLabels: {app: db}}\n  template:\n    metadata: {labels: {app: db}}\n    spec:\n      containers:\n        - name: db\n          image: mariadb\n          resources: {requests: {cpu: 1000m, memory: 1024Mi}, limits: {cpu: 2}}\n          env:\n            - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}\n          volumeMounts: [{name: data, mountPath: /data}, {name: conf, mountPath: /conf}]\n      volumes:\n        - name: conf\n          configMap: {name: cm, defaultMode: 0644}\n  volumeClaimTemplates:\n    - metadata: {name: data}\n      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n",
        ),
        (
            "role-binding",
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: rb}\nroleRef: {kind: Role, name: r, apiGroup: rbac.authorization.k8s.io}\nsubjects: [{kind: ServiceAccount, name: default}]\n",
        ),
        (
            "role",
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\nrules: [{apiGroups: [\"\"], resources: [pods], verbs: [get, list]}]\n",
        ),
        (
            "ingress",
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: ing, annotations: {\"example.com/size\": \"10\"}}\nspec:\n  rules:\n    - host: a.example.com\n      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: svc, port: {name: http}}}}]}\n",
        ),
        (
            "autoscaler",
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: hpa}\nspec:\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  maxReplicas: 5\n  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]\n",
        ),
        (
            "budget",
            "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: pdb}\nspec: {minAvailable: 50%, selector: {matchLabels: {app: web}}}\n",
        ),
        (
            "cron-job",
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: cron}\nspec:\n  schedule: '*/5 * * * *'\n  jobTemplate: {spec: {template: {spec: {restartPolicy: OnFailure, containers: [{name: c, image: busybox, command: [], args: [a, \"1\"]}]}}}}\n",
        ),
        (
            "secret",
            "apiVersion: v1\nkind: Secret\nmetadata: {name: sec}\nstringData: {a: b}\n",
        ),
        (
            "account",
            "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: sa, labels: {}, annotations: null}\nautomountServiceAccountToken: no\n",
        ),
    ];
    let mut manifests: Vec<_> = manifests
        .into_iter()
        .map(|(name, text)| (name, text.to_owned()))
        .collect();
    manifests.push(("deployment", deployment("web", 2, "nginx")));
    manifests
}

/// Whether kubectl says that an apply of this in our place would change something. Our notes on the
/// live object are in its file too: without them kubectl would say that it removes them.
fn kubectl_would_change(bed: &Bed, text: &str) -> bool {
    let kubectl = |args: &[&str], text: &str| bed.kubectl_stdin(args, text);
    let live = kubectl(&["get", "-f", "-", "--output=json"], text);
    let live: serde_json::Value = serde_json::from_str(&live).expect("kubectl prints JSON");
    let note = |map: &str, key: &str| {
        let value = live["items"][0]["metadata"][map][key].as_str();
        format!("{key}={}", value.unwrap_or_else(|| panic!("no {key} on {live}")))
    };
    let label = note("labels", "applyset.kubernetes.io/part-of");
    let annotation = note("annotations", "stackanetes.io/applied");
    let noted = kubectl(&["label", "--local", "-f", "-", "--output=json", &label], text);
    let noted = kubectl(
        &["annotate", "--local", "-f", "-", "--output=json", &annotation],
        &noted,
    );
    let args = [
        "diff",
        "--server-side",
        "--force-conflicts",
        "--field-manager=stackanetes",
        "-f",
        "-",
        "--namespace",
        &bed.namespace,
    ];
    let output = bed.plane.kubectl_stdin(&args, &noted);
    match output.status.code() {
        Some(0) => false,
        Some(1) => true,
        _ => panic!("kubectl diff failed: {}", output.stderr),
    }
}

fn we_would_change(bed: &Bed, path: &str) -> bool {
    let namespace = bed.namespace.as_str();
    let run = bed.run(&["diff", path, "--name", namespace, "-n", namespace, "--no-prune"]);
    match run.code {
        0 => false,
        1 => true,
        code => panic!("diff exited {code}: {}", run.stderr),
    }
}

/// The names of the manifests that would change something, by both accounts.
#[track_caller]
fn agree(bed: &Bed, manifests: &[(&'static str, String)], expected: &[&str]) {
    let named = |would_change: &dyn Fn(&str, &str) -> bool| -> Vec<&str> {
        let changed = manifests.iter().filter(|(name, text)| would_change(name, text));
        changed.map(|(name, _)| *name).collect()
    };
    let ours = named(&|name, _| we_would_change(bed, &format!("desired/{name}.yaml")));
    let theirs = named(&|_, text| kubectl_would_change(bed, text));
    assert_eq!(ours, theirs, "what we say, and what kubectl says");
    assert_eq!(ours, expected);
}

#[test]
fn kubectl_and_we_agree_on_every_object() {
    let bed = Bed::new("agreement");
    let mut manifests = manifests();
    for (name, text) in &manifests {
        let dry_run = ["apply", "--server-side", "--dry-run=server", "-f", "-"];
        bed.kubectl_stdin(&dry_run, text);
        bed.write(&format!("{name}.yaml"), text);
    }
    let sync = || drop(bed.run(&["sync", "--yes", "--timeout", "0s"]));
    sync();
    agree(&bed, &manifests, &[]);

    // Others write: over ours, and beside it.
    for (kind, name, patch) in [
        ("configmap", "cm", json!({"data": {"mode": "off"}})),
        ("service", "svc", json!({"spec": {"selector": {"app": "other"}}})),
        ("deployment", "web", json!({"spec": {"replicas": 7}})),
        ("statefulset", "db", json!({"metadata": {"labels": {"unrelated": "1"}}})),
        (
            "networkpolicy",
            "np",
            json!({"spec": {"policyTypes": ["Ingress", "Egress"]}}),
        ),
        ("role", "r", json!({"rules": []})),
        (
            "poddisruptionbudget",
            "pdb",
            json!({"metadata": {"annotations": {"unrelated": "1"}}}),
        ),
    ] {
        bed.patch("kubectl-edit", kind, name, &patch);
    }
    let changed = ["config-map", "service", "network-policy", "role", "deployment"];
    agree(&bed, &manifests, &changed);
    sync();

    // Git changes: a value, a key that goes, an order, and what only looks different.
    let env = |first: &str, second: &str| format!("{first}\n            - {second}");
    let (first, second) = (
        "name: FIRST\n              value: one",
        "name: SECOND\n              value: two",
    );
    for (name, from, to) in [
        ("config-map", "mode: \"on\"".to_owned(), "mode: \"off\"".to_owned()),
        ("service", ", targetPort: dns".into(), String::new()),
        ("stateful-set", ", limits: {cpu: 2}".into(), String::new()),
        ("role", "[get, list]".into(), "[list, get]".into()),
        (
            "ingress",
            ", annotations: {\"example.com/size\": \"10\"}".into(),
            String::new(),
        ),
        ("budget", "minAvailable: 50%".into(), "minAvailable: \"50%\"".into()),
        ("cron-job", "[a, \"1\"]".into(), "[a, \"2\"]".into()),
        ("secret", "{a: b}".into(), "{a: c}".into()),
        ("account", "labels: {}".into(), "labels: {team: a}".into()),
        ("deployment", env(first, second), env(second, first)),
    ] {
        let manifest = manifests.iter_mut().find(|(other, _)| *other == name);
        let text = &mut manifest.expect("it is one of them").1;
        assert!(text.contains(&from), "{name}");
        *text = text.replace(&from, &to);
        bed.write(&format!("{name}.yaml"), text);
    }
    let changed = [
        "config-map",
        "service",
        "stateful-set",
        "role",
        "ingress",
        "cron-job",
        "secret",
        "account",
        "deployment",
    ];
    agree(&bed, &manifests, &changed);
}
