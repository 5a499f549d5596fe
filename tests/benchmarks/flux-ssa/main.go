// Command flux-ssa compares and applies manifests with the library that Flux' controllers use,
// github.com/fluxcd/pkg/ssa, for the benchmark benchmark-scale.
//
//	flux-ssa diff FOLDER
//	flux-ssa apply FOLDER
//
// It reads every .yaml file below FOLDER, and the kubeconfig that KUBECONFIG names. Up to 16 objects are
// asked about at once, and no limit of the client's own slows it down. It prints how many objects there
// were for each outcome. Its exit code is 0 when diff finds nothing to change and when apply applied
// everything, 1 when diff finds something, and 2 when it failed.
package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/fluxcd/cli-utils/pkg/kstatus/polling"
	"github.com/fluxcd/pkg/ssa"
	"github.com/fluxcd/pkg/ssa/utils"
	"github.com/go-logr/logr"
	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// concurrency is how many objects are asked about at once: as many as stackanetes has under way.
const concurrency = 16

// outcomes counts objects by what became of them, or would.
type outcomes map[ssa.Action]int

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: flux-ssa diff|apply FOLDER")
		os.Exit(2)
	}
	found, err := run(context.Background(), os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		os.Exit(2)
	}
	changes := 0
	for action, count := range found {
		fmt.Printf("%s %d\n", action, count)
		if action != ssa.UnchangedAction {
			changes += count
		}
	}
	if os.Args[1] == "diff" && changes > 0 {
		os.Exit(1)
	}
}

func run(ctx context.Context, command, folder string) (outcomes, error) {
	log.SetLogger(logr.Discard())
	objects, err := read(folder)
	if err != nil {
		return nil, err
	}
	manager, err := connect()
	if err != nil {
		return nil, err
	}
	switch command {
	case "diff":
		return diff(ctx, manager, objects)
	case "apply":
		return apply(ctx, manager, objects)
	}
	return nil, fmt.Errorf("unknown command %q: must be diff or apply", command)
}

// read returns the objects of all .yaml files below folder.
func read(folder string) ([]*unstructured.Unstructured, error) {
	var objects []*unstructured.Unstructured
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".yaml" {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		some, err := utils.ReadObjects(file)
		objects = append(objects, some...)
		return err
	})
	return objects, err
}

func connect() (*ssa.ResourceManager, error) {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return nil, err
	}
	config.QPS = -1
	http, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	mapper, err := apiutil.NewDynamicRESTMapper(config, http)
	if err != nil {
		return nil, err
	}
	kubernetes, err := client.New(config, client.Options{HTTPClient: http, Mapper: mapper})
	if err != nil {
		return nil, err
	}
	poller := polling.NewStatusPoller(kubernetes, mapper, polling.Options{})
	manager := ssa.NewResourceManager(kubernetes, poller, ssa.Owner{Field: "flux-ssa", Group: "flux-ssa.example.com"})
	manager.SetConcurrency(concurrency)
	return manager, nil
}

// diff asks about each object; the library itself asks about one at a time.
func diff(ctx context.Context, manager *ssa.ResourceManager, objects []*unstructured.Unstructured) (outcomes, error) {
	found := outcomes{}
	var lock sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(concurrency)
	for _, object := range objects {
		group.Go(func() error {
			entry, _, _, err := manager.Diff(ctx, object, ssa.DefaultDiffOptions())
			if err != nil {
				return err
			}
			lock.Lock()
			defer lock.Unlock()
			found[entry.Action]++
			return nil
		})
	}
	return found, group.Wait()
}

// apply applies namespaces first, and then everything else.
func apply(ctx context.Context, manager *ssa.ResourceManager, objects []*unstructured.Unstructured) (outcomes, error) {
	set, err := manager.ApplyAllStaged(ctx, objects, ssa.DefaultApplyOptions())
	if err != nil {
		return nil, err
	}
	done := outcomes{}
	for _, entry := range set.Entries {
		done[entry.Action]++
	}
	return done, nil
}
