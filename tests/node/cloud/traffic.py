"""What the network of a cluster does: addresses, names, Services and NetworkPolicies, by nftables.

All names are in one /etc/hosts, which every pod has; whoever asks DNS is told the same.
"""

import re
import signal
import subprocess
import time

from cloud import machine
from cloud.pod import connects
from cloud.objects import selects


class Traffic:
    """It follows the pods: `update` is to be called when one of them came, went or became ready."""

    def __init__(self, node):
        self.node = node
        self.addresses, self.cluster_addresses = {}, {}
        self.public_names = []
        self.dns = None

    def start(self):
        options = f"--listen-address={machine.GATEWAY} --bind-interfaces --no-resolv --no-hosts --local=/#/"
        command = ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--pid-file", "--user=root"]
        command += [*options.split(), f"--addn-hosts={self.node.machine.hosts}"]
        with (self.node.machine.logs / "dns.log").open("wb") as log:
            self.dns = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        # Until it listens, the signal to read the names again would end it.
        while self.dns.poll() is None and not connects(machine.GATEWAY, 53):
            time.sleep(0.1)

    def address(self, pod):
        number = self.addresses.setdefault(pod, len(self.addresses) + 10)
        return f"10.244.{number // 250}.{number % 250}"

    def endpoints(self, service):
        selector = service["spec"].get("selector")
        whenever = service["spec"].get("publishNotReadyAddresses")
        return [
            pod
            for pod in self.node.pods.values()
            if selector
            and pod.namespace == service["metadata"]["namespace"]
            and (pod.ready or whenever)
            and selects({"matchLabels": selector}, pod.labels)
        ]

    def update(self):
        names = ["127.0.0.1 localhost", f"{machine.ADDRESS} {machine.NAME} {' '.join(self.public_names)}"]
        translated, refused = [], []
        for service in self.node.objects.of_kind("Service"):
            self._service(service, names, translated, refused)
        # In place, since it is mounted everywhere.
        self.node.machine.hosts.write_text("\n".join(names) + "\n")
        self.dns.send_signal(signal.SIGHUP)
        chains, outgoing, incoming = self._policies()
        rules = f"""
            table ip kube {{}}
            delete table ip kube
            table ip kube {{
                {_lines(chains)}
                chain from_elsewhere {{
                    type nat hook prerouting priority -100
                    {_lines(translated)}
                }}
                chain from_here {{
                    type nat hook output priority -100
                    {_lines(translated)}
                }}
                chain forwarded {{
                    type filter hook forward priority 0
                    ct state established,related accept
                    {_lines(refused + outgoing + incoming)}
                }}
                chain sent {{
                    type filter hook output priority 0
                    {_lines(refused)}
                }}
                chain to_the_node {{
                    type filter hook input priority 0
                    ct state established,related accept
                    {_lines(outgoing)}
                }}
            }}
        """
        done = subprocess.run(["nft", "-f", "-"], input=rules, text=True, capture_output=True, check=False)
        if done.returncode:
            raise SystemExit(f"nft: {done.stderr}")

    def _service(self, service, names, translated, refused):
        meta, spec = service["metadata"], service["spec"]
        short = f"{meta['name']}.{meta['namespace']}.svc"
        full = f"{short}.cluster.local"
        pods = self.endpoints(service)
        if spec.get("clusterIP") == "None":
            names += [f"{pod.address} {full} {pod.name}.{full}" for pod in pods]
            return
        number = self.cluster_addresses.setdefault(short, len(self.cluster_addresses) + 10)
        address = f"10.96.0.{number}"
        names.append(f"{address} {full} {short}")
        for port in spec["ports"]:
            to = f"ip daddr {address} tcp dport {port['port']}"
            targets = [(pod.address, pod.port(port["targetPort"])) for pod in pods]
            targets = [f"{where} . {number}" for where, number in targets if number]
            if targets:
                choices = ", ".join(f"{index} : {target}" for index, target in enumerate(targets))
                translated.append(f"{to} dnat ip to numgen inc mod {len(targets)} map {{ {choices} }}")
            else:
                refused.append(f"{to} reject with tcp reset")

    def _policies(self):
        """A chain for each direction of each pod that a policy is about, and how packets come there."""
        chains, outgoing, incoming = [], [], []
        for pod in self.node.pods.values():
            if pod.on_node:
                continue
            for direction, side, entries in (("Ingress", "daddr", incoming), ("Egress", "saddr", outgoing)):
                policies = [
                    policy
                    for policy in self.node.objects.of_kind("NetworkPolicy", pod.namespace)
                    if direction in policy["spec"].get("policyTypes", [])
                    and selects(policy["spec"].get("podSelector"), pod.labels)
                ]
                if policies:
                    name = re.sub(r"\W", "_", f"{direction}_{pod.name}")
                    rules = [
                        line
                        for policy in policies
                        for rule in policy["spec"].get(direction.lower()) or []
                        for line in self._rule(rule, pod, direction)
                    ]
                    chains.append(f"chain {name} {{\n{_lines(rules)}\ncounter drop\n}}")
                    entries.append(f"ip {side} {pod.address} jump {name}")
        return chains, outgoing, incoming

    def _rule(self, rule, pod, direction):
        peers = rule.get("from" if direction == "Ingress" else "to")
        match = ""
        if peers is not None:
            addresses = sorted({address for peer in peers for address in self._peer(peer, pod)})
            if not addresses:
                return
            match = f"ip {'saddr' if direction == 'Ingress' else 'daddr'} {{ {', '.join(addresses)} }} "
        if not rule.get("ports"):
            yield f"{match}return"
        for port in rule.get("ports") or []:
            protocol, number = port.get("protocol", "TCP").lower(), port.get("port")
            if isinstance(number, str):
                of = [pod] if direction == "Ingress" else self.node.pods.values()
                numbers = sorted({str(other.ports[number]) for other in of if number in other.ports})
                if not numbers:
                    continue
                number = f"{{ {', '.join(numbers)} }}"
            if port.get("endPort"):
                number = f"{number}-{port['endPort']}"
            yield f"{match}{protocol} dport {number} return" if number else f"{match}meta l4proto {protocol} return"

    def _peer(self, peer, pod):
        if "ipBlock" in peer:
            # The node has IPv4 only.
            return [] if ":" in peer["ipBlock"]["cidr"] else [peer["ipBlock"]["cidr"]]
        return [
            other.address
            for other in self.node.pods.values()
            if not other.on_node and self._is_in(peer, other, pod) and selects(peer.get("podSelector"), other.labels)
        ]

    def _is_in(self, peer, other, pod):
        if "namespaceSelector" not in peer:
            return other.namespace == pod.namespace
        return selects(peer["namespaceSelector"], self.node.objects.namespace_labels(other.namespace))


def _lines(rules):
    return "\n".join(rules)
