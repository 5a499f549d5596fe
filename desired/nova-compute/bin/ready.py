#!/usr/bin/env python3
"""Whether this node can take virtual machines: a probe.

libvirt answers, and Placement knows the node, which nova-compute tells it of once
everything else has begun. The latter is asked for until it is so, and not again.
"""

import configparser
import os
import pathlib
import sys

import libvirt

CONFIGURATION = "/etc/nova/nova.conf"
# The UUID that nova-compute gave the node.
NODE = pathlib.Path("/var/lib/nova/compute_id")
# Ends with the container, as what it stands for does.
REGISTERED = pathlib.Path("/tmp/registered")
PATIENCE = 4


def main():
    try:
        libvirt.openReadOnly("qemu:///system").getVersion()
    except libvirt.libvirtError as error:
        sys.exit(f"libvirt does not answer: {error}")
    if REGISTERED.exists():
        return
    if not NODE.exists():
        sys.exit("nova-compute has not begun yet")
    status = asked(f"/resource_providers/{NODE.read_text().strip()}")
    if status != 200:
        sys.exit(f"Placement does not know this node yet: it answered {status}")
    REGISTERED.touch()


def asked(path):
    """The status of Placement's answer to a GET, by Nova's own user."""
    # They take a second to load, which a probe that asks nobody need not spend.
    from keystoneauth1 import adapter, exceptions, session
    from keystoneauth1.identity import v3

    settings = configparser.ConfigParser(interpolation=None, strict=False)
    settings.read(CONFIGURATION)
    options = settings["placement"]
    login = v3.Password(
        auth_url=options["auth_url"],
        username=options["username"],
        password=os.environ["OS_PLACEMENT__PASSWORD"],
        project_name=options["project_name"],
        user_domain_name=options["user_domain_name"],
        project_domain_name=options["project_domain_name"],
    )
    placement = adapter.Adapter(
        session.Session(login, timeout=PATIENCE),
        service_type="placement",
        interface=options["valid_interfaces"],
        region_name=options["region_name"],
    )
    try:
        return placement.get(path, raise_exc=False).status_code
    except exceptions.ClientException as error:
        sys.exit(f"Placement cannot be asked for this node: {error}")


if __name__ == "__main__":
    # libvirt would write its errors out by itself, too.
    libvirt.registerErrorHandler(lambda *_: None, None)
    main()
