package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// stopTimeout is how long a child may take to end before it is killed.
const stopTimeout = 2 * time.Second

// loggedLines is how much of a log is shown when its child has died.
const loggedLines = 20

// children are the running programs of a control plane.
type children struct {
	files   files
	died    context.CancelCauseFunc
	started []*child
}

type child struct {
	name    string
	command []string
	process *os.Process
	exited  chan struct{}
	// isToEnd is set before a child is killed that is started again.
	isToEnd atomic.Bool
}

// newChildren makes an empty set. died is called when a child ends unasked.
func newChildren(files files, died context.CancelCauseFunc) *children {
	return &children{files: files, died: died}
}

// start runs a program with a clean environment, so that nothing on this
// machine (proxies, kubeconfigs, ETCD_ variables) changes what it does.
func (c *children) start(name string, command []string) error {
	path := c.files.log(name)
	log, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()

	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = c.files.dir
	cmd.Env = []string{"HOME=" + c.files.dir, "TMPDIR=" + c.files.dir}
	cmd.Stdout = log
	cmd.Stderr = log
	cmd.SysProcAttr = childAttributes()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("failed to start %s: %w", name, err)
	}

	started := &child{name: name, command: command, process: cmd.Process, exited: make(chan struct{})}
	c.started = append(c.started, started)
	go func() {
		err := cmd.Wait()
		close(started.exited)
		if started.isToEnd.Load() {
			return
		}
		c.died(fmt.Errorf("%s ended (%s); the last lines of %s:\n%s", name, exitText(err), path, lastLines(path)))
	}()
	return nil
}

// restart kills the running child of this name, as a machine that loses its
// power does, and starts it again with the same arguments. It must be called
// by the thread that starts children.
func (c *children) restart(name string) error {
	i := slices.IndexFunc(c.started, func(child *child) bool { return child.name == name })
	if i < 0 {
		return fmt.Errorf("there is no %s to restart", name)
	}
	old := c.started[i]
	old.isToEnd.Store(true)
	if err := old.process.Kill(); err != nil {
		return fmt.Errorf("failed to kill %s: %w", name, err)
	}
	<-old.exited
	c.started = slices.Delete(c.started, i, i+1)
	return c.start(name, old.command)
}

func exitText(err error) string {
	if err == nil {
		return "exit status 0"
	}
	return err.Error()
}

func lastLines(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-loggedLines):], "\n")
}

// pids gives the process ids by program name.
func (c *children) pids() map[string]int {
	pids := map[string]int{}
	for _, child := range c.started {
		pids[child.name] = child.process.Pid
	}
	return pids
}

// stop ends all children, and etcd after the others: an API server that has
// lost its etcd does not end when asked.
func (c *children) stop() {
	var others []*child
	var store []*child
	for _, child := range c.started {
		if child.name == "etcd" {
			store = append(store, child)
		} else {
			others = append(others, child)
		}
	}
	stopAll(others)
	stopAll(store)
}

// stopAll asks all to end at once, and kills those that take too long.
func stopAll(children []*child) {
	for _, child := range children {
		_ = child.process.Signal(syscall.SIGTERM) // fails only if it has ended
	}
	timeout := time.After(stopTimeout)
	for _, child := range children {
		select {
		case <-child.exited:
			continue
		case <-timeout:
		}
		for _, child := range children {
			_ = child.process.Kill()
		}
		break
	}
	for _, child := range children {
		<-child.exited
	}
}
