package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
)

// ports are the loopback ports that a control plane listens on.
type ports struct {
	etcd      int
	etcdPeer  int
	apiServer int
}

// Ports are taken from below the range that outgoing connections get theirs
// from, so that none of those can take one between the choice and its use.
const (
	lowestPort  = 10_000
	highestPort = 32_000
)

// freePorts chooses at random, so that control planes that start at the same
// time hardly ever choose the same.
func freePorts() (ports, error) {
	var free []int
	var listeners []net.Listener // kept until all are chosen, so that all differ
	defer func() {
		for _, listener := range listeners {
			listener.Close()
		}
	}()
	for range 1000 {
		port := lowestPort + rand.IntN(highestPort-lowestPort)
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		listeners = append(listeners, listener)
		free = append(free, port)
		if len(free) == 3 {
			return ports{etcd: free[0], etcdPeer: free[1], apiServer: free[2]}, nil
		}
	}
	return ports{}, errors.New("failed to find free ports on 127.0.0.1")
}
