package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// pollInterval is short: tests wait for what is waited for here.
const pollInterval = 25 * time.Millisecond

// nodes are those of a full control plane: one for each label that OpenStack's
// pods select nodes by. The addresses are from a range for documentation.
var nodes = []struct{ name, label, address string }{
	{"control-plane-0", "openstack-control-plane", "192.0.2.1"},
	{"compute-0", "openstack-compute-node", "192.0.2.2"},
}

// cluster is the API server as its admin sees it.
type cluster struct {
	client kubernetes.Interface
}

func newCluster(config *rest.Config) (*cluster, error) {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return &cluster{client: client}, nil
}

// waitForEtcd waits until etcd answers, because an API server that asks too
// early waits a whole second before it asks again.
func waitForEtcd(ctx context.Context, port int) error {
	url := fmt.Sprintf("http://127.0.0.1:%d/readyz", port)
	return poll(ctx, func() bool {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return false
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
}

// waitForAPIServer waits until the API server is ready, which includes the
// roles it makes at its first start, and has made the default namespace.
func (c *cluster) waitForAPIServer(ctx context.Context) error {
	err := poll(ctx, func() bool {
		return c.client.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error() == nil
	})
	if err != nil {
		return err
	}
	return poll(ctx, func() bool {
		_, err := c.client.CoreV1().Namespaces().Get(ctx, metav1.NamespaceDefault, metav1.GetOptions{})
		return err == nil
	})
}

// waitForServiceAccount waits until pods are admitted to the default
// namespace: they need its default ServiceAccount, which a controller makes.
func (c *cluster) waitForServiceAccount(ctx context.Context) error {
	return poll(ctx, func() bool {
		_, err := c.client.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
		return err == nil
	})
}

func (c *cluster) createNodes(ctx context.Context) error {
	for _, wanted := range nodes {
		node := &corev1.Node{
			ObjectMeta: metav1.ObjectMeta{
				Name: wanted.name,
				Labels: map[string]string{
					wanted.label:           "enabled",
					corev1.LabelHostname:   wanted.name,
					corev1.LabelOSStable:   "linux",
					corev1.LabelArchStable: "amd64",
				},
			},
			Status: corev1.NodeStatus{Addresses: []corev1.NodeAddress{
				{Type: corev1.NodeInternalIP, Address: wanted.address},
				{Type: corev1.NodeHostName, Address: wanted.name},
			}},
		}
		if _, err := c.client.CoreV1().Nodes().Create(ctx, node, metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("failed to create node %s: %w", wanted.name, err)
		}
	}
	return nil
}

// waitForNodes waits until pods can be scheduled to all nodes: they are ready,
// and the taint they had before is gone.
func (c *cluster) waitForNodes(ctx context.Context) error {
	return poll(ctx, func() bool {
		list, err := c.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
		if err != nil {
			return false
		}
		ready := 0
		for _, node := range list.Items {
			if isReady(&node) && len(node.Spec.Taints) == 0 {
				ready++
			}
		}
		return ready == len(nodes)
	})
}

func isReady(node *corev1.Node) bool {
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

// createStorageClass makes the default class for volumes; stages.yaml is what
// provisions them.
func (c *cluster) createStorageClass(ctx context.Context) error {
	class := &storagev1.StorageClass{
		ObjectMeta: metav1.ObjectMeta{
			Name:        "standard",
			Annotations: map[string]string{"storageclass.kubernetes.io/is-default-class": "true"},
		},
		Provisioner: "kwok.x-k8s.io/volume",
	}
	if _, err := c.client.StorageV1().StorageClasses().Create(ctx, class, metav1.CreateOptions{}); err != nil {
		return fmt.Errorf("failed to create storage class %s: %w", class.Name, err)
	}
	return nil
}

// poll asks again and again until the answer is yes, or ctx ends.
func poll(ctx context.Context, isDone func() bool) error {
	for !isDone() {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pollInterval):
		}
	}
	return nil
}
