// Command controlplane is a whole Kubernetes control plane in one program,
// for tests: no registry has the server programs, but the Go module proxy has
// their sources.
//
// Its first argument names the program to be: one of Kubernetes' own, with
// that program's arguments, or "up", which starts the others and waits.
//
//	controlplane kubectl get nodes
//	controlplane up --dir DIR --form full
package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// programs holds what the first argument may name. Each reads os.Args and
// gives the exit code.
var programs = map[string]func() int{
	"etcd":                    etcd,
	"kube-apiserver":          kubeAPIServer,
	"kube-controller-manager": kubeControllerManager,
	"kube-scheduler":          kubeScheduler,
	"kubectl":                 kubectl,
	"kwok":                    kwok,
	"up":                      up,
}

func main() {
	if len(os.Args) > 1 {
		if program, known := programs[os.Args[1]]; known {
			// The programs look for their own name in os.Args[0]: it becomes
			// their user agent, and from there the field manager.
			os.Args = os.Args[1:]
			os.Exit(program())
		}
	}
	names := slices.Sorted(maps.Keys(programs))
	fmt.Fprintf(os.Stderr, "usage: controlplane %s [ARGUMENT...]\n", strings.Join(names, "|"))
	os.Exit(2)
}
