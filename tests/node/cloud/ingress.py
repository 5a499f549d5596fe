"""HAProxy in Traefik's place: the hosts of the rendered Ingresses, to the pods of their Services."""

import subprocess

from cloud import differences

GENERAL = """
global
    maxconn 2000
defaults
    mode http
    timeout connect 5s
    timeout client 1h
    timeout server 1h
    timeout tunnel 1h
    option forwardfor
frontend public
    bind *:{port}
    http-request set-header X-Forwarded-Proto http
    http-request set-header X-Forwarded-Host %[req.hdr(Host)]
    http-request set-header X-Forwarded-Port {port}
"""


class Ingress:
    """It runs from `start` to the end."""

    def __init__(self, node):
        self.node = node
        traefik = node.objects.get("Service", "openstack", "traefik")
        self.port = traefik["spec"]["ports"][0]["nodePort"]
        self.paths = [
            (rule["host"], path["backend"]["service"], ingress["metadata"]["namespace"])
            for ingress in node.objects.of_kind("Ingress")
            for rule in ingress["spec"]["rules"]
            for path in rule["http"]["paths"]
        ]

    def names(self):
        return sorted({host for host, _, _ in self.paths})

    def start(self):
        differences.say("HAProxy in place of Traefik", "there is no package of Traefik")
        rules, backends = [], []
        for index, (host, reference, namespace) in enumerate(self.paths):
            name = f"{reference['name']}_{index}"
            rules.append(f"    use_backend {name} if {{ hdr(host),field(1,:) -i {host} }}")
            backends += [f"backend {name}", *self._servers(reference, namespace)]
        file = self.node.machine.root / "haproxy.cfg"
        file.write_text(GENERAL.format(port=self.port) + "\n".join([*rules, *backends]) + "\n")
        with (self.node.machine.logs / "ingress.log").open("wb") as log:
            subprocess.Popen(["haproxy", "-db", "-f", file], stdout=log, stderr=log, start_new_session=True)

    def _servers(self, reference, namespace):
        service = self.node.objects.get("Service", namespace, reference["name"])
        wanted = reference["port"]
        ports = service["spec"]["ports"]
        port = next(one for one in ports if wanted in ({"name": one.get("name")}, {"number": one["port"]}))
        for pod in self.node.traffic.endpoints(service):
            yield f"    server {pod.name} {pod.address}:{pod.port(port['targetPort'])}"
