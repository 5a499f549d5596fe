package main

import (
	_ "embed"
	"strings"

	nodestages "sigs.k8s.io/kwok/kustomize/stage/node/fast"
	heartbeatstages "sigs.k8s.io/kwok/kustomize/stage/node/heartbeat-with-lease"
	podstages "sigs.k8s.io/kwok/kustomize/stage/pod/fast"
)

// ownStages are those that kwok's module has no Go package for.
//
//go:embed stages.yaml
var ownStages string

// stages tells kwok what becomes of each object: nodes are ready and stay so,
// pods run at once, those of jobs complete, and deleted ones go.
func stages() string {
	return strings.Join([]string{
		nodestages.DefaultNodeInit,
		heartbeatstages.DefaultNodeHeartbeatWithLease,
		podstages.DefaultPodReady,
		podstages.DefaultPodComplete,
		podstages.DefaultPodDelete,
		ownStages,
	}, "\n---\n")
}
