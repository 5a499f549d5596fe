#!/usr/bin/env python3
"""Puts a new key into a Secret of Fernet keys, and takes the oldest out.

The keys are numbered. Key 0 is to come: it is given to everyone before anything
is locked with it. The highest number is in use. Those between are out of use,
and still open what they once locked. A rotation brings key 0 into use, makes
another key 0, and drops the oldest if there are too many.

It changes the Secret in one step, and only if nobody else has since it was
read. The numbers stay without gaps, so the Secret never has other keys than
0, 1, 2… up to the number that is kept.
"""

import argparse
import base64
import configparser
import datetime
import json
import os
import pathlib
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

ACCOUNT = pathlib.Path("/var/run/secrets/kubernetes.io/serviceaccount")
CONFIGURATION = "/etc/keystone/keystone.conf"
ROTATED = "keystone.openstack.org/rotated"
# Keystone's own number for credentials, which it does not let one choose.
CREDENTIAL_KEYS = 3


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("keys", choices=["fernet", "credential"])
    parser.add_argument("--not-within", type=int, required=True, metavar="SECONDS")
    arguments = parser.parse_args()

    secret = Secret(f"keystone-{arguments.keys}-keys")
    if arguments.keys == "credential":
        # All credentials must be locked with the key in use, or dropping the
        # oldest could lose one.
        lock_with_key_in_use(os.environ)
    age = secret.age()
    if age is not None and age < arguments.not_within:
        print(f"{secret.name} was rotated {age:.0f} seconds ago: too early for another time")
        return
    keys = rotated(secret.keys(), kept(arguments.keys))
    secret.replace(keys)
    print(f"{secret.name} has {len(keys)} keys now")
    if arguments.keys == "credential":
        with tempfile.TemporaryDirectory() as repository:
            for number, key in keys.items():
                pathlib.Path(repository, str(number)).write_bytes(key)
            lock_with_key_in_use({**os.environ, "OS_CREDENTIAL__KEY_REPOSITORY": repository})


def kept(kind):
    if kind == "credential":
        return CREDENTIAL_KEYS
    configuration = configparser.ConfigParser(interpolation=None)
    configuration.read(CONFIGURATION)
    return configuration.getint("fernet_tokens", "max_active_keys")


def rotated(keys, keep):
    """The keys after one rotation, of which there are at most as many as are kept."""
    to_come, *others = (keys[number] for number in sorted(keys))
    others = [*others, to_come][-(keep - 1) :]
    new = base64.urlsafe_b64encode(os.urandom(32))
    return {0: new, **dict(enumerate(others, 1))}


def lock_with_key_in_use(environment):
    # It asks for an owner of files, and makes none.
    owner = ["--keystone-user", str(os.getuid()), "--keystone-group", str(os.getgid())]
    subprocess.run(["keystone-manage", "credential_migrate", *owner], check=True, env=environment)


class Secret:
    """A Secret of this namespace, as it was read."""

    def __init__(self, name):
        self.name = name
        self.read = self.request("GET")

    def keys(self):
        keys = {int(number): base64.b64decode(key) for number, key in self.read["data"].items()}
        if 0 not in keys or len(keys) < 2:
            sys.exit(f"{self.name} needs a key 0 and another one, and has {sorted(keys)}")
        return keys

    def age(self):
        """Seconds since the last rotation; none if there was none."""
        rotated = self.read["metadata"].get("annotations", {}).get(ROTATED)
        return rotated and (now() - datetime.datetime.fromisoformat(rotated)).total_seconds()

    def replace(self, keys):
        data = {str(number): base64.b64encode(key).decode() for number, key in keys.items()}
        gone = {number: None for number in self.read["data"] if number not in data}
        metadata = {
            # Refused if it is another by now.
            "resourceVersion": self.read["metadata"]["resourceVersion"],
            "annotations": {ROTATED: now().isoformat(timespec="seconds")},
        }
        self.read = self.request("PATCH", {"metadata": metadata, "data": {**data, **gone}})

    def request(self, method, body=None):
        host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
        host = f"[{host}]" if ":" in host else host
        namespace = (ACCOUNT / "namespace").read_text()
        request = urllib.request.Request(
            f"https://{host}:{port}/api/v1/namespaces/{namespace}/secrets/{self.name}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {(ACCOUNT / 'token').read_text()}",
                "Content-Type": "application/merge-patch+json",
            },
        )
        context = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
        try:
            with urllib.request.urlopen(request, timeout=30, context=context) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            # What the server says may quote the keys.
            sys.exit(f"{method} of Secret {self.name}: {error.code} {error.reason}")


def now():
    return datetime.datetime.now(datetime.timezone.utc)


if __name__ == "__main__":
    main()
