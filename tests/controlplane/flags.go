package main

import "fmt"

// The flags of each program: what makes it quick, alone on the loopback
// interface, and otherwise as Kubernetes ships it.

func (p *controlPlane) etcdFlags() []string {
	client := fmt.Sprintf("http://127.0.0.1:%d", p.ports.etcd)
	peer := fmt.Sprintf("http://127.0.0.1:%d", p.ports.etcdPeer)
	return []string{
		"--data-dir=" + p.files.path("etcd"),
		"--listen-client-urls=" + client,
		"--advertise-client-urls=" + client,
		"--listen-peer-urls=" + peer,
		"--initial-advertise-peer-urls=" + peer,
		"--initial-cluster=default=" + peer,
		"--unsafe-no-fsync",
		// There is nobody else to elect, so no reason to wait long for a vote.
		"--heartbeat-interval=10",
		"--election-timeout=100",
		"--log-level=warn",
	}
}

func (p *controlPlane) apiServerFlags() []string {
	return []string{
		fmt.Sprintf("--etcd-servers=http://127.0.0.1:%d", p.ports.etcd),
		"--bind-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", p.ports.apiServer),
		"--tls-cert-file=" + p.files.path(servingCertFile),
		"--tls-private-key-file=" + p.files.path(servingKeyFile),
		"--token-auth-file=" + p.files.path(tokensFile),
		"--authorization-mode=RBAC",
		"--allow-privileged=true",
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + p.files.path(serviceAccountKeyFile),
		"--service-account-signing-key-file=" + p.files.path(serviceAccountKeyFile),
		"--service-cluster-ip-range=10.96.0.0/16",
		// The address could not stand in an endpoint: it is a loopback one.
		"--advertise-address=127.0.0.1",
		"--endpoint-reconciler-type=none",
		// Blocking, so that a request that was answered stands in the log;
		// in one file, however long it gets.
		"--audit-policy-file=" + p.files.path(auditPolicyFile),
		"--audit-log-path=" + p.files.path(auditLogFile),
		"--audit-log-mode=blocking",
		"--audit-log-maxsize=0",
		"--profiling=false",
	}
}

func (p *controlPlane) controllerManagerFlags() []string {
	controllers := "*,-node-ipam-controller"
	if p.options.form == formBare {
		controllers = "garbage-collector-controller,namespace-controller,serviceaccount-controller"
	}
	return append([]string{
		"--controllers=" + controllers,
		"--service-account-private-key-file=" + p.files.path(serviceAccountKeyFile),
		"--root-ca-file=" + p.files.path(caFile),
		// It makes this directory, which would otherwise be one of the system.
		"--flex-volume-plugin-dir=" + p.files.path("flexvolume"),
		"--profiling=false",
	}, p.clientFlags("system:kube-controller-manager")...)
}

func (p *controlPlane) schedulerFlags() []string {
	return append([]string{"--profiling=false"}, p.clientFlags("system:kube-scheduler")...)
}

// clientFlags are what the controller manager and the scheduler share: no
// port, no election, and no limit on requests that a test would notice.
func (p *controlPlane) clientFlags(user string) []string {
	return []string{
		"--kubeconfig=" + p.files.kubeconfig(user),
		"--secure-port=0",
		"--leader-elect=false",
		"--kube-api-qps=1000",
		"--kube-api-burst=2000",
	}
}

func (p *controlPlane) kwokFlags() []string {
	return []string{
		"--kubeconfig=" + p.files.kubeconfig("kwok"),
		"--config=" + p.files.path(stagesFile),
		"--manage-all-nodes=true",
		"--node-lease-duration-seconds=40",
		"--cidr=10.64.0.0/16",
	}
}
