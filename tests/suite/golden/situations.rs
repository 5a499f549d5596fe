//! The situations: the desired state before and after, below `desired/`, and what else is passed.

/// A change to a directory.
pub struct Situation {
    /// What its files are called.
    pub name: &'static str,
    /// What `diff` is called with besides.
    pub args: &'static [&'static str],
    /// The files of the first commit: path and text.
    pub before: &'static [(&'static str, &'static str)],
    /// Those of the second.
    pub after: &'static [(&'static str, &'static str)],
}

pub const SITUATIONS: &[Situation] = &[
    Situation {
        name: "nothing-changes",
        args: &[],
        before: &[(
            "settings.yaml",
            r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  mode: fast
",
        )],
        after: &[(
            "settings.yaml",
            r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  mode: fast
",
        )],
    },
    Situation {
        name: "create",
        args: &[],
        before: &[(
            "settings.yaml",
            r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  mode: fast
",
        )],
        after: &[
            (
                "settings.yaml",
                r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  mode: fast
",
            ),
            (
                "web.yaml",
                r"apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: nginx:1
",
            ),
        ],
    },
    Situation {
        name: "create-shown-whole",
        args: &["-v"],
        before: &[(
            "settings.yaml",
            r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  mode: fast
",
        )],
        after: &[
            (
                "settings.yaml",
                r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  mode: fast
",
            ),
            (
                "web.yaml",
                r"apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: nginx:1
",
            ),
        ],
    },
    Situation {
        name: "update-a-value",
        args: &[],
        before: &[(
            "settings.yaml",
            r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  mode: fast
",
        )],
        after: &[(
            "settings.yaml",
            r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  mode: slow
",
        )],
    },
    Situation {
        name: "update-a-text",
        args: &[],
        before: &[(
            "s.yaml",
            r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  app.conf: |
    - one
    - two
    [main]
    a = 1
    b = 2
    c = 3
",
        )],
        after: &[(
            "s.yaml",
            r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  app.conf: |
    - one
    - three
    [main]
    a = 1
    b = 2
    c = 4
",
        )],
    },
    Situation {
        name: "a-text-with-signs-and-fences",
        args: &[],
        before: &[(
            "s.yaml",
            r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  app.conf: |
    + plus
    - minus
    ```
    old
",
        )],
        after: &[(
            "s.yaml",
            r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  app.conf: |
    + plus
    - minus
    ```
    new
",
        )],
    },
    Situation {
        name: "a-value-on-one-line-becomes-several",
        args: &[],
        before: &[(
            "s.yaml",
            r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  note: one
",
        )],
        after: &[(
            "s.yaml",
            r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  app.conf: |
    one
    two
",
        )],
    },
    Situation {
        name: "delete",
        args: &[],
        before: &[
            (
                "settings.yaml",
                r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  mode: fast
",
            ),
            (
                "old.yaml",
                r"apiVersion: v1
kind: ConfigMap
metadata: {name: old}
data:
  a: '1'
",
            ),
        ],
        after: &[(
            "settings.yaml",
            r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  mode: fast
",
        )],
    },
    Situation {
        name: "rename",
        args: &[],
        before: &[
            (
                "settings.yaml",
                r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  mode: fast
",
            ),
            (
                "old.yaml",
                r"apiVersion: v1
kind: ConfigMap
metadata: {name: old}
data:
  a: '1'
  b: '2'
",
            ),
        ],
        after: &[
            (
                "settings.yaml",
                r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  mode: fast
",
            ),
            (
                "new.yaml",
                r"apiVersion: v1
kind: ConfigMap
metadata: {name: new}
data:
  a: '1'
  b: '2'
",
            ),
        ],
    },
    Situation {
        name: "image-and-replicas",
        args: &[],
        before: &[(
            "web.yaml",
            r"apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: nginx:1
",
        )],
        after: &[(
            "web.yaml",
            r"apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: nginx:2
",
        )],
    },
    Situation {
        name: "environment-variables",
        args: &[],
        before: &[(
            "web.yaml",
            r"apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: nginx:1
          env:
            - {name: A, value: '1'}
            - {name: B, value: '2'}
            - {name: C, value: '3'}
",
        )],
        after: &[(
            "web.yaml",
            r"apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: nginx:1
          env:
            - {name: A, value: '1'}
            - {name: C, value: '4'}
            - {name: D, value: '5'}
",
        )],
    },
    Situation {
        name: "ports-of-a-service",
        args: &[],
        before: &[(
            "svc.yaml",
            r"apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports:
    - {name: http, port: 80}
",
        )],
        after: &[(
            "svc.yaml",
            r"apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports:
    - {name: http, port: 80}
    - {name: https, port: 443}
",
        )],
    },
    Situation {
        name: "immutable-selector",
        args: &[],
        before: &[(
            "web.yaml",
            r"apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: nginx:1
",
        )],
        after: &[(
            "web.yaml",
            r"apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: front}}
  template:
    metadata: {labels: {app: front}}
    spec:
      containers:
        - name: web
          image: nginx:1
",
        )],
    },
    Situation {
        name: "immutable-selector-replaced",
        args: &["--replace", "Deployment/web"],
        before: &[(
            "web.yaml",
            r"apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: nginx:1
",
        )],
        after: &[(
            "web.yaml",
            r"apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: front}}
  template:
    metadata: {labels: {app: front}}
    spec:
      containers:
        - name: web
          image: nginx:1
",
        )],
    },
    Situation {
        name: "immutable-role",
        args: &[],
        before: &[(
            "rb.yaml",
            r"apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
",
        )],
        after: &[(
            "rb.yaml",
            r"apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}
subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
",
        )],
    },
    Situation {
        name: "secret-changes",
        args: &[],
        before: &[(
            "key.yaml",
            r"apiVersion: v1
kind: Secret
metadata: {name: key}
stringData: {password: first}
",
        )],
        after: &[(
            "key.yaml",
            r"apiVersion: v1
kind: Secret
metadata: {name: key}
stringData: {password: second}
",
        )],
    },
    Situation {
        name: "secret-comes-and-goes",
        args: &[],
        before: &[(
            "key.yaml",
            r"apiVersion: v1
kind: Secret
metadata: {name: key}
stringData: {password: first}
",
        )],
        after: &[(
            "other.yaml",
            r"apiVersion: v1
kind: Secret
metadata: {name: other}
stringData: {password: second}
",
        )],
    },
    Situation {
        name: "values-are-generated",
        args: &[],
        before: &[(
            "settings.yaml",
            r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  mode: fast
",
        )],
        after: &[
            (
                "settings.yaml",
                r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  mode: fast
",
            ),
            (
                "app/component.yaml",
                r"secrets:
  - name: made
    generate:
      password: {length: 40}
",
            ),
        ],
    },
    Situation {
        name: "definition-and-instance-come",
        args: &[],
        before: &[(
            "settings.yaml",
            r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  mode: fast
",
        )],
        after: &[
            (
                "settings.yaml",
                r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  mode: fast
",
            ),
            (
                "crd.yaml",
                r"apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets, singular: widget, listKind: WidgetList}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec: {type: object, properties: {size: {type: integer}}}
",
            ),
            (
                "one.yaml",
                r"apiVersion: example.com/v1
kind: Widget
metadata: {name: one}
spec: {size: 1}
",
            ),
        ],
    },
    Situation {
        name: "instance-changes",
        args: &[],
        before: &[
            (
                "crd.yaml",
                r"apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets, singular: widget, listKind: WidgetList}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec: {type: object, properties: {size: {type: integer}}}
",
            ),
            (
                "one.yaml",
                r"apiVersion: example.com/v1
kind: Widget
metadata: {name: one}
spec: {size: 1}
",
            ),
        ],
        after: &[
            (
                "crd.yaml",
                r"apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets, singular: widget, listKind: WidgetList}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec: {type: object, properties: {size: {type: integer}}}
",
            ),
            (
                "one.yaml",
                r"apiVersion: example.com/v1
kind: Widget
metadata: {name: one}
spec: {size: 2}
",
            ),
        ],
    },
    Situation {
        name: "definition-and-instance-go",
        args: &[],
        before: &[
            (
                "settings.yaml",
                r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  mode: fast
",
            ),
            (
                "crd.yaml",
                r"apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets, singular: widget, listKind: WidgetList}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec: {type: object, properties: {size: {type: integer}}}
",
            ),
            (
                "one.yaml",
                r"apiVersion: example.com/v1
kind: Widget
metadata: {name: one}
spec: {size: 1}
",
            ),
        ],
        after: &[(
            "settings.yaml",
            r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  mode: fast
",
        )],
    },
    Situation {
        name: "claim-is-dropped",
        args: &[],
        before: &[
            (
                "settings.yaml",
                r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  mode: fast
",
            ),
            (
                "data.yaml",
                r"apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
",
            ),
        ],
        after: &[(
            "settings.yaml",
            r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  mode: fast
",
        )],
    },
    Situation {
        name: "claim-grows",
        args: &[],
        before: &[(
            "data.yaml",
            r"apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
",
        )],
        after: &[(
            "data.yaml",
            r"apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 2Gi}}}
",
        )],
    },
    Situation {
        name: "claim-is-spelled-otherwise",
        args: &[],
        before: &[(
            "data.yaml",
            r"apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
",
        )],
        after: &[(
            "data.yaml",
            r"apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1024Mi}}}
",
        )],
    },
    Situation {
        name: "namespace-comes",
        args: &[],
        before: &[(
            "settings.yaml",
            r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  mode: fast
",
        )],
        after: &[
            (
                "settings.yaml",
                r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  mode: fast
",
            ),
            (
                "ns.yaml",
                r"apiVersion: v1
kind: Namespace
metadata: {name: other}
",
            ),
            (
                "in.yaml",
                r"apiVersion: v1
kind: ConfigMap
metadata: {name: in, namespace: other}
data:
  a: '1'
",
            ),
        ],
    },
    Situation {
        name: "job-runs-again",
        args: &[],
        before: &[(
            "job.yaml",
            r"apiVersion: batch/v1
kind: Job
metadata:
  name: migrate
  annotations:
    stackanetes.io/inputs: image
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: migrate, image: 'app:1'}]
",
        )],
        after: &[(
            "job.yaml",
            r"apiVersion: batch/v1
kind: Job
metadata:
  name: migrate
  annotations:
    stackanetes.io/inputs: image
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: migrate, image: 'app:2'}]
",
        )],
    },
    Situation {
        name: "job-is-irreversible",
        args: &[],
        before: &[(
            "job.yaml",
            r"apiVersion: batch/v1
kind: Job
metadata:
  name: migrate
  annotations:
    stackanetes.io/inputs: image
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: migrate, image: 'app:1'}]
",
        )],
        after: &[(
            "job.yaml",
            r"apiVersion: batch/v1
kind: Job
metadata:
  name: migrate
  annotations:
    stackanetes.io/inputs: image
    stackanetes.io/irreversible: drops a column
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: migrate, image: 'app:2'}]
",
        )],
    },
    Situation {
        name: "autoscaler-comes",
        args: &[],
        before: &[(
            "web.yaml",
            r"apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: nginx:1
",
        )],
        after: &[
            (
                "web.yaml",
                r"apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: nginx:1
",
            ),
            (
                "hpa.yaml",
                r"apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  minReplicas: 1
  maxReplicas: 5
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
",
            ),
        ],
    },
    Situation {
        name: "field-is-ignored",
        args: &[],
        before: &[(
            "settings.yaml",
            r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  mode: fast
",
        )],
        after: &[
            (
                "settings.yaml",
                r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  mode: slow
",
            ),
            (
                "stackanetes.yaml",
                r"name: shop
namespace: shop
ignore:
  - {kind: ConfigMap, fields: [data.mode]}
",
            ),
        ],
    },
    Situation {
        name: "parameter-changes",
        args: &[],
        before: &[
            (
                "parameters.schema.json",
                r#"{"properties": {"mode": {"type": "string"}}}"#,
            ),
            (
                "parameters.yaml",
                r"mode: fast
",
            ),
            (
                "settings.yaml",
                r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  mode: ${{ mode }}
",
            ),
        ],
        after: &[
            (
                "parameters.schema.json",
                r#"{"properties": {"mode": {"type": "string"}}}"#,
            ),
            (
                "parameters.yaml",
                r"mode: slow
",
            ),
            (
                "settings.yaml",
                r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  mode: ${{ mode }}
",
            ),
        ],
    },
    Situation {
        name: "one-component-is-selected",
        args: &["--component", "app"],
        before: &[
            (
                "app/component.yaml",
                r"{}
",
            ),
            (
                "app/a.yaml",
                r"apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data:
  x: '1'
",
            ),
            (
                "settings.yaml",
                r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  mode: fast
",
            ),
        ],
        after: &[
            (
                "app/component.yaml",
                r"{}
",
            ),
            (
                "app/a.yaml",
                r"apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data:
  x: '2'
",
            ),
            (
                "settings.yaml",
                r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  mode: slow
",
            ),
        ],
    },
    Situation {
        name: "everything-goes",
        args: &[],
        before: &[(
            "settings.yaml",
            r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  mode: fast
",
        )],
        after: &[],
    },
    Situation {
        name: "mistake-in-a-file",
        args: &[],
        before: &[(
            "settings.yaml",
            r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  mode: fast
",
        )],
        after: &[(
            "settings.yaml",
            r"apiVersion: v1
kind: ConfigMap
metadata: {name: settings
data: {}
",
        )],
    },
    Situation {
        name: "control-characters-are-visible",
        args: &[],
        before: &[(
            "s.yaml",
            r#"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  a: "plain"
"#,
        )],
        after: &[(
            "s.yaml",
            r#"apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  a: "\e[31mred\u0007"
"#,
        )],
    },
];
