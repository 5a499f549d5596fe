#!/bin/sh
# The switch itself, of which the kernel does most.
set -eu
# Asked for the datapath's netlink family, the kernel loads its module by itself, with
# the modprobe of the node. An image with a modprobe of its own may try that, too.
if ! ovs-dpctl dump-dps >/dev/null && ! { command -v modprobe >/dev/null && modprobe openvswitch; }; then
    echo "the kernel of node $NODE_NAME has no Open vSwitch datapath: run 'modprobe openvswitch' on the node," \
        'and install the package with its kernel modules if that is not found' >&2
    exit 1
fi
# Waits for the database, which is a container of its own.
ovs-vsctl --timeout=60 --retry --no-wait init
# Neutron knows the switch by it.
ovs-vsctl --timeout=60 --retry --no-wait set Open_vSwitch . "external-ids:system-id=$NODE_NAME" "external-ids:hostname=$NODE_NAME"
rm -f /run/openvswitch/ovs-vswitchd.pid
# It has threads for each processor, and all of its memory is locked, stacks as well:
# with the usual 8 MiB for each, a large node would lose gigabytes.
ulimit -s 2048
exec ovs-vswitchd unix:/run/openvswitch/db.sock \
    --pidfile=/run/openvswitch/ovs-vswitchd.pid --unixctl=/run/openvswitch/ovs-vswitchd.ctl \
    -vconsole:info -vsyslog:off -vfile:off --mlockall
