//! What people write and what a server stores are two texts of one value: once it is synced, nothing
//! differs, and the server need not even be asked.

use crate::bed::{Bed, definition_of};
use crate::control_plane::ControlPlane;

/// What pods may look like, as the `spec` of a template.
const PODS: [(&str, &str); 8] = [
    (
        "cpu-whole",
        "containers: [{name: a, image: x, resources: {requests: {cpu: 2}, limits: {cpu: 2000m}}}]",
    ),
    (
        "cpu-milli",
        "containers: [{name: a, image: x, resources: {requests: {cpu: 1000m, memory: 1024Mi}}}]",
    ),
    (
        "cpu-part",
        "containers: [{name: a, image: x, resources: {requests: {cpu: 0.5, memory: 1e9, ephemeral-storage: \"+1Gi\"}}}]",
    ),
    (
        "port",
        "containers: [{name: a, image: x, ports: [{containerPort: 80}, {containerPort: 80, protocol: UDP}]}]",
    ),
    (
        "field-ref",
        "containers: [{name: a, image: x, env: [{name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}, {name: EMPTY, value: \"\"}, {name: NOTHING, value: null}]}]",
    ),
    (
        "empty",
        "initContainers: []\n      nodeSelector: {}\n      tolerations: null\n      securityContext: {}\n      containers: [{name: a, image: x, env: [], command: [], args: null, resources: {}, volumeMounts: [], livenessProbe: null}]",
    ),
    (
        "volumes",
        "containers: [{name: a, image: x, volumeMounts: [{name: a, mountPath: /a}]}]\n      volumes:\n        - {name: a, emptyDir: {}}\n        - {name: b, emptyDir: {sizeLimit: 0.5Gi}}\n        - {name: c, configMap: {name: c, defaultMode: 0644, items: [{key: a, path: a, mode: 0o400}]}}\n        - {name: d, secret: {secretName: d, defaultMode: 256}}\n        - {name: e, hostPath: {path: /e}}\n        - name: f\n          projected: {sources: [{serviceAccountToken: {path: token}}, {downwardAPI: {items: [{path: l, fieldRef: {fieldPath: metadata.labels}}]}}]}",
    ),
    (
        "large",
        "terminationGracePeriodSeconds: 9007199254740993\n      containers: [{name: a, image: x, securityContext: {runAsUser: 2147483647}}]",
    ),
];

/// Objects of other kinds.
const OTHERS: &str = r#"
apiVersion: v1
kind: Service
metadata: {name: ports, creationTimestamp: null}
spec:
  selector: {app: web}
  ports: [{port: 80, name: http}, {port: 53, name: dns, protocol: UDP, targetPort: dns}]
status: {loadBalancer: {}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: claims, finalizers: [], ownerReferences: []}
spec:
  serviceName: db
  replicas: 0
  minReadySeconds: null
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}, creationTimestamp: null}
    spec: {containers: [{name: db, image: mariadb, volumeMounts: [{name: data, mountPath: /data}]}]}
  volumeClaimTemplates:
    - metadata: {name: data}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1024Mi}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: group}
roleRef: {kind: Role, name: r}
subjects: [{kind: ServiceAccount, name: default}, {kind: User, name: "ünïcödé:user"}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: protocols}
spec:
  podSelector: {}
  ingress: [{ports: [{port: 5000}, {port: dns, protocol: UDP}], from: [{podSelector: {}}]}]
  egress: []
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: texts
  labels: {}
  annotations:
    example.com/a.b_c-d: "a key with dots and a slash"
    "date": "2026-01-02"
    octal: "0644"
data:
  "null": null
  empty: ""
  a.key-with.dots_and-x: "1"
  spaces: "line with trailing spaces   \n  and tabs\t\n\n"
  literal: |
    trailing   
    ünïcödé 漢字 🦀

  folded: >-
    one
    two
  windows: "a\r\nb"
  number: "0.10"
binaryData:
  bytes: |
    AAEC
    Aw==
  nothing: ""
---
apiVersion: v1
kind: Secret
metadata: {name: text}
data: {a: "", b: null}
stringData: {c: "ünïcödé\n", d: ""}
---
apiVersion: v1
kind: Secret
metadata: {name: empty}
stringData: {}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: account, labels: {}, annotations: null}
automountServiceAccountToken: no
secrets: []
---
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {name: times}
spec: {acquireTime: 2026-01-02T03:04:05.000000Z, renewTime: "2026-01-02T03:04:05.100000+02:00", leaseDurationSeconds: 10}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: percent}
spec: {minAvailable: 50%, selector: {matchLabels: {app: web}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: metrics}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 5
  metrics:
    - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}
    - {type: Pods, pods: {metric: {name: x}, target: {type: AverageValue, averageValue: "0.5"}}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: cron}
spec:
  schedule: '*/5 * * * *'
  jobTemplate: {spec: {template: {spec: {restartPolicy: OnFailure, containers: [{name: c, image: x, command: [], args: [a, "1"]}]}}}}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: quota}
spec: {hard: {pods: 1k, requests.cpu: "100.0", example.com/devices: 3}}
---
apiVersion: v1
kind: LimitRange
metadata: {name: limits}
spec: {limits: [{type: PersistentVolumeClaim, min: {storage: 1}, max: {storage: 5000Gi}}]}
"#;

/// A kind with numbers, and with whatever one likes.
fn numbers(group: &str) -> (String, String) {
    let properties = "{whole: {type: integer, format: int64}, float: {type: number}, \
        other: {type: number, default: 1.5}, either: {x-kubernetes-int-or-string: true}, \
        time: {type: string, format: date-time}, any: {x-kubernetes-preserve-unknown-fields: true}}";
    let definition = definition_of(group, "Number", properties);
    let numbers = format!(
        "apiVersion: {group}/v1
kind: Number
metadata: {{name: large}}
spec: {{whole: 9223372036854775807, float: 1.10, either: 50%, time: '2026-01-02T03:04:05+02:00',
  any: {{float: 1e3, large: 12345678901234567890, empty: {{}}, none: [], nested: [{{a: 0.1}}, [1, 2.0]]}}}}
---
apiVersion: {group}/v1
kind: Number
metadata: {{name: small}}
spec: {{whole: -1, float: 3, other: -0.000001, either: 5}}
"
    );
    (definition, numbers)
}

#[test]
fn what_is_synced_does_not_differ_however_it_is_written() {
    let bed = Bed::on(ControlPlane::full(), "stored-forms");
    for (name, spec) in PODS {
        let template = format!(
            "apiVersion: v1
kind: PodTemplate
metadata: {{name: {name}}}
template:
  metadata: {{labels: {{app: {name}}}, creationTimestamp: null}}
  spec:
      {spec}
"
        );
        bed.write(&format!("pods/{name}.yaml"), &template);
        let deployment = format!(
            "apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, annotations: {{stackanetes.io/rollout: ignore}}}}
spec:
  replicas: 0
  strategy: {{}}
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      {spec}
status: {{replicas: 7}}
"
        );
        bed.write(&format!("deployments/{name}.yaml"), &deployment);
    }
    bed.write("others.yaml", OTHERS);
    let group = format!("{}.example.com", bed.namespace);
    let (definition, numbers) = numbers(&group);
    bed.write("numbers/definition.yaml", &definition);
    bed.write("numbers/numbers.yaml", &numbers);
    bed.synced().shows_not("mismatch:");
    let requests = bed.audited(|| drop(bed.diff().exits(0)));
    let asked: Vec<_> = requests
        .iter()
        .filter(|request| request.dry_run)
        .map(|request| &request.uri)
        .collect();
    assert!(
        asked.is_empty(),
        "all is proved, and yet the server was asked: {asked:#?}"
    );
    let requests = bed.audited(|| drop(bed.run(&["diff", "--verify"]).exits(0)));
    let asked = requests.iter().filter(|request| request.dry_run).count();
    assert!(asked >= 2 * PODS.len(), "the server was asked of each: {asked}");
}
