// Merges and compares objects with the library of the API server, for the benchmark `benchmark-merge`.
//
// Reads a schema (OpenAPI v3) and lines of {"live": …, "config": …}; applies each configuration to its
// live object with force, as the API server does, compares the result with the live object, and prints
// how long that took. The managed fields of each go to a file, so that two programs can be compared.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/merge"
	"sigs.k8s.io/structured-merge-diff/v6/typed"
)

const manager = "ours"

type work struct {
	Live   map[string]any `json:"live"`
	Config map[string]any `json:"config"`
}

func main() {
	if len(os.Args) != 4 {
		fail(fmt.Errorf("usage: %s SCHEMA OBJECTS OWNED", os.Args[0]))
	}
	runtime.GOMAXPROCS(1)
	converter, err := schema(os.Args[1])
	fail(err)
	todo, err := read(os.Args[2])
	fail(err)
	owned := make([][]byte, 0, len(todo))
	changed := 0
	began := time.Now()
	for _, work := range todo {
		fields, changes, err := apply(converter, work)
		fail(err)
		owned = append(owned, fields)
		changed += changes
	}
	took := time.Since(began)
	fail(os.WriteFile(os.Args[3], bytes.Join(owned, []byte("\n")), 0o600))
	fmt.Printf("{\"seconds\": %f, \"changed\": %d, \"peak_kib\": %d}\n", took.Seconds(), changed, peak())
}

// peak is the most memory that this process had, in KiB, where Linux tells it.
func peak() int {
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if rest, found := strings.CutPrefix(line, "VmHWM:"); found {
			var kib int
			_, _ = fmt.Sscan(rest, &kib)
			return kib
		}
	}
	return 0
}

// schema reads the types. The names that it refers to stand alone there.
func schema(path string) (managedfields.TypeConverter, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	text = bytes.ReplaceAll(text, []byte(`"$ref":"`), []byte(`"$ref":"#/components/schemas/`))
	var document struct {
		Components struct {
			Schemas map[string]*spec.Schema `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		return nil, err
	}
	return managedfields.NewTypeConverter(document.Components.Schemas, false)
}

func read(path string) ([]work, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var all []work
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var one work
		decoder := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		decoder.UseNumber()
		if err := decoder.Decode(&one); err != nil {
			return nil, err
		}
		numbers(one.Live)
		numbers(one.Config)
		all = append(all, one)
	}
	return all, lines.Err()
}

// numbers turns the numbers of an object into what the API server holds them as.
func numbers(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key, child := range value {
			value[key] = numbers(child)
		}
	case []any:
		for index, child := range value {
			value[index] = numbers(child)
		}
	case json.Number:
		if whole, err := value.Int64(); err == nil {
			return whole
		}
		float, err := value.Float64()
		fail(err)
		return float
	}
	return value
}

// same takes every object to be of the version that is asked for.
type same struct{}

func (same) Convert(object *typed.TypedValue, _ fieldpath.APIVersion) (*typed.TypedValue, error) {
	return object, nil
}

func (same) IsMissingVersionError(error) bool { return false }

// apply does one apply, and says what the manager owns then and how many fields changed.
func apply(converter managedfields.TypeConverter, work work) ([]byte, int, error) {
	live := &unstructured.Unstructured{Object: work.Live}
	managers, err := managersOf(live)
	if err != nil {
		return nil, 0, err
	}
	// The API server merges the object without its managed fields.
	bare := &unstructured.Unstructured{Object: shallow(work.Live)}
	before, err := converter.ObjectToTyped(bare)
	if err != nil {
		return nil, 0, err
	}
	config, err := converter.ObjectToTyped(&unstructured.Unstructured{Object: work.Config})
	if err != nil {
		return nil, 0, err
	}
	updater := (&merge.UpdaterBuilder{Converter: same{}, ReturnInputOnNoop: true}).BuildUpdater()
	version := fieldpath.APIVersion(live.GetAPIVersion())
	after, managers, err := updater.Apply(before, config, version, managers, manager, true)
	if err != nil {
		return nil, 0, err
	}
	changes, err := before.Compare(after)
	if err != nil {
		return nil, 0, err
	}
	var owned []byte
	for name, fields := range managers {
		text, err := fields.Set().ToJSON()
		if err != nil {
			return nil, 0, err
		}
		if name == manager {
			owned = text
		}
	}
	return owned, changes.Added.Leaves().Size() + changes.Modified.Leaves().Size() + changes.Removed.Leaves().Size(), nil
}

// shallow is the object without its managed fields.
func shallow(object map[string]any) map[string]any {
	copied := make(map[string]any, len(object))
	for key, value := range object {
		copied[key] = value
	}
	metadata := make(map[string]any)
	for key, value := range object["metadata"].(map[string]any) {
		if key != "managedFields" {
			metadata[key] = value
		}
	}
	copied["metadata"] = metadata
	return copied
}

func managersOf(live *unstructured.Unstructured) (fieldpath.ManagedFields, error) {
	managers := fieldpath.ManagedFields{}
	for _, entry := range live.GetManagedFields() {
		set := &fieldpath.Set{}
		if err := set.FromJSON(bytes.NewReader(entry.FieldsV1.Raw)); err != nil {
			return nil, err
		}
		name := entry.Manager
		applied := entry.Operation == "Apply"
		if !applied {
			name = strings.Join([]string{name, string(entry.Operation), entry.Subresource}, "/")
		}
		managers[name] = fieldpath.NewVersionedSet(set, fieldpath.APIVersion(entry.APIVersion), applied)
	}
	return managers, nil
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
