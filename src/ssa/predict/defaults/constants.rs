//! The defaults that depend on nothing, by type.

/// The name of the API group of roles.
pub(super) const RBAC: &str = "rbac.authorization.k8s.io";

/// A default that depends on nothing.
#[derive(Debug, Clone, Copy)]
pub(super) enum Constant {
    /// A text.
    Text(&'static str),
    /// A whole number.
    Number(i64),
    /// Yes or no.
    Flag(bool),
    /// A structure in which nothing is set.
    Empty,
}

use Constant::{Empty, Flag, Number, Text};

/// The fields of one type, each with its default.
pub(super) type Fields = &'static [(&'static str, Constant)];

/// The defaults of a type, by its name without `io.k8s.api.`.
pub(super) fn of_type(name: &str) -> Fields {
    let found = TYPES.iter().find(|(of, _)| *of == name);
    found.map(|(_, fields)| *fields).unwrap_or_default()
}

const TYPES: &[(&str, Fields)] = &[
    (
        "core.v1.PodSpec",
        &[
            ("dnsPolicy", Text("ClusterFirst")),
            ("restartPolicy", Text("Always")),
            ("schedulerName", Text("default-scheduler")),
            ("securityContext", Empty),
            ("terminationGracePeriodSeconds", Number(30)),
        ],
    ),
    (
        "core.v1.Container",
        &[
            ("terminationMessagePath", Text("/dev/termination-log")),
            ("terminationMessagePolicy", Text("File")),
        ],
    ),
    (
        "core.v1.EphemeralContainer",
        &[
            ("terminationMessagePath", Text("/dev/termination-log")),
            ("terminationMessagePolicy", Text("File")),
        ],
    ),
    ("core.v1.GRPCAction", &[("service", Text(""))]),
    ("core.v1.ReplicationControllerSpec", &[("replicas", Number(1))]),
    (
        "core.v1.Probe",
        &[
            ("failureThreshold", Number(3)),
            ("periodSeconds", Number(10)),
            ("successThreshold", Number(1)),
            ("timeoutSeconds", Number(1)),
        ],
    ),
    (
        "core.v1.HTTPGetAction",
        &[("path", Text("/")), ("scheme", Text("HTTP"))],
    ),
    ("core.v1.ObjectFieldSelector", &[("apiVersion", Text("v1"))]),
    ("core.v1.ResourceFieldSelector", &[("divisor", Text("0"))]),
    ("core.v1.SecretVolumeSource", &[("defaultMode", Number(0o644))]),
    ("core.v1.ConfigMapVolumeSource", &[("defaultMode", Number(0o644))]),
    ("core.v1.DownwardAPIVolumeSource", &[("defaultMode", Number(0o644))]),
    ("core.v1.ProjectedVolumeSource", &[("defaultMode", Number(0o644))]),
    (
        "core.v1.ServiceAccountTokenProjection",
        &[("expirationSeconds", Number(3600))],
    ),
    ("core.v1.HostPathVolumeSource", &[("type", Text(""))]),
    ("core.v1.Secret", &[("type", Text("Opaque"))]),
    (
        "core.v1.PersistentVolumeClaimSpec",
        &[("volumeMode", Text("Filesystem"))],
    ),
    (
        "core.v1.PersistentVolumeSpec",
        &[
            ("persistentVolumeReclaimPolicy", Text("Retain")),
            ("volumeMode", Text("Filesystem")),
        ],
    ),
    ("core.v1.EndpointPort", &[("protocol", Text("TCP"))]),
    (
        "core.v1.ServiceSpec",
        &[("sessionAffinity", Text("None")), ("type", Text("ClusterIP"))],
    ),
    (
        "apps.v1.DeploymentSpec",
        &[
            ("progressDeadlineSeconds", Number(600)),
            ("replicas", Number(1)),
            ("revisionHistoryLimit", Number(10)),
            ("strategy", Empty),
        ],
    ),
    ("apps.v1.ReplicaSetSpec", &[("replicas", Number(1))]),
    (
        "apps.v1.DaemonSetSpec",
        &[("revisionHistoryLimit", Number(10)), ("updateStrategy", Empty)],
    ),
    (
        "apps.v1.StatefulSetSpec",
        &[
            ("persistentVolumeClaimRetentionPolicy", Empty),
            ("podManagementPolicy", Text("OrderedReady")),
            ("replicas", Number(1)),
            ("revisionHistoryLimit", Number(10)),
            ("updateStrategy", Empty),
        ],
    ),
    (
        "apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy",
        &[("whenDeleted", Text("Retain")), ("whenScaled", Text("Retain"))],
    ),
    ("apps.v1.DeploymentStrategy", &[("type", Text("RollingUpdate"))]),
    ("apps.v1.DaemonSetUpdateStrategy", &[("type", Text("RollingUpdate"))]),
    (
        "apps.v1.RollingUpdateDeployment",
        &[("maxSurge", Text("25%")), ("maxUnavailable", Text("25%"))],
    ),
    (
        "apps.v1.RollingUpdateDaemonSet",
        &[("maxSurge", Number(0)), ("maxUnavailable", Number(1))],
    ),
    (
        "apps.v1.RollingUpdateStatefulSetStrategy",
        &[("maxUnavailable", Number(1)), ("partition", Number(0))],
    ),
    (
        "batch.v1.CronJobSpec",
        &[
            ("concurrencyPolicy", Text("Allow")),
            ("failedJobsHistoryLimit", Number(1)),
            ("successfulJobsHistoryLimit", Number(3)),
            ("suspend", Flag(false)),
        ],
    ),
    (
        "batch.v1.PodFailurePolicyOnPodConditionsPattern",
        &[("status", Text("True"))],
    ),
    (
        "autoscaling.v1.HorizontalPodAutoscalerSpec",
        &[
            ("minReplicas", Number(1)),
            ("targetCPUUtilizationPercentage", Number(80)),
        ],
    ),
    (
        "autoscaling.v2.HorizontalPodAutoscalerSpec",
        &[("minReplicas", Number(1))],
    ),
    ("networking.v1.NetworkPolicyPort", &[("protocol", Text("TCP"))]),
    (
        "networking.v1.IngressClassParametersReference",
        &[("scope", Text("Cluster"))],
    ),
    ("rbac.v1.RoleRef", &[("apiGroup", Text(RBAC))]),
    (
        "storage.v1.StorageClass",
        &[
            ("reclaimPolicy", Text("Delete")),
            ("volumeBindingMode", Text("Immediate")),
        ],
    ),
    (
        "storage.v1.CSIDriverSpec",
        &[
            ("attachRequired", Flag(true)),
            ("fsGroupPolicy", Text("ReadWriteOnceWithFSType")),
            ("podInfoOnMount", Flag(false)),
            ("preventPodSchedulingIfMissing", Flag(false)),
            ("requiresRepublish", Flag(false)),
            ("seLinuxMount", Flag(false)),
            ("storageCapacity", Flag(false)),
        ],
    ),
    (
        "admissionregistration.v1.ValidatingWebhook",
        &[
            ("failurePolicy", Text("Fail")),
            ("matchPolicy", Text("Equivalent")),
            ("namespaceSelector", Empty),
            ("objectSelector", Empty),
            ("timeoutSeconds", Number(10)),
        ],
    ),
    (
        "admissionregistration.v1.MutatingWebhook",
        &[
            ("failurePolicy", Text("Fail")),
            ("matchPolicy", Text("Equivalent")),
            ("namespaceSelector", Empty),
            ("objectSelector", Empty),
            ("reinvocationPolicy", Text("Never")),
            ("timeoutSeconds", Number(10)),
        ],
    ),
    ("admissionregistration.v1.RuleWithOperations", &[("scope", Text("*"))]),
    (
        "admissionregistration.v1.NamedRuleWithOperations",
        &[("scope", Text("*"))],
    ),
    ("admissionregistration.v1.ServiceReference", &[("port", Number(443))]),
    (
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ServiceReference",
        &[("port", Number(443))],
    ),
    (
        "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.ServiceReference",
        &[("port", Number(443))],
    ),
    (
        "flowcontrol.v1.ExemptPriorityLevelConfiguration",
        &[("lendablePercent", Number(0)), ("nominalConcurrencyShares", Number(0))],
    ),
    (
        "flowcontrol.v1.LimitedPriorityLevelConfiguration",
        &[("lendablePercent", Number(0)), ("nominalConcurrencyShares", Number(30))],
    ),
    (
        "flowcontrol.v1.QueuingConfiguration",
        &[
            ("handSize", Number(8)),
            ("queueLengthLimit", Number(50)),
            ("queues", Number(64)),
        ],
    ),
    (
        "admissionregistration.v1.ValidatingAdmissionPolicySpec",
        &[("failurePolicy", Text("Fail"))],
    ),
    (
        "admissionregistration.v1.MutatingAdmissionPolicySpec",
        &[("failurePolicy", Text("Fail"))],
    ),
    (
        "admissionregistration.v1.MatchResources",
        &[
            ("matchPolicy", Text("Equivalent")),
            ("namespaceSelector", Empty),
            ("objectSelector", Empty),
        ],
    ),
    (
        "discovery.v1.EndpointPort",
        &[("name", Text("")), ("protocol", Text("TCP"))],
    ),
    (
        "scheduling.v1.PriorityClass",
        &[("preemptionPolicy", Text("PreemptLowerPriority"))],
    ),
];
