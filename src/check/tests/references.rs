//! References between objects of a directory.

use super::*;

#[test]
fn configuration_that_is_not_there() {
    for (fields, line) in [
        ("envFrom: [{configMapRef: {name: settings}}]", 13),
        (
            "env: [{name: A, valueFrom: {configMapKeyRef: {name: settings, key: log}}}]",
            13,
        ),
    ] {
        let web = container(fields);
        let missing = format!("{line} Deployment a/web reads ConfigMap a/elsewhere, which is not in the directory");
        differs(&beside(&web, SETTINGS), "name: settings", "name: elsewhere", &missing);
    }
    let volume = pods("volumes: [{name: v, configMap: {name: settings, items: [{key: log, path: x}]}}]");
    let missing = "10 Deployment a/web reads ConfigMap a/elsewhere, which is not in the directory";
    differs(&beside(&volume, SETTINGS), "name: settings", "name: elsewhere", missing);
    let key = "10 Deployment a/web reads the key `lag` of ConfigMap a/settings, which does not have it";
    differs(&beside(&volume, SETTINGS), "log", "lag", key);
    assert_eq!(
        hints(&beside(&volume, SETTINGS).replacen("log", "lag", 1))[0],
        "did you mean `log`?"
    );
    // Of another namespace it does not count, and of a namespace by default it does.
    let there = SETTINGS.replace("name: settings", "name: settings, namespace: b");
    assert_eq!(found(&beside(&volume, &there)).len(), 1);
    assert_eq!(
        found(&beside(&volume, &there.replace("namespace: b", "namespace: a"))),
        [""; 0]
    );
    // What is optional may be missing, and what every namespace has is there.
    let optional = volume.replace("name: settings,", "name: settings, optional: true,");
    assert_eq!(found(&optional), [""; 0]);
    assert_eq!(
        found(&volume.replace("name: settings", "name: kube-root-ca.crt")),
        [""; 0]
    );
}

#[test]
fn a_secret_that_is_not_there() {
    let web = container("env: [{name: A, valueFrom: {secretKeyRef: {name: admin, key: password}}}]");
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: admin}\ndata: {password: cGFzcw==}\n";
    let right = beside(&web, secret);
    differs(
        &right,
        "name: admin",
        "name: other",
        "13 Deployment a/web reads Secret a/other, which is not in the directory",
    );
    let no_key = "13 Deployment a/web reads the key `token` of Secret a/admin, which does not have it";
    differs(&right, "key: password", "key: token", no_key);
    // A generated key is there.
    let mut made = manifests(&right.replace("key: password", "key: token"));
    made[1].generate.push(Generated {
        key: "token".to_owned(),
        form: GeneratedForm::Fernet,
        rotation: 0,
        place: None,
    });
    assert_eq!(said(&checked(&made)), [""; 0]);
    // So is one that another object of the directory makes.
    let certificate =
        "apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: c}\nspec: {secretName: admin}\n";
    assert_eq!(found(&beside(&web, certificate)), [""; 0]);
    let login = "apiVersion: v1\nkind: Secret\nmetadata: {name: admin}\ntype: kubernetes.io/dockerconfigjson\n";
    let pull = beside(&pods("imagePullSecrets: [{name: admin}]"), login);
    differs(
        &pull,
        "[{name: admin",
        "[{name: other",
        "10 Deployment a/web pulls its images with Secret a/other, which is not in the directory",
    );
    // Logins that somebody else keeps.
    let elsewhere = beside(&pods("imagePullSecrets: [{name: other}]"), secret);
    assert_eq!(found(&elsewhere), [""; 0]);
}

#[test]
fn accounts_claims_and_classes() {
    let account = beside(&pods("serviceAccountName: web"), ACCOUNT);
    differs(
        &account,
        "serviceAccountName: web",
        "serviceAccountName: wbe",
        "10 Deployment a/web runs as ServiceAccount a/wbe, which is not in the directory",
    );
    assert_eq!(found(&pods("serviceAccountName: default")), [""; 0]);
    let claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {storageClassName: fast}\n";
    let web = pods("volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]");
    let right = beside(&web, claim);
    differs(
        &right,
        "claimName: data",
        "claimName: date",
        "10 Deployment a/web mounts PersistentVolumeClaim a/date, which is not in the directory",
    );
    // A class may be the cluster's, unless the directory has its own.
    let class = "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: fast}\nprovisioner: x\n";
    differs(
        &beside(&right, class),
        "storageClassName: fast",
        "storageClassName: fest",
        "4 PersistentVolumeClaim a/data is of StorageClass fest, which is not in the directory",
    );
}

#[test]
fn a_claim_of_a_stateful_set_is_there() {
    let set = STATEFUL_SET.replace(
        "spec:\n  serviceName",
        "spec:\n  volumeClaimTemplates: [{metadata: {name: data}}]\n  serviceName",
    );
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: backup}\nspec: {template: {spec: {containers: [{name: a}], volumes: [{name: v, persistentVolumeClaim: {claimName: data-db-0}}]}}}\n";
    let right = [&set, NODES, job].join("---\n");
    differs(
        &right,
        "data-db-0",
        "data-db-x",
        "4 Job a/backup mounts PersistentVolumeClaim a/data-db-x, which is not in the directory",
    );
}

#[test]
fn a_mount_of_no_volume() {
    let web = container("volumeMounts: [{name: tmp, mountPath: /tmp}]");
    let right = web.replace("containers:", "volumes: [{name: tmp, emptyDir: {}}]\n      containers:");
    differs(
        &right,
        "volumeMounts: [{name: tmp",
        "volumeMounts: [{name: tpm",
        "14 Deployment a/web mounts the volume `tpm`, and its pods have none of that name",
    );
}

#[test]
fn a_selector_that_misses_its_own_pods() {
    differs(
        WEB,
        "matchLabels: {app: web}",
        "matchLabels: {app: wob}",
        "6 the selector of Deployment a/web does not match the labels of its own pods",
    );
}

const STATEFUL_SET: &str = "apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: nodes
  selector: {matchLabels: {app: db}}
  template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db}]}}
";

const NODES: &str =
    "apiVersion: v1\nkind: Service\nmetadata: {name: nodes}\nspec: {clusterIP: None, selector: {app: db}}\n";

#[test]
fn a_stateful_set_without_its_service() {
    let mistake = "5 StatefulSet a/db gives its pods names under Service a/node, which is not in the directory";
    differs(
        &beside(STATEFUL_SET, NODES),
        "serviceName: nodes",
        "serviceName: node",
        mistake,
    );
}

#[test]
fn a_binding_to_nothing() {
    let role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: web}\nrules: []\n";
    let binding = "apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: web}
subjects: [{kind: ServiceAccount, name: web}, {kind: User, name: me, apiGroup: rbac.authorization.k8s.io}]
";
    let right = [role, ACCOUNT, binding].join("---\n");
    differs(
        &right,
        "kind: Role, name: web",
        "kind: Role, name: wob",
        "4 RoleBinding a/web grants Role a/wob, which is not in the directory",
    );
    differs(
        &right,
        "kind: ServiceAccount, name: web",
        "kind: ServiceAccount, name: wob",
        "5 RoleBinding a/web is for ServiceAccount a/wob, which is not in the directory",
    );
    let cluster = right.replace("kind: Role, name: web", "kind: ClusterRole, name: view");
    differs(
        &cluster,
        "name: view",
        "name: veiw",
        "4 RoleBinding a/web grants ClusterRole veiw, which is not in the directory",
    );
    assert_eq!(found(&cluster.replace("name: view", "name: system:node")), [""; 0]);
}

#[test]
fn an_autoscaler_of_nothing() {
    let mistake = "4 HorizontalPodAutoscaler a/web scales Deployment a/wob, which is not in the directory";
    differs(
        &with(&[AUTOSCALER]),
        "kind: Deployment, name: web",
        "kind: Deployment, name: wob",
        mistake,
    );
}

#[test]
fn a_dependency_on_nothing() {
    let annotated = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b, annotations: {config.kubernetes.io/depends-on: /namespaces/a/ConfigMap/settings}}\n";
    let right = beside(SETTINGS, annotated);
    differs(
        &right,
        "ConfigMap/settings",
        "ConfigMap/setting",
        "3 ConfigMap a/b depends on /namespaces/a/ConfigMap/setting, which is not in the directory",
    );
    differs(
        &right,
        "/namespaces/a/ConfigMap/settings",
        "settings",
        "3 `settings` is not a reference to an object",
    );
}

/// The ExternalSecret of the guide of External Secrets.
const EXTERNAL: &str = "apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: example
spec:
  refreshInterval: 1h0m0s
  secretStoreRef:
    name: secretstore-sample
    kind: SecretStore
  target:
    name: secret-to-be-created
    creationPolicy: Owner
  data:
  - secretKey: secret-key-to-be-managed
    remoteRef:
      key: provider-key
      version: provider-key-version
      property: provider-key-property
  dataFrom:
  - extract:
      key: remote-key-in-the-provider
";

/// The SealedSecret of the README of Sealed Secrets, but for its namespace.
const SEALED: &str = "apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: mysecret
  namespace: a
spec:
  encryptedData:
    foo: AgBy3i4OJSWK+PiTySYZZA9rO43cGDEq.....
";

/// What is found of a workload that reads this Secret, beside an object that may bring it.
fn reads_beside(secret: &str, maker: &str) -> Vec<String> {
    let web = container(&format!("envFrom: [{{secretRef: {{name: {secret}}}}}]"));
    let is_about_it = |said: &String| said.contains("reads Secret");
    found(&beside(&web, maker)).into_iter().filter(is_about_it).collect()
}

#[test]
fn an_external_secret_brings_the_secret_that_its_target_names_and_no_other() {
    assert_eq!(reads_beside("secret-to-be-created", EXTERNAL), [""; 0]);
    // Neither its own name nor another that stands in it.
    for other in ["example", "provider-key"] {
        assert_eq!(reads_beside(other, EXTERNAL).len(), 1, "{other}");
    }
    let unnamed = EXTERNAL.replace("    name: secret-to-be-created\n", "");
    assert_eq!(reads_beside("example", &unnamed), [""; 0]);
    let merged = EXTERNAL.replace("Owner", "Merge");
    assert_eq!(reads_beside("secret-to-be-created", &merged).len(), 1);
}

#[test]
fn a_sealed_secret_brings_the_secret_of_its_own_name() {
    assert_eq!(reads_beside("mysecret", SEALED), [""; 0]);
    let template = format!("{SEALED}  template:\n    metadata:\n      name: another\n");
    assert_eq!(reads_beside("mysecret", &template), [""; 0]);
    assert_eq!(reads_beside("another", &template).len(), 1);
    assert_eq!(
        reads_beside("mysecret", &SEALED.replace("namespace: a", "namespace: b")).len(),
        1
    );
}
