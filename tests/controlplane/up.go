package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

// startTimeout is far more than a start takes, so that a machine with much
// else to do still succeeds.
const startTimeout = 3 * time.Minute

// errEnded is why a control plane ends when nothing went wrong.
var errEnded = errors.New("ended")

// report is what up prints, as one line of JSON, once the control plane can
// be used. All paths are absolute.
type report struct {
	// Server is the URL of the API server.
	Server string `json:"server"`
	// CA is a file: the certificate that the API server's one is signed by.
	CA string `json:"ca"`
	// AdminKubeconfig is a file.
	AdminKubeconfig string `json:"adminKubeconfig"`
	// AuditLog is a file that has one event a line.
	AuditLog string `json:"auditLog"`
	// Users is a file: the users that tests may take, with their tokens.
	Users string `json:"users"`
	// PIDs holds the process id of each program by its name.
	PIDs map[string]int `json:"pids"`
}

// up starts a control plane, reports on it, and ends it when standard input
// does. Each line there is the name of a program to kill and start again,
// after which the control plane is reported on once more. Whoever started
// this process holds the other end of standard input, so the control plane
// never outlives them, however they end.
func up() int {
	// On Linux the children are killed when the thread that started them
	// ends, and this thread lasts as long as the process.
	runtime.LockOSThread()

	options, err := parseOptions()
	if err != nil {
		return 2 // the flag package has said why
	}
	if err := run(options); err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		return 1
	}
	return 0
}

func parseOptions() (options, error) {
	var o options
	flags := flag.NewFlagSet("controlplane up", flag.ContinueOnError)
	flags.StringVar(&o.dir, "dir", "", "new `directory` for everything the control plane writes; removed at its end")
	flags.TextVar(&o.form, "form", formBare, "which `form`: bare (API server, garbage collection, namespaces) or full (all controllers, scheduler, two nodes)")
	flags.StringVar(&o.assets, "assets", "", "`directory` with programs to run instead of the ones in this program")
	if err := flags.Parse(os.Args[1:]); err != nil {
		return o, err
	}
	if o.dir == "" {
		fmt.Fprintln(os.Stderr, "error: --dir is required")
		return o, errors.New("--dir is required")
	}
	return o, nil
}

// run returns nil when the control plane ended because it was told to.
func run(o options) error {
	ctx, end := context.WithCancelCause(context.Background())
	endOnSignal(end)

	files, err := newFiles(o.dir)
	if err != nil {
		return err
	}
	plane := &controlPlane{options: o, files: files, children: newChildren(files, end)}
	restarts := readStandardInput(end)
	starting := plane.endUnlessReady(end)
	err = plane.start(ctx)
	starting.Stop()
	if err == nil {
		err = plane.serve(ctx, end, restarts)
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx) // says more than what it interrupted
	}
	plane.children.stop()
	if errors.Is(err, errEnded) {
		return os.RemoveAll(files.dir)
	}
	return err
}

// endUnlessReady ends the control plane after startTimeout. Whoever starts
// something stops the timer once it is ready.
func (p *controlPlane) endUnlessReady(end context.CancelCauseFunc) *time.Timer {
	return time.AfterFunc(startTimeout, func() {
		end(fmt.Errorf("not ready after %v; the logs are in %s", startTimeout, p.files.dir))
	})
}

// endOnSignal ends the control plane on Ctrl-C and the like.
func endOnSignal(end context.CancelCauseFunc) {
	signal.Ignore(syscall.SIGPIPE) // an error message nobody reads is no reason to die
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		<-signals
		end(errEnded)
	}()
}

// serve reports on the control plane, and restarts what it is told to, until it
// is to end.
func (p *controlPlane) serve(ctx context.Context, end context.CancelCauseFunc, restarts <-chan string) error {
	reports := json.NewEncoder(os.Stdout)
	for {
		if err := reports.Encode(p.report()); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case name := <-restarts:
			starting := p.endUnlessReady(end)
			err := p.restart(ctx, name)
			starting.Stop()
			if err != nil {
				return err
			}
		}
	}
}

// readStandardInput gives the lines of standard input, at whose end the control
// plane ends.
func readStandardInput(end context.CancelCauseFunc) <-chan string {
	lines := make(chan string)
	go func() {
		input := bufio.NewScanner(os.Stdin)
		for input.Scan() {
			lines <- input.Text()
		}
		end(errEnded) // unreadable is as good as ended
	}()
	return lines
}
