#!/usr/bin/env python3
"""Copies passwords that were made in the cluster into the namespace of the data plane.

A pod reads the Secrets of its own namespace alone. A password that somebody
chose is written into both; one that nobody did is made in this namespace, and
here it is what makes the two the same. The Secrets there are made before: they
are only changed, and only where they differ.
"""

import base64
import json
import os
import pathlib
import ssl
import sys
import urllib.error
import urllib.request

ACCOUNT = pathlib.Path("/var/run/secrets/kubernetes.io/serviceaccount")
TARGET = "openstack-data-plane"
KEY = "password"


def main():
    here = (ACCOUNT / "namespace").read_text()
    for name in sys.argv[1:]:
        password = request("GET", here, name)["data"][KEY]
        if request("GET", TARGET, name)["data"].get(KEY) == password:
            print(f"{name} is the same")
            continue
        assert base64.b64decode(password, validate=True)
        request("PATCH", TARGET, name, {"data": {KEY: password}})
        print(f"{name} was copied")


def request(method, namespace, name, body=None):
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    host = f"[{host}]" if ":" in host else host
    query = urllib.request.Request(
        f"https://{host}:{port}/api/v1/namespaces/{namespace}/secrets/{name}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {(ACCOUNT / 'token').read_text()}",
            "Content-Type": "application/merge-patch+json",
        },
    )
    context = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
    try:
        with urllib.request.urlopen(query, timeout=30, context=context) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        # What the server says may quote the password.
        sys.exit(f"{method} of Secret {namespace}/{name}: {error.code} {error.reason}")


if __name__ == "__main__":
    main()
