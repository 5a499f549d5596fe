#!/usr/bin/env python3
"""Prints the IPv4 address of a network interface, or says which interfaces there are."""

import fcntl
import os
import socket
import struct
import sys

# Of Linux, for an interface's address.
SIOCGIFADDR = 0x8915


def main():
    name = sys.argv[1]
    request = struct.pack("256s", name.encode()[:15])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        try:
            answer = fcntl.ioctl(control, SIOCGIFADDR, request)
        except OSError as error:
            there = ", ".join(sorted(os.listdir("/sys/class/net")))
            sys.exit(
                f"the interface {name} has no address on this node: {error.strerror}. There are {there}; "
                "network.minion_interface_name names the one to use"
            )
    print(socket.inet_ntoa(answer[20:24]))


if __name__ == "__main__":
    main()
