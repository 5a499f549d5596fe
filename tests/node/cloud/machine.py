"""The node: this process's own namespaces, its network, its directories and its control groups.

`run` starts this program in namespaces of its own, so that nothing of it is left behind: neither a mount, nor a
device, nor a process.
"""

import pathlib
import shutil
import subprocess

NAME = "node-1"
ADDRESS = "192.168.100.11"
# Where what is outside has its gateway, which stands for the world.
OUTSIDE = "203.0.113.1"
# Where pods have theirs.
GATEWAY = "169.254.1.1"


def run(script):
    """Runs a shell script on the node."""
    done = subprocess.run(["bash", "-exc", script], text=True, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"failed on the node:\n{done.stdout}{done.stderr}")


class Machine:
    """Directories below `root`, which is emptied."""

    def __init__(self, root, packages, group):
        # The services of PyPI, as the images have them in /var/lib/openstack, and their programs.
        self.root, self.packages, self.programs = root, packages, root / "programs"
        # The node's own file system, as far as pods see it by hostPath; roots of containers; their logs.
        self.files, self.overlays, self.logs = root / "files", root / "overlays", root / "logs"
        self.volumes, self.stubs, self.hosts = root / "volumes", root / "stubs", root / "hosts"
        self.memory = Memory(group)

    def start(self):
        for directory in (self.files, self.overlays, self.logs, self.volumes):
            shutil.rmtree(directory, ignore_errors=True)
            directory.mkdir(parents=True)
        self.hosts.write_text("")
        for path in ("run/openvswitch", "run/netns", "run/libvirt", "var/lib/nova", "etc", "lib/modules"):
            (self.files / path).mkdir(parents=True)
        (self.files / "etc/machine-id").write_text("0123456789abcdef0123456789abcdef\n")
        run(
            f"""
            hostname {NAME}
            mount -t tmpfs tmpfs {self.overlays}
            mkdir -p /run/netns
            mount -t tmpfs tmpfs /run/netns
            mount -t sysfs sysfs /sys
            ip link set lo up
            ip address add {GATEWAY}/32 dev lo
            # By which nodes reach each other.
            ip link add eno1 type bridge
            ip address add {ADDRESS}/24 dev eno1
            ip link set eno1 up
            ip route add default dev eno1 src {ADDRESS}
            # What goes into the bridge to the networks outside.
            ip link add ext0 type veth peer name ext1
            ip address add {OUTSIDE}/24 dev ext1
            ip link set ext1 up
            sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
            """
        )
        # What one pod mounts there, others see.
        for path in ("run/netns", "var/lib/nova"):
            shared = self.files / path
            run(f"mount --bind {shared} {shared}; mount --make-shared {shared}")
        self.memory.start()

    def host_path(self, volume):
        """Where a hostPath of a pod is."""
        path = volume["path"]
        if path == "/sys/fs/cgroup":
            return self.memory.unified_own
        if path == "/dev":
            return pathlib.Path(path)
        here = self.files / path.lstrip("/")
        kind = volume.get("type")
        if not here.exists():
            if kind == "Directory":
                raise SystemExit(f"the node has no directory {path}")
            if kind == "DirectoryOrCreate":
                here.mkdir(parents=True)
        return here


class Memory:
    """The control groups that limit memory, of either version."""

    def __init__(self, group):
        rows = (line.split() for line in pathlib.Path("/proc/cgroups").read_text().splitlines())
        first = {row[0]: row[1] for row in rows}["memory"] != "0"
        self.unified = pathlib.Path("/sys/fs/cgroup/unified")
        self.mount = pathlib.Path("/sys/fs/cgroup/memory") if first else self.unified
        self.limit = "memory.limit_in_bytes" if first else "memory.max"
        self.peak = "memory.max_usage_in_bytes" if first else "memory.peak"
        self.version = 1 if first else 2
        # `run` removes them in the end, by this name.
        self.own, self.unified_own = self.mount / group, self.unified / group

    def start(self):
        first = "mkdir /sys/fs/cgroup/memory; mount -t cgroup -o memory cgroup /sys/fs/cgroup/memory"
        run(
            f"""
            mount -t tmpfs tmpfs /sys/fs/cgroup
            mkdir {self.unified}
            mount -t cgroup2 cgroup2 {self.unified}
            {first if self.version == 1 else ""}
            mkdir -p {self.own} {self.unified_own}
            """
        )
        if self.version == 2:
            for directory in (self.mount, self.own):
                (directory / "cgroup.subtree_control").write_text("+memory")

    def group(self, name, limit):
        """Makes the group of a container; what a process is to be written to, to be in it."""
        group = self.own / name
        group.mkdir(exist_ok=True)
        if limit:
            (group / self.limit).write_text(str(limit))
        return group / "cgroup.procs"

    def peak_of(self, name):
        """How much a container had at most, in MiB."""
        try:
            return int((self.own / name / self.peak).read_text()) >> 20
        except OSError:
            return 0
