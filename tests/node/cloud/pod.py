"""A pod: its address, its containers in order, and its probes."""

import hashlib
import http.client
import socket
import time

from cloud import machine
from cloud.container import Container
from cloud.volumes import Volumes

# How often a container that ended is started again, before that counts as a failure.
RESTARTS = 3


class Failed(Exception):
    """Something did not come to be; the words say what."""


class Pod:
    """One that is started once."""

    def __init__(self, node, namespace, name, workload, template, claims=()):
        self.node, self.machine, self.objects = node, node.machine, node.objects
        self.namespace, self.name, self.workload = namespace, name, workload
        self.spec, self.labels = template["spec"], template["metadata"].get("labels") or {}
        self.on_node = bool(self.spec.get("hostNetwork"))
        self.host_name = machine.NAME if self.on_node else name
        self.address = machine.ADDRESS if self.on_node else node.traffic.address(name)
        self.enter_network = [] if self.on_node else ["nsenter", f"--net=/run/netns/{name}"]
        self.volumes = Volumes(self.machine, self.objects, namespace, name, self.spec, claims)
        containers = self.spec["containers"]
        self.containers = [Container(self, manifest) for manifest in containers]
        self.ports = {
            port["name"]: port["containerPort"]
            for manifest in containers
            for port in manifest.get("ports") or []
            if "name" in port
        }
        self.ready = False
        self.restarts = 0

    def start(self):
        if not self.on_node:
            self._connect()
        for manifest in self.spec.get("initContainers") or []:
            container = Container(self, manifest)
            container.start()
            if container.process.wait():
                raise Failed(f"{container.key} failed:\n{container.end_of_log()}")
        for container in self.containers:
            container.start()

    def container(self, name):
        return next(container for container in self.containers if container.name == name)

    def port(self, port):
        """The number of a port that may be a name; none if nothing here has that name."""
        return port if isinstance(port, int) else self.ports.get(port)

    def wait_until_ready(self):
        for container in self.containers:
            for kind, patience in (("startupProbe", None), ("readinessProbe", 300)):
                self._wait_for(container, kind, patience)
        self.ready = True

    def wait_until_done(self):
        """The exit code of a Job's pod: of its containers the highest."""
        return max(container.process.wait() for container in self.containers)

    def peaks(self):
        peaks = (f"{container.name} {self.machine.memory.peak_of(container.key)} MiB" for container in self.containers)
        return ", ".join(peaks)

    def failing(self):
        """What is not well with one that is to run: a container that ended, or a probe that fails."""
        for container in self.containers:
            if not container.runs:
                yield f"{container.key} has ended:\n{container.end_of_log()}"
            for kind in ("readinessProbe", "livenessProbe"):
                probe = container.manifest.get(kind)
                if probe and container.runs:
                    well, why = self._probe(container, probe)
                    if not well:
                        yield f"{kind} of {container.key}: {why}"

    def _connect(self):
        """To the node, which is its gateway and answers for it."""
        device = "v" + hashlib.sha1(self.name.encode()).hexdigest()[:10]
        machine.run(
            f"""
            ip netns add {self.name}
            ip link add {device} type veth peer name eth0 netns {self.name}
            ip link set {device} up
            sysctl -qw net.ipv4.conf.{device}.proxy_arp=1 net.ipv4.neigh.{device}.proxy_delay=0
            ip route replace {self.address}/32 dev {device}
            ip -n {self.name} link set lo up
            ip -n {self.name} address add {self.address}/32 dev eth0
            ip -n {self.name} link set eth0 up
            ip -n {self.name} route add {machine.GATEWAY} dev eth0
            ip -n {self.name} route add default via {machine.GATEWAY} dev eth0
            """
        )

    def _wait_for(self, container, kind, patience):
        probe = container.manifest.get(kind)
        if not probe:
            return
        period = probe.get("periodSeconds", 10)
        patience = patience or period * probe.get("failureThreshold", 3)
        deadline = time.monotonic() + patience
        time.sleep(probe.get("initialDelaySeconds", 0))
        while True:
            if not container.runs:
                self._restart(container)
            well, why = self._probe(container, probe)
            if well:
                return
            if time.monotonic() > deadline:
                raise Failed(f"{kind} of {container.key} for {patience} s: {why}\n{container.end_of_log()}")
            time.sleep(min(period, 2))

    def _restart(self, container):
        if self.restarts == RESTARTS:
            raise Failed(f"{container.key} ended, {RESTARTS + 1} times:\n{container.end_of_log()}")
        self.restarts += 1
        print(f"  {container.key} ended and is started again: {container.end_of_log().splitlines()[-1:]}", flush=True)
        time.sleep(5)
        container.start()

    def _probe(self, container, probe):
        timeout = probe.get("timeoutSeconds", 1)
        if "exec" in probe:
            code, output = container.execute(probe["exec"]["command"], timeout)
            return code == 0, output.strip()[-300:]
        if "tcpSocket" in probe:
            return connects(self.address, self.port(probe["tcpSocket"]["port"]), timeout), "it does not listen"
        request = probe["httpGet"]
        return _answers(request.get("host") or self.address, self.port(request["port"]), request, timeout)


def connects(host, port, timeout=1):
    try:
        socket.create_connection((host, port), timeout).close()
    except OSError:
        return False
    return True


def _answers(host, port, request, timeout):
    headers = {header["name"]: header["value"] for header in request.get("httpHeaders") or []}
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        connection.request("GET", request.get("path", "/"), headers=headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return False, str(error)
    finally:
        connection.close()
    return 200 <= status < 400, f"it answers {status}"
