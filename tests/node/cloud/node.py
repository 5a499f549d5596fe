"""A kubelet for a sandbox: runs its workloads and Jobs as pods, in the order in which they were written."""

import time

from cloud import differences
from cloud.ingress import Ingress
from cloud.objects import WORKLOADS
from cloud.pod import Failed, Pod
from cloud.traffic import Traffic

# What has no program here.
LEFT_OUT = ("traefik",)


class Node:
    def __init__(self, machine, objects):
        self.machine, self.objects = machine, objects
        self.pods = {}
        self.traffic = Traffic(self)
        self.ingress = Ingress(self)
        self.traffic.public_names = self.ingress.names()

    def start(self, order):
        """Starts everything of `order`, a list of kinds, namespaces and names, each when what comes before is well."""
        self.traffic.start()
        for kind, namespace, name in order:
            if kind in (*WORKLOADS, "Job") and name not in LEFT_OUT:
                began = time.monotonic()
                value = self.objects.get(kind, namespace, name)
                told = self._run_job(value) if kind == "Job" else self._start_workload(value)
                print(f"ok  {kind} {namespace}/{name}: {told} ({time.monotonic() - began:.0f} s)", flush=True)
        self.ingress.start()

    def run_cron_jobs(self):
        """Runs each CronJob once, now, but for those that ask an API server, which is not here."""
        for value in self.objects.of_kind("CronJob"):
            meta, template = value["metadata"], value["spec"]["jobTemplate"]["spec"]["template"]
            if not template["spec"].get("automountServiceAccountToken"):
                pod = self._run_to_end(value, f"{meta['name']}-now", template, attempts=1)
                print(f"ok  CronJob {meta['namespace']}/{meta['name']}: done, at most {pod.peaks()}", flush=True)

    def failing(self):
        return [problem for pod in self.pods.values() for problem in pod.failing()]

    def _start_workload(self, value):
        name, namespace = value["metadata"]["name"], value["metadata"]["namespace"]
        spec = value["spec"]
        count = 1 if value["kind"] == "DaemonSet" else spec.get("replicas", 1)
        names = [name] if value["kind"] == "DaemonSet" else [f"{name}-{ordinal}" for ordinal in range(count)]
        claims = [claim["metadata"]["name"] for claim in spec.get("volumeClaimTemplates") or []]
        pods = [Pod(self, namespace, pod, name, spec["template"], claims) for pod in names]
        for pod in pods:
            self._start(pod)
        for pod in pods:
            pod.wait_until_ready()
        self.traffic.update()
        if name in differences.AFTER:
            container, command, why = differences.AFTER[name]
            differences.say(command, why)
            code, output = pods[0].container(container).execute(command.split())
            if code:
                raise Failed(output)
        return f"{len(pods)} ready"

    def _run_job(self, value):
        template, attempts = value["spec"]["template"], value["spec"].get("backoffLimit", 6) + 1
        pod = self._run_to_end(value, value["metadata"]["name"], template, attempts)
        return f"done, at most {pod.peaks()}"

    def _run_to_end(self, value, name, template, attempts):
        for attempt in range(attempts):
            pod = Pod(self, value["metadata"]["namespace"], f"{name}-{attempt}", name, template)
            self._start(pod)
            code = pod.wait_until_done()
            del self.pods[pod.name]
            self.traffic.update()
            if code == 0:
                return pod
            said = pod.containers[-1].end_of_log()
            print(f"  {pod.name} failed with {code}: {said}", flush=True)
            time.sleep(min(10 << attempt, 60))
        raise Failed(f"{name} failed {attempts} times")

    def _start(self, pod):
        self.pods[pod.name] = pod
        self.traffic.update()
        pod.start()
