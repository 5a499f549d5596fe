#!/bin/sh
# The switch itself, of which the kernel does most.
set -eu
if [ ! -d /sys/module/openvswitch ] && ! modprobe openvswitch; then
    echo 'the kernel of this node has no module openvswitch' >&2
    exit 1
fi
# Waits for the database, which is a container of its own.
ovs-vsctl --timeout=60 --no-wait init
# Neutron knows the switch by it.
ovs-vsctl --timeout=60 --no-wait set Open_vSwitch . "external-ids:system-id=$NODE_NAME" "external-ids:hostname=$NODE_NAME"
rm -f /run/openvswitch/ovs-vswitchd.pid
exec ovs-vswitchd unix:/run/openvswitch/db.sock \
    --pidfile=/run/openvswitch/ovs-vswitchd.pid --unixctl=/run/openvswitch/ovs-vswitchd.ctl \
    -vconsole:info -vsyslog:off -vfile:off --mlockall
