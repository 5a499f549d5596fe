#!/bin/bash
# libvirtd, with virtual machines that outlive it: it puts them into a control
# group of the node beside that of the pod, which ends with the pod.
set -euo pipefail

if [ "$VIRT_TYPE" = kvm ] && [ ! -c /dev/kvm ]; then
    echo 'this node has no /dev/kvm: switch virtualization on, or set nova.virt_type to qemu' >&2
    exit 1
fi

groups=/sys/fs/cgroup
if [ ! -f "$groups/cgroup.controllers" ]; then
    echo 'this node has no unified cgroup hierarchy (version 2), which Kubernetes needs, too' >&2
    exit 1
fi
# Where libvirt puts all virtual machines.
mkdir -p "$groups/machine"
echo +memory >"$groups/cgroup.subtree_control"
if [ -n "${MEMORY_LIMIT:-}" ]; then
    numfmt --from=iec-i "$MEMORY_LIMIT" >"$groups/machine/memory.max"
else
    echo max >"$groups/machine/memory.max"
fi

libvirtd --pid-file /run/libvirt/libvirtd.pid &
daemon=$!
trap 'kill -TERM "$daemon"; wait "$daemon"' TERM

if [ -n "${CEPH_USER:-}" ]; then
    until virsh --connect qemu:///system --quiet version >/dev/null 2>&1; do
        kill -0 "$daemon" || exit 1
        sleep 1
    done
    cat >/tmp/secret.xml <<XML
<secret ephemeral='no' private='yes'>
  <uuid>$CEPH_SECRET_UUID</uuid>
  <usage type='ceph'><name>client.$CEPH_USER secret</name></usage>
</secret>
XML
    virsh --connect qemu:///system secret-define /tmp/secret.xml
    virsh --connect qemu:///system secret-set-value "$CEPH_SECRET_UUID" --file /etc/ceph-key/key
fi
wait "$daemon"
