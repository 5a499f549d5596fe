#!/bin/sh
# Runs nova-compute with the address that other nodes and the consoles' proxy reach
# this node by.
set -eu
# Where the machines' disks are: nova-compute wants it to be there.
mkdir -p /var/lib/nova/instances
if [ -n "${MEMORY_LIMIT:-}" ]; then
    # What virtual machines may not take together is not for them: Nova's own 512 MiB, and
    # all above the limit that libvirt's pod sets.
    node=$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo)
    limit=$(($(numfmt --from=iec-i "$MEMORY_LIMIT") >> 20))
    export OS_DEFAULT__RESERVED_HOST_MEMORY_MB=$((node > limit ? node - limit + 512 : 512))
fi
address=$(python3 /opt/node/address.py "$INTERFACE")
OS_DEFAULT__MY_IP=$address exec nova-compute --config-file /etc/nova/nova.conf
