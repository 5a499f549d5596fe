"""What differs here from a node and its images, and why; each is printed where it is used.

Everything else runs as it is rendered. A container sees this machine's own programs, Debian's and PyPI's, below a
root of its own: no image is to be had.
"""

import functools

# Text of a ConfigMap's file, what is there instead, and why.
FILES = {
    ("libvirt-etc", "qemu.conf"): [
        (
            "max_files = 32768",
            "max_files = 16384\ncgroup_controllers = []",
            "root may not raise its limits here, and controllers may be in version 1",
        ),
    ],
    ("libvirt-bin", "start.sh"): [
        ('echo +memory >"$groups/cgroup.subtree_control"', "true", "the memory controller may be in version 1"),
        (
            'numfmt --from=iec-i "$MEMORY_LIMIT" >"$groups/machine/memory.max"',
            'numfmt --from=iec-i "$MEMORY_LIMIT"',
            "the memory controller may be in version 1",
        ),
    ],
    ("rabbitmq-etc", "rabbitmq.conf"): [
        ("cluster_formation.peer_discovery_backend = k8s\n", "", "Debian's RabbitMQ would ask an API server"),
    ],
    ("rabbitmq-etc", "enabled_plugins"): [
        ("rabbitmq_peer_discovery_k8s, ", "", "Debian's RabbitMQ would ask an API server"),
    ],
}

PATH = "/var/lib/openstack/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
STUBS = "/opt/stubs"
# By workload and container: the environment that is another, and why.
ENVIRONMENT = {
    ("rabbitmq", "rabbitmq"): (
        {
            "PATH": f"/usr/lib/rabbitmq/bin:{PATH}",
            "RABBITMQ_LOG_BASE": "/var/lib/rabbitmq/log",
            "RABBITMQ_PID_FILE": "/var/lib/rabbitmq/pid",
        },
        "Debian's wrapper changes users, and its directories are root's",
    ),
    ("openvswitch", "switch"): (
        {"PATH": f"{STUBS}:{PATH}"},
        "there may be no kernel module openvswitch: modprobe says yes, and bridges are in user space",
    ),
    ("neutron-ovs-agent", "ovs-agent"): (
        {"OS_OVS__DATAPATH_TYPE": "netdev"},
        "there may be no kernel module openvswitch: bridges are in user space",
    ),
}
# Programs that Debian names otherwise, and why.
COMMANDS = {
    "uwsgi": (
        ["uwsgi-core", "--plugin", "python3", "--virtualenv", "/var/lib/openstack"],
        "Debian's is to be told of Python, and of the packages that images have it built for",
    ),
}
# Who makes the bridge makes it in the kernel, where it is not made yet: before the agents.
AFTER = {
    "openvswitch": (
        "switch",
        "ovs-vsctl --no-wait --may-exist add-br br-ex -- set bridge br-ex datapath_type=netdev",
        "bridges are in user space",
    ),
}


@functools.cache
def say(what, why):
    print(f"  differs: {what}: {why}", flush=True)


def in_files(objects):
    """Replaces text of ConfigMaps."""
    for (name, key), changes in FILES.items():
        for config_map in objects.of_kind("ConfigMap"):
            if config_map["metadata"]["name"] != name:
                continue
            for old, new, why in changes:
                text = config_map["data"][key]
                if old not in text:
                    raise SystemExit(f"{name}: {key} does not say {old!r}: differences.py is behind it")
                config_map["data"][key] = text.replace(old, new, 1)
                say(f"{name}/{key}", why)


def in_environment(workload, container):
    """The variables that a container has otherwise."""
    changes, why = ENVIRONMENT.get((workload, container), ({}, None))
    if changes:
        say(f"{workload}.{container}", why)
    return changes


def in_command(command):
    """The words of a command, as they are here."""
    words, why = COMMANDS.get(command[0], ([command[0]], None))
    if why:
        say(command[0], why)
    return [*words, *command[1:]]


def write_stubs(directory):
    directory.mkdir(parents=True, exist_ok=True)
    modprobe = directory / "modprobe"
    modprobe.write_text("#!/bin/sh\nexit 0\n")
    modprobe.chmod(0o755)
