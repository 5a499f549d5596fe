"""Boots what a sync left in a sandbox, and uses it. See `run`, which starts this in namespaces of its own."""

import argparse
import base64
import contextlib
import http.client
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

from cloud import differences
from cloud.machine import Machine
from cloud.node import Node
from cloud.objects import Objects
from cloud.pod import Failed

HERE = pathlib.Path(__file__).parent.parent


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("packages", type=pathlib.Path)
    parser.add_argument("group")
    parser.add_argument("--keep", action="store_true")
    arguments = parser.parse_args()

    machine = Machine(arguments.root, arguments.packages, arguments.group)
    differences.write_stubs(machine.stubs)
    node = Node(machine, Objects(arguments.root / "sandbox"))
    began = time.monotonic()
    machine.start()
    try:
        node.start(written(arguments.root / "sync.json"))
        use(node)
        node.run_cron_jobs()
        queues(node)
        logs(node)
        problems = node.failing()
        if problems:
            raise Failed("\n".join(problems))
    except Failed as failure:
        print(f"\nFAILED  {failure}\nthe logs are in {machine.logs}", flush=True)
        return 1
    finally:
        if arguments.keep:
            keep(node)
    print(f"\nthe cloud works: {len(node.pods)} pods, {time.monotonic() - began:.0f} s", flush=True)
    return 0


def written(file):
    """The objects that the sync wrote, in order."""
    events = (json.loads(line) for line in file.read_text().splitlines())
    objects = (event["object"] for event in events if event.get("type") == "applied")
    return [(one["kind"], one.get("namespace", ""), one["name"]) for one in objects]


def use(node):
    """Acts as a user, outside of the cluster, with nothing but the names and the printed openrc."""
    root = node.machine.root
    script = f"""
        set -e
        mount --bind {node.machine.hosts} /etc/hosts
        mkdir -p /var/lib/openstack
        mount --bind {node.machine.packages} /var/lib/openstack
        . {root}/openrc
        exec /var/lib/openstack/bin/python3 {HERE}/user.py {root}/guest
    """
    environment = {"PATH": differences.PATH, "OS_PASSWORD": "password", "HOME": "/", "LC_ALL": "C.UTF-8"}
    environment["PYTHONWARNINGS"] = "ignore"
    command = ["unshare", "--mount", "--propagation", "private", "bash", "-c", script]
    if subprocess.run(command, env=environment, check=False).returncode:
        raise Failed("a user cannot use it")


def queues(node):
    """That no queue lives on a single node of RabbitMQ."""
    [broker] = [pod for pod in node.pods.values() if pod.workload == "rabbitmq"]
    login = base64.b64encode(b"openstack:password").decode()
    connection = http.client.HTTPConnection(broker.address, 15672, timeout=30)
    connection.request("GET", "/api/queues", headers={"Authorization": f"Basic {login}"})
    found = json.load(connection.getresponse())
    others = [queue["name"] for queue in found if queue["type"] not in ("quorum", "stream")]
    if len(found) < 10 or others:
        raise Failed(f"of {len(found)} queues these are on one node only: {others}")
    print(f"ok  all {len(found)} queues are on several nodes, where there are", flush=True)


# What is wrong wherever it is logged: what a container may not write, and options that will go.
WRONG = ("Read-only file system", "Permission denied", "Deprecated: Option ", "NoSuchOptError")


def logs(node):
    """That nothing was logged which tells of a wrong configuration."""
    for log in sorted(node.machine.logs.glob("*.log")):
        for line in log.read_text(errors="replace").splitlines():
            if any(words in line for words in WRONG):
                raise Failed(f"{log.stem} says: {line}")
    print("ok  no log tells of what may not be written, or of an option that will go", flush=True)


def keep(node):
    """Until Ctrl-C."""
    print(f"\nit runs on: enter it by nsenter --all --target={os.getppid()}; end it with Ctrl-C", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()


if __name__ == "__main__":
    sys.exit(main())
