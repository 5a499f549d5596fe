#!/usr/bin/env python3
"""Runs one node of the Galera cluster, and brings the whole cluster back.

A stopped Galera cluster has to be started from one node, and from the one that
committed last: the others throw away what they have more than it. No node can
know alone whether that is itself. So while nothing runs, each says where it
stands to those that ask, and asks all others:

- If one of them runs with a majority, join it.
- If all have answered, and none does, the one that stands furthest starts the
  cluster, of equals the first. All see the same, so all come to the same end.
- As long as one has not answered, wait: it may be the one that stands furthest.

The very first start is no exception: all stand at nothing, so the first makes
the database, and the others copy it.

Should a node be lost for good while the others wait for it, take the loss on
the one that stands furthest (`/state` on port 4569 of each says where):

    kubectl --namespace openstack exec mariadb-1 -- touch /var/lib/mysql/start-alone
"""

import concurrent.futures
import configparser
import hashlib
import http.client
import http.server
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request

CONFIGURATION = "/etc/mysql/galera.cnf"
NAME = os.environ["POD_NAME"]
ADDRESS = os.environ["POD_IP"]
ORDINAL = int(NAME.rpartition("-")[2])
STATE_PORT = 4569
NOTHING = ("00000000-0000-0000-0000-000000000000", -1)
# For how many seconds a node without a majority hopes that it comes back by
# itself, before it takes part in starting the cluster again.
PATIENCE = 30
# For how many seconds a server that has answered before may be silent.
SILENCE = 60

settings = configparser.ConfigParser(allow_no_value=True, interpolation=None)
settings.read(CONFIGURATION)
DATA = pathlib.Path(settings["mariadbd"]["datadir"])
SOCKET = settings["mariadbd"]["socket"]
# Of all nodes, this one too, by their ordinal.
HOSTS = settings["mariadbd"]["wsrep_cluster_address"].removeprefix("gcomm://").split(",")
# Whoever makes this file takes the loss of the nodes that are not there.
ALONE = DATA.parent / "start-alone"
MARIADBD = ["mariadbd", f"--defaults-file={CONFIGURATION}"]
# The owner of this process comes in through the socket without a password.
# It is also who copies the data for another node.
USER = pwd.getpwuid(os.getuid()).pw_name


class Node:
    """What is known of this node. The probes and the other nodes read it."""

    # The last transaction that was committed before the server was started, and
    # whether it is still being found out: until then nobody may count on it.
    position = NOTHING
    recovering = True
    server = None
    # Whether the server has the majority with it, and whether it may be asked.
    primary = False
    ready = False
    # When the server last answered; none as long as it copies from another,
    # which may take hours.
    answered = None
    accounts_settled = False
    stopping = False

    def state(self):
        running = self.server is not None or self.recovering
        return {
            "ordinal": ORDINAL,
            "uuid": self.position[0],
            "seqno": self.position[1],
            "running": running,
            "primary": self.primary,
        }

    def alive(self):
        return self.answered is None or time.monotonic() - self.answered < SILENCE


def main():
    node = Node()
    signal.signal(signal.SIGTERM, lambda *_: stop(node))
    # To recover may take long: the probes must see that it is under way.
    serve(node)
    while True:
        node.position = recovered()
        node.recovering = False
        arguments = agreed(node)
        code = run(node, arguments)
        if code is not None:
            sys.exit(code)
        # It gave up on a cluster without a majority, to agree with the others.


def stop(node):
    if node.server is None:
        os._exit(0)
    log("stopping")
    node.stopping = True
    node.server.terminate()


def log(*words):
    print(time.strftime("%Y-%m-%d %H:%M:%S"), "[node]", *words, file=sys.stderr, flush=True)


# Where this node stands


def recovered():
    if not (DATA / "mysql").is_dir():
        log("there is no data yet")
        return NOTHING
    process = subprocess.run([*MARIADBD, "--wsrep-recover"], stderr=subprocess.PIPE, text=True, check=False)
    found = re.findall(r"WSREP: Recovered position: ([0-9a-f-]{36}):(-?\d+)", process.stderr)
    if not found:
        sys.stderr.write(process.stderr)
        sys.exit("what was committed last cannot be found out")
    position = (found[-1][0], int(found[-1][1]))
    log("stands at", *position)
    return position


# What the nodes say to each other


def serve(node):
    """Says how this node is, to the other nodes and to the probes."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            well = {"/state": True, "/live": node.alive(), "/ready": node.ready}.get(self.path)
            if well is None:
                self.send_error(404)
                return
            body = json.dumps(node.state()).encode()
            self.send_response(200 if well else 503)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in ADDRESS else socket.AF_INET
        daemon_threads = True

    threading.Thread(target=Server((ADDRESS, STATE_PORT), Handler).serve_forever, daemon=True).start()


def others():
    """What the other nodes say, by their ordinal; none of one that does not answer."""

    def ask(ordinal):
        try:
            with urllib.request.urlopen(f"http://{HOSTS[ordinal]}:{STATE_PORT}/state", timeout=3) as answer:
                state = json.load(answer)
        except (OSError, ValueError, http.client.HTTPException):
            return None
        # An address may have gone from one pod to another.
        return state if state["ordinal"] == ordinal else None

    ordinals = [ordinal for ordinal in range(len(HOSTS)) if ordinal != ORDINAL]
    with concurrent.futures.ThreadPoolExecutor(len(HOSTS)) as pool:
        return dict(zip(ordinals, pool.map(ask, ordinals)))


def agreed(node):
    """Waits until it is clear how to start; the arguments for that."""
    said = None
    while True:
        states = others()
        decision, reason = decide(node.state(), states)
        if ALONE.exists():
            ALONE.unlink()
            # Where a cluster runs, another one would be a second.
            if decision != "join":
                decision, reason = "start", "told to start the cluster alone"
        if (decision, reason) != said:
            said = (decision, reason)
            log(f"{decision}: {reason}")
        if decision == "start":
            prepare_to_start()
            return ["--wsrep-new-cluster", f"--wsrep-start-position={node.position[0]}:{node.position[1]}"]
        if decision == "join":
            return [f"--wsrep-start-position={node.position[0]}:{node.position[1]}"]
        time.sleep(1)


def decide(own, states):
    """Whether to join, start or wait, and why."""
    for ordinal, state in sorted(states.items()):
        if state and state["primary"]:
            return "join", f"node {ordinal} runs with a majority"
    missing = [ordinal for ordinal, state in sorted(states.items()) if state is None]
    if missing:
        return "wait", f"no word from node {', '.join(map(str, missing))}"
    running = [ordinal for ordinal, state in sorted(states.items()) if state["running"]]
    if running:
        return "wait", f"node {', '.join(map(str, running))} is starting, recovering or without a majority"
    everyone = [own, *states.values()]
    histories = {state["uuid"] for state in everyone} - {NOTHING[0]}
    if len(histories) > 1:
        return "wait", f"the nodes have different histories, somebody has to choose: {sorted(histories)}"
    first = min(everyone, key=lambda state: (state["uuid"] == NOTHING[0], -state["seqno"], state["ordinal"]))
    if first["ordinal"] != ORDINAL:
        return "wait", f"node {first['ordinal']} starts the cluster"
    return "start", f"no node stands further than {own['seqno']}"


def prepare_to_start():
    if not (DATA / "mysql").is_dir():
        # Whole or not at all: what is half made is made again.
        unfinished = DATA.parent / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        install = ["mariadb-install-db", "--no-defaults", f"--datadir={unfinished}", "--skip-test-db"]
        install += ["--skip-name-resolve", "--auth-root-authentication-method=socket"]
        install += [f"--auth-root-socket-user={USER}"]
        subprocess.run(install, check=True, stdout=subprocess.DEVNULL)
        if DATA.exists():
            # Left by a copy that failed, as far as can be told: nothing is deleted.
            DATA.rename(DATA.with_name(f"left-{time.time():.0f}"))
        unfinished.rename(DATA)
        return
    # Galera's own note of who may start the cluster knows this node alone.
    saved = DATA / "grastate.dat"
    if saved.exists():
        saved.write_text(saved.read_text().replace("safe_to_bootstrap: 0", "safe_to_bootstrap: 1"))


# The server


def run(node, arguments):
    """Runs the server; its exit code, or none if it gave up waiting for a majority."""
    command = [*MARIADBD, *arguments, f"--wsrep-node-name={NAME}", f"--wsrep-node-address={in_url(ADDRESS)}"]
    command += [f"--wsrep-sst-auth={USER}:"]
    DATA.mkdir(exist_ok=True)
    node.server = subprocess.Popen(command)
    lonely_since = None
    gave_up = False
    while node.server.poll() is None:
        observe(node)
        if node.primary or node.answered is None:
            lonely_since = None
        else:
            lonely_since = lonely_since or time.monotonic()
            if not gave_up and time.monotonic() - lonely_since > PATIENCE and (ALONE.exists() or others_are_there()):
                log("no majority, and reason to hope for one: begin anew")
                gave_up = True
                node.server.terminate()
        time.sleep(1)
    code = node.server.returncode
    node.recovering = True
    node.server, node.primary, node.ready, node.answered = None, False, False, None
    if node.stopping:
        return 0
    return None if gave_up else code or 1


def in_url(address):
    return f"[{address}]" if ":" in address else address


def others_are_there():
    """Whether to begin anew leads to a cluster: by joining one, or by agreeing on who starts it."""
    states = others().values()
    return all(states) or any(state and state["primary"] for state in states)


def observe(node):
    names = "'wsrep_ready', 'wsrep_cluster_status', 'wsrep_local_state_comment'"
    answer = sql(f"SHOW GLOBAL STATUS WHERE Variable_name IN ({names})")
    if answer is None:
        node.ready = False
        return
    status = dict(line.split("\t") for line in answer.splitlines())
    node.answered = time.monotonic()
    node.primary = status.get("wsrep_cluster_status") == "Primary"
    if node.primary:
        # Told to start alone, or not: it is done, and must not count the next time.
        ALONE.unlink(missing_ok=True)
    # A donor goes on answering: the copy is made beside it.
    complete = status.get("wsrep_local_state_comment") in ("Synced", "Donor/Desynced")
    usable = node.primary and complete and status.get("wsrep_ready") == "ON"
    if usable and not node.accounts_settled:
        node.accounts_settled = settle_accounts()
    node.ready = usable and node.accounts_settled


def settle_accounts():
    """Gives root the password of the Secret, if it has another."""
    password = os.environ["ROOT_PASSWORD"].encode()
    known = "*" + hashlib.sha1(hashlib.sha1(password).digest()).hexdigest().upper()
    account = "SELECT authentication_string FROM mysql.user WHERE User = 'root' AND Host = '%'"
    answer = sql(account)
    if answer is None:
        return False
    if answer.strip() == known:
        return True
    log("setting the password of root")
    grant = f"GRANT ALL PRIVILEGES ON *.* TO root@'%' IDENTIFIED BY PASSWORD '{known}' WITH GRANT OPTION"
    return sql(grant) is not None


def sql(statement):
    command = ["mariadb", "--no-defaults", f"--socket={SOCKET}", "--batch", "--skip-column-names"]
    # Of this node, however far behind the others it is.
    command += ["--connect-timeout=5", "--init-command=SET SESSION wsrep_sync_wait = 0"]
    try:
        process = subprocess.run(
            command, input=statement, capture_output=True, text=True, timeout=20, check=False
        )
    except subprocess.TimeoutExpired:
        return None
    return process.stdout if process.returncode == 0 else None


if __name__ == "__main__":
    main()
