"""The objects that a sync left in a sandbox, as a node's agents read them."""

import base64
import re

import yaml

from cloud import differences

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")


class Objects:
    """All objects, by kind, namespace and name."""

    def __init__(self, sandbox):
        self.all = {}
        for file in sandbox.glob("*/*/*.yaml"):
            value = yaml.load(file.read_text(), LOADER)
            meta = value["metadata"]
            self.all[value["kind"], meta.get("namespace", ""), meta["name"]] = value
        differences.in_files(self)

    def get(self, kind, namespace, name):
        return self.all.get((kind, namespace, name))

    def of_kind(self, kind, namespace=None):
        return [value for (of, where, _), value in self.all.items() if of == kind and namespace in (None, where)]

    def data(self, kind, namespace, name):
        """What a ConfigMap or Secret holds, as bytes by key; none if there is no such object."""
        value = self.get(kind, namespace, name)
        if value is None:
            return None
        encoded = value.get("data" if kind == "Secret" else "binaryData") or {}
        plain = value.get("stringData" if kind == "Secret" else "data") or {}
        data = {key: base64.b64decode(text) for key, text in encoded.items()}
        data.update((key, text.encode()) for key, text in plain.items())
        return data

    def namespace_labels(self, name):
        namespace = self.get("Namespace", "", name) or {"metadata": {}}
        return {**namespace["metadata"].get("labels", {}), "kubernetes.io/metadata.name": name}


def selects(selector, labels):
    """Whether a LabelSelector takes these labels."""
    selector = selector or {}
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(_holds(one, labels) for one in selector.get("matchExpressions") or [])


def _holds(expression, labels):
    value = labels.get(expression["key"])
    return {
        "In": lambda: value in expression["values"],
        "NotIn": lambda: value not in expression["values"],
        "Exists": lambda: value is not None,
        "DoesNotExist": lambda: value is None,
    }[expression["operator"]]()


def bytes_of(quantity):
    """A quantity of memory, such as 64Mi."""
    number, unit = re.fullmatch(r"(\d+)(Ki|Mi|Gi|)", quantity).groups()
    return int(number) << {"": 0, "Ki": 10, "Mi": 20, "Gi": 30}[unit]
