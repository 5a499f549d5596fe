package main

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// files is the directory that holds everything a control plane writes.
type files struct {
	dir string
}

// newFiles makes the directory, which may exist if it is empty, and holds a
// lock on the file "lock" in it for as long as this process lives. Where that
// lock is free, the directory was left behind and may be removed.
func newFiles(dir string) (files, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return files{}, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return files{}, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return files{}, err
	}
	if len(entries) > 0 {
		// It is removed at the end, so it must hold nothing else.
		return files{}, fmt.Errorf("%s is not empty", dir)
	}
	lock, err := syscall.Open(filepath.Join(dir, "lock"), syscall.O_CREAT|syscall.O_RDWR|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return files{}, fmt.Errorf("failed to make a lock file in %s: %w", dir, err)
	}
	if err := syscall.Flock(lock, syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return files{}, fmt.Errorf("%s is in use: %w", dir, err)
	}
	return files{dir: dir}, nil
}

// path is where the file of this name is or will be.
func (f files) path(name string) string {
	return filepath.Join(f.dir, name)
}

// log is where the output of a program goes.
func (f files) log(program string) string {
	return f.path(program + ".log")
}

// kubeconfig is where the kubeconfig of a user is.
func (f files) kubeconfig(user string) string {
	return f.path(user + ".kubeconfig")
}

// write writes a file that only this user may read.
func (f files) write(name string, content []byte) error {
	return os.WriteFile(f.path(name), content, 0o600)
}

// The names of files that more than one component needs.
const (
	caFile                = "ca.crt"
	servingCertFile       = "apiserver.crt"
	servingKeyFile        = "apiserver.key"
	serviceAccountKeyFile = "serviceaccount.key"
	tokensFile            = "tokens.csv"
	usersFile             = "users.json"
	auditPolicyFile       = "audit-policy.yaml"
	auditLogFile          = "audit.log"
	stagesFile            = "stages.yaml"
)

//go:embed audit-policy.yaml
var auditPolicy []byte
