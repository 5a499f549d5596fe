package main

import "syscall"

// childAttributes puts a child into a process group of its own, so that Ctrl-C
// reaches up alone, and has the kernel kill it when up is gone.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
