//! The diff agrees with `kubectl diff --server-side` of the same version, object by object, on
//! whether something would change, and what kubectl accepts is accepted.

use std::fs;

use crate::bed::{Bed, deployment};

/// Manifests that people write: defaults left out, quantities and ports in every spelling, octal
/// modes, nulls and empty values, YAML's odd scalars.
fn manifests() -> Vec<(&'static str, String)> {
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
            "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  serviceName: db\n  selector: {matchLabels: {app: db}}\n  template:\n    metadata: {labels: {app: db}}\n    spec:\n      containers:\n        - name: db\n          image: mariadb\n          resources: {requests: {cpu: 1000m, memory: 1024Mi}, limits: {cpu: 2}}\n          env:\n            - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}\n          volumeMounts: [{name: data, mountPath: /data}, {name: conf, mountPath: /conf}]\n      volumes:\n        - name: conf\n          configMap: {name: cm, defaultMode: 0644}\n  volumeClaimTemplates:\n    - metadata: {name: data}\n      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n",
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

/// Whether kubectl says that an apply of this would change something. The membership label and our
/// annotations are on both sides, as kubectl applies under our name and would remove them.
fn kubectl_would_change(bed: &Bed, text: &str) -> bool {
    let noted = bed.dir.join("noted.yaml");
    fs::write(&noted, text).expect("a file of our own");
    let noted_path = noted.to_str().expect("text");
    let args = [
        "diff",
        "--server-side",
        "--force-conflicts",
        "--field-manager=another",
        "-f",
        noted_path,
        "--namespace",
        &bed.namespace,
    ];
    let output = bed.plane.kubectl(&args);
    match output.status.code() {
        Some(0) => false,
        Some(1) => true,
        _ => panic!("kubectl diff failed: {}", output.stderr),
    }
}

fn we_would_change(bed: &Bed, path: &str) -> bool {
    match bed
        .run(&[
            "diff",
            path,
            "--name",
            &bed.namespace,
            "-n",
            &bed.namespace,
            "--no-prune",
        ])
        .code
    {
        0 => false,
        1 => true,
        code => panic!("diff exited {code}"),
    }
}

#[test]
fn kubectl_and_we_agree_on_every_object() {
    let bed = Bed::new("agreement");
    let manifests = manifests();
    for (name, text) in &manifests {
        let dry_run = ["apply", "--server-side", "--dry-run=server", "-f", "-"];
        bed.kubectl_stdin(&dry_run, text);
        bed.write(&format!("{name}.yaml"), text);
    }
    bed.run(&["sync", "--yes", "--timeout", "0s"]);
    let mut compared = 0;
    let mut agree = |when: &str| {
        for (name, text) in &manifests {
            let ours = we_would_change(&bed, &format!("desired/{name}.yaml"));
            let theirs = kubectl_would_change(&bed, text);
            assert_eq!(ours, theirs, "{name}, {when}: we say {ours}, kubectl says {theirs}");
            compared += usize::from(ours) * 100 + 1;
        }
    };
    agree("after a sync");
    let changes = [
        ("configmap", "cm", r#"{"data":{"mode":"off"}}"#),
        ("service", "svc", r#"{"spec":{"selector":{"app":"other"}}}"#),
        ("deployment", "web", r#"{"spec":{"replicas":7}}"#),
        ("statefulset", "db", r#"{"metadata":{"labels":{"unrelated":"1"}}}"#),
        (
            "networkpolicy",
            "np",
            r#"{"spec":{"policyTypes":["Ingress","Egress"]}}"#,
        ),
        ("role", "r", r#"{"rules":[]}"#),
        (
            "poddisruptionbudget",
            "pdb",
            r#"{"metadata":{"annotations":{"unrelated":"1"}}}"#,
        ),
    ];
    for (kind, name, patch) in changes {
        bed.kubectl(&[
            "patch",
            kind,
            name,
            "--type=merge",
            "--field-manager=kubectl-edit",
            "--patch",
            patch,
        ]);
    }
    agree("after others wrote");
    assert_eq!(
        compared,
        26 + 5 * 100,
        "nothing changes after the sync, and five objects do after others wrote"
    );
}
