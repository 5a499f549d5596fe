#!/usr/bin/env python3
"""Whether a service is connected to RabbitMQ: a probe for what has no port of its own.

It looks for an open connection to the broker's port among the sockets of this
container's processes. In a pod on the network of its node, the kernel lists the
connections of all of them: so the processes' own files say which are theirs.
"""

import argparse
import os
import pathlib
import socket
import sys

PORT = 5672
ESTABLISHED = "01"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("process", nargs="?", default="", help="only of processes with this in their command line")
    parser.add_argument("--or-broker-gone", action="store_true", help="be content if nobody can connect")
    arguments = parser.parse_args()
    if connections() & sockets(arguments.process):
        return
    if arguments.or_broker_gone and not broker_answers():
        print("not connected, and the broker takes no connection")
        return
    sys.exit("not connected to the broker")


def connections():
    """The inodes of all open connections to the broker's port."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = pathlib.Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            remote, state, inode = fields[2], fields[3], fields[9]
            if state == ESTABLISHED and int(remote.rpartition(":")[2], 16) == PORT:
                inodes.add(inode)
    return inodes


def sockets(wanted):
    """The inodes of the sockets that processes have open."""
    inodes = set()
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        if int(process.name) == os.getpid():
            continue
        try:
            if wanted.encode() not in (process / "cmdline").read_bytes():
                continue
            links = [os.readlink(descriptor) for descriptor in (process / "fd").iterdir()]
        except OSError:
            # Gone by now, or not ours to look at.
            continue
        inodes.update(link[len("socket:[") : -1] for link in links if link.startswith("socket:["))
    return inodes


def broker_answers():
    try:
        with socket.create_connection((os.environ["RABBITMQ_HOST"], PORT), timeout=3):
            return True
    except OSError:
        return False


if __name__ == "__main__":
    main()
