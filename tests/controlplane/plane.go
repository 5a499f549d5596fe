package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/client-go/tools/clientcmd"
)

// form says how much of a control plane there is.
type form string

const (
	// formBare is for tests that need only the API: objects that are
	// deleted go, namespaces end, and nothing else moves.
	formBare form = "bare"
	// formFull is for tests that wait for workloads: all controllers, a
	// scheduler, and two nodes on which pods seem to run.
	formFull form = "full"
)

func (f form) MarshalText() ([]byte, error) {
	return []byte(f), nil
}

func (f *form) UnmarshalText(text []byte) error {
	switch named := form(text); named {
	case formBare, formFull:
		*f = named
		return nil
	}
	return fmt.Errorf("must be %s or %s", formBare, formFull)
}

// options is what the command line of up says.
type options struct {
	dir    string
	form   form
	assets string
}

// controlPlane is one that runs, or is being started.
type controlPlane struct {
	options  options
	files    files
	ports    ports
	children *children
	cluster  *cluster
}

// start returns when the control plane can be used.
func (p *controlPlane) start(ctx context.Context) error {
	var err error
	if p.ports, err = freePorts(); err != nil {
		return err
	}
	if err := p.writeFiles(); err != nil {
		return err
	}

	if err := p.run("etcd", p.etcdFlags()); err != nil {
		return err
	}
	if err := waitForEtcd(ctx, p.ports.etcd); err != nil {
		return err
	}

	if err := p.run("kube-apiserver", p.apiServerFlags()); err != nil {
		return err
	}
	config, err := clientcmd.BuildConfigFromFlags("", p.files.kubeconfig("admin"))
	if err != nil {
		return err
	}
	cluster, err := newCluster(config)
	if err != nil {
		return err
	}
	p.cluster = cluster
	if err := cluster.waitForAPIServer(ctx); err != nil {
		return err
	}

	if err := p.run("kube-controller-manager", p.controllerManagerFlags()); err != nil {
		return err
	}
	if p.options.form == formFull {
		if err := p.run("kube-scheduler", p.schedulerFlags()); err != nil {
			return err
		}
		if err := p.run("kwok", p.kwokFlags()); err != nil {
			return err
		}
		if err := cluster.createNodes(ctx); err != nil {
			return err
		}
		if err := cluster.createStorageClass(ctx); err != nil {
			return err
		}
		if err := cluster.waitForNodes(ctx); err != nil {
			return err
		}
	}
	return cluster.waitForServiceAccount(ctx)
}

// restart kills a program, starts it again, and returns when the API server
// can be used.
func (p *controlPlane) restart(ctx context.Context, name string) error {
	if err := p.children.restart(name); err != nil {
		return err
	}
	if err := waitForEtcd(ctx, p.ports.etcd); err != nil {
		return err
	}
	return p.cluster.waitForAPIServer(ctx)
}

func (p *controlPlane) writeFiles() error {
	if err := writeCertificates(p.files); err != nil {
		return err
	}
	if err := writeUsers(p.files, p.server()); err != nil {
		return err
	}
	if err := p.files.write(stagesFile, []byte(stages())); err != nil {
		return err
	}
	return p.files.write(auditPolicyFile, auditPolicy)
}

// run starts a program: the one in the assets directory, if there is one of
// that name, or the one in this program.
func (p *controlPlane) run(name string, flags []string) error {
	if p.options.assets != "" {
		asset, err := filepath.Abs(filepath.Join(p.options.assets, name))
		if err != nil {
			return err
		}
		if _, err := os.Stat(asset); err == nil {
			return p.children.start(name, append([]string{asset}, flags...))
		}
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return p.children.start(name, append([]string{self, name}, flags...))
}

func (p *controlPlane) server() string {
	return fmt.Sprintf("https://127.0.0.1:%d", p.ports.apiServer)
}

func (p *controlPlane) report() report {
	return report{
		Server:          p.server(),
		CA:              p.files.path(caFile),
		AdminKubeconfig: p.files.kubeconfig("admin"),
		AuditLog:        p.files.path(auditLogFile),
		Users:           p.files.path(usersFile),
		PIDs:            p.children.pids(),
	}
}
