"""A container: a process below a root of its own, as the user and with the rights that its manifest says."""

import re
import shlex
import shutil
import subprocess
import time

from cloud import differences, machine
from cloud.objects import bytes_of

# What a container may do without saying more, as container runtimes have it.
CAPABILITIES = (
    "chown dac_override fowner fsetid kill setgid setuid setpcap net_bind_service net_raw sys_chroot mknod "
    "audit_write setfcap"
).split()
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
# The users that images have, by a word of the image's path.
DATABASE_USERS = {"mariadb": ("mysql", 999), "rabbitmq": ("rabbitmq", 999)}
OPENSTACK = ("keystone", "glance", "cinder", "nova", "neutron", "placement", "horizon")
OPENSTACK_USER = 42424


class Container:
    """One of a pod's, as often as it is started."""

    def __init__(self, pod, manifest):
        self.pod, self.manifest = pod, manifest
        self.name = manifest["name"]
        self.key = f"{pod.name}.{self.name}"
        self.log = pod.machine.logs / f"{self.key}.log"
        self.process = None
        # How its programs are run in it, as whom, and with what environment.
        self.identity = []

    def start(self):
        script = self.pod.machine.overlays / f"{self.key}.sh"
        script.write_text(self._script())
        namespaces = ["unshare", "--mount", "--propagation", "unchanged", "--uts", "--ipc"]
        if not self.pod.spec.get("hostPID"):
            namespaces += ["--pid", "--fork", "--kill-child=KILL"]
        with self.log.open("ab") as log:
            log.write(f"=== started at {time.strftime('%H:%M:%S')}\n".encode())
            log.flush()
            command = [*self.pod.enter_network, *namespaces, "bash", script]
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    @property
    def runs(self):
        return self.process is not None and self.process.poll() is None

    def execute(self, command, timeout=600):
        """Runs a command in it; its exit code and output."""
        pid = self._first_process()
        if pid is None:
            return 255, "it does not run"
        enter = ["nsenter", f"--target={pid}", "--mount", "--net", "--uts", "--ipc", "--pid", "--root", "--wd", "--"]
        try:
            done = subprocess.run(
                [*enter, *self.identity, *command],
                text=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return 124, f"no answer within {timeout} s"
        return done.returncode, done.stdout

    def end_of_log(self):
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return "\n".join(lines[-5:])

    def _first_process(self):
        if not self.runs:
            return None
        if self.pod.spec.get("hostPID"):
            return self.process.pid
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with open(children, encoding="ascii") as file:
            found = file.read().split()
        return found[0] if found else None

    # What it is made of

    def _security(self):
        of_pod = self.pod.spec.get("securityContext") or {}
        inherited = {key: of_pod[key] for key in ("runAsUser", "runAsGroup", "runAsNonRoot") if key in of_pod}
        return {**inherited, **(self.manifest.get("securityContext") or {})}

    def _environment(self):
        """As the kubelet fills it in: `$(NAME)` from what stands before."""
        values = {}
        fields = {
            "metadata.name": self.pod.name,
            "metadata.namespace": self.pod.namespace,
            "status.podIP": self.pod.address,
            "status.hostIP": machine.ADDRESS,
            "spec.nodeName": machine.NAME,
        }
        for variable in self.manifest.get("env") or []:
            source = variable.get("valueFrom") or {}
            if "fieldRef" in source:
                value = fields[source["fieldRef"]["fieldPath"]]
            elif source:
                kind, key = ("Secret", "secretKeyRef") if "secretKeyRef" in source else ("ConfigMap", "configMapKeyRef")
                reference = source[key]
                data = self.pod.objects.data(kind, self.pod.namespace, reference["name"])
                if data is None or reference["key"] not in data:
                    raise SystemExit(f"{self.key}: there is no {kind} {reference['name']} with {reference['key']}")
                value = data[reference["key"]].decode()
            else:
                value = expanded(variable.get("value", ""), values)
            values[variable["name"]] = value
        return values

    def _identity(self, environment):
        security = self._security()
        user, group = security.get("runAsUser", 0), security.get("runAsGroup", 0)
        if security.get("runAsNonRoot") and user == 0:
            raise SystemExit(f"{self.key}: it would be root, and must not be")
        groups = (self.pod.spec.get("securityContext") or {}).get("fsGroup") or group
        identity = ["setpriv", f"--reuid={user}", f"--regid={group}", f"--groups={groups}"]
        if not security.get("privileged"):
            capabilities = security.get("capabilities") or {}
            kept = [] if "ALL" in (capabilities.get("drop") or []) else list(CAPABILITIES)
            kept += [name.lower() for name in capabilities.get("add") or []]
            identity += ["--bounding-set=" + ",".join(["-all", *(f"+{name}" for name in kept)]), "--inh-caps=-all"]
            if security.get("allowPrivilegeEscalation") is False:
                identity.append("--no-new-privs")
        named = {"PATH": differences.PATH, "HOSTNAME": self.pod.host_name, "HOME": "/", "LANG": "C.UTF-8"}
        named.update(environment)
        named.update(differences.in_environment(self.pod.workload, self.name))
        return [*identity, "env", "-i", *(f"{name}={value}" for name, value in named.items())]

    def _script(self):
        """What becomes the container: it makes its root, goes there, and is its command from then on."""
        environment = self._environment()
        self.identity = self._identity(environment)
        words = (self.manifest.get("command") or []) + (self.manifest.get("args") or [])
        words = differences.in_command([expanded(word, environment) for word in words])
        command = [*self.identity, *words]
        directory = self.pod.machine.overlays / self.key
        shutil.rmtree(directory, ignore_errors=True)
        upper, work, root = (directory / name for name in ("upper", "work", "root"))
        for made in (upper / "etc", upper / "var/lib/openstack", upper / "opt/stubs", work, root):
            made.mkdir(parents=True)
        (upper / "etc/passwd").write_text(users_of(self.manifest["image"]))
        for name in ("hosts", "hostname"):
            (upper / "etc" / name).write_text("")
        (upper / "etc/resolv.conf").write_text(f"nameserver {machine.GATEWAY}\n")
        limit = ((self.manifest.get("resources") or {}).get("limits") or {}).get("memory")
        group = self.pod.machine.memory.group(self.key, limit and bytes_of(limit))
        lines = [
            "set -e",
            f"echo 0 >{group}",
            f"hostname {self.pod.host_name}",
            f"mount -t overlay overlay -o lowerdir=/,upperdir={upper},workdir={work} {root}",
            *self._mounts(root),
            "cd /",
            f"exec chroot {root} {shlex.join(command)}",
        ]
        return "\n".join(lines) + "\n"

    def _mounts(self, root):
        on_node = self.pod.on_node
        security = self._security()
        mounts = []
        for mount in self.manifest.get("volumeMounts") or []:
            source, writable = self.pod.volumes.at(mount)
            mounts.append((mount["mountPath"], source, writable, mount.get("mountPropagation")))
        # What is above comes first.
        mounts.sort(key=lambda mount: mount[0].count("/"))
        paths = [path for path, *_ in mounts]
        stubs, packages = self.pod.machine.stubs, self.pod.machine.packages
        lines = []
        if is_of_openstack(self.manifest["image"]):
            lines += [
                f"mount --bind {packages} {root}/var/lib/openstack",
                f"mount --bind {self.pod.machine.programs} {root}/var/lib/openstack/bin",
            ]
        for path, source, *_ in mounts:
            lines.append(
                f"mkdir -p {root}{path}"
                if source.is_dir()
                else f"mkdir -p $(dirname {root}{path}); [ -e {root}{path} ] || touch {root}{path}"
            )
        read_only = security.get("readOnlyRootFilesystem")
        if "/tmp" not in paths:
            # Empty, as an image's is, and not this machine's.
            lines.append(f"mount -t tmpfs -o mode=1777{',ro' if read_only else ''} tmpfs {root}/tmp")
        lines.append(f"mount --bind {stubs} {root}/opt/stubs")
        if read_only:
            lines.append(f"mount -o remount,ro {root}")
        lines.append(f"mount --bind {self.pod.machine.hosts} {root}/etc/hosts")
        whole = self.pod.spec.get("hostPID")
        lines.append(f"mount --rbind /proc {root}/proc" if whole else f"mount -t proc proc {root}/proc")
        lines += (
            [f"mount --rbind /sys {root}/sys", f"mount --make-rslave {root}/sys"]
            if on_node
            else [f"mount -t sysfs -o ro sysfs {root}/sys"]
        )
        if "/dev" not in paths:
            lines += devices(root, security.get("privileged"))
        for path, source, writable, propagation in mounts:
            target = f"{root}{path}"
            lines.append(f"mount --rbind {source} {target}")
            if propagation is None and path != "/dev":
                lines.append(f"mount --make-rprivate {target}")
            if propagation == "HostToContainer":
                lines.append(f"mount --make-rslave {target}")
            if not writable:
                lines.append(f"mount -o remount,ro,bind {target}")
        return lines


def devices(root, privileged):
    lines = [
        f"mount -t tmpfs -o mode=755 tmpfs {root}/dev",
        f"mkdir {root}/dev/shm {root}/dev/pts {root}/dev/net",
        f"mount -t tmpfs -o mode=1777,size=64m tmpfs {root}/dev/shm",
    ]
    for name in (*DEVICES, *(("kvm", "net/tun") if privileged else ())):
        lines.append(
            f"! [ -e /dev/{name} ] || {{ touch {root}/dev/{name}; mount --bind /dev/{name} {root}/dev/{name}; }}"
        )
    for name, target in (("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        lines.append(f"ln -s /proc/self/{target} {root}/dev/{name}")
    return lines


def is_of_openstack(image):
    return any(f"/{name}:" in image for name in OPENSTACK)


def users_of(image):
    """The /etc/passwd of an image: this machine's users, and the image's own under its number."""
    own = [(name, number) for word, (name, number) in DATABASE_USERS.items() if word in image]
    own += [(name, OPENSTACK_USER) for name in OPENSTACK if f"/{name}:" in image]
    names = {name for name, _ in DATABASE_USERS.values()}
    numbers = {"999", str(OPENSTACK_USER)}
    with open("/etc/passwd", encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file]
    lines = [line for line in lines if line.split(":")[0] not in names and line.split(":")[2] not in numbers]
    lines += [f"{name}:x:{number}:{number}::/var/lib/{name}:/bin/sh" for name, number in own]
    return "\n".join(lines) + "\n"


def expanded(text, values):
    return re.sub(r"\$\(([A-Za-z_][A-Za-z_0-9]*)\)", lambda found: values.get(found[1], found[0]), text)
