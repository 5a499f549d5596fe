#!/bin/sh
# The bridge to the networks outside, and the interface that leads there.
set -eu
ovs() {
    ovs-vsctl --db=unix:/run/openvswitch/db.sock --timeout=60 --retry "$@"
}

ovs --may-exist add-br "$BRIDGE"
ip link set dev "$BRIDGE" up
if [ -n "$EXTERNAL_INTERFACE" ]; then
    if [ ! -e "/sys/class/net/$EXTERNAL_INTERFACE" ]; then
        echo "this node has no interface $EXTERNAL_INTERFACE, which neutron.external_interface names; it has" \
            "$(ls /sys/class/net | tr '\n' ' ')" >&2
        exit 1
    fi
    ovs --may-exist add-port "$BRIDGE" "$EXTERNAL_INTERFACE"
    ip link set dev "$EXTERNAL_INTERFACE" up
fi
