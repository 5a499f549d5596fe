#!/usr/bin/env python3
"""Holds configuration files to the options that the real services have.

Standard input is JSON: a list of files, each with the `service` that reads it, the
`name` to show and its `text`. Every option that there is none of, that has another
name now, or whose value the service would not take is printed, one a line.
"""

import importlib
import json
import logging
import multiprocessing
import sys
import tempfile
import warnings

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)

from keystoneauth1 import loading  # noqa: E402
from oslo_config import cfg, generator  # noqa: E402

from option_schemas import NAMESPACES  # noqa: E402

# Who logs in to Keystone has the options of its way to do so there.
LOGS_IN = ["keystone_authtoken", "service_user", "nova", "placement", "neutron", "cinder"]
# Each helper that runs as root has a section for how it is started.
HELPERS = ["nova_sys_admin", "privsep_osbrick", "vif_plug_ovs_privileged"]


def main():
    files = {}
    for file in json.load(sys.stdin):
        files.setdefault(file["service"], []).append(file)
    # Each in a process of its own: two services declare the same option differently.
    with multiprocessing.get_context("fork").Pool(maxtasksperchild=1) as pool:
        found = [line for lines in pool.imap(of_service, files.items(), chunksize=1) for line in lines]
    print(*found, sep="\n")
    sys.exit(1 if found else 0)


def of_service(item):
    service, files = item
    known = options(NAMESPACES[service])
    return [f"{file['name']}: {finding}" for file in files for finding in findings(file["text"], known)]


def options(namespaces):
    """All options by group and name, and those with another name now."""
    known, old = {}, {}
    groups = [group for _, groups in generator._list_opts(namespaces) for group in groups]
    listed = [(group, option) for group, opts in groups for option in opts]
    password = loading.get_auth_common_conf_options() + loading.get_auth_plugin_conf_options("password")
    password += loading.get_session_conf_options()
    listed += [(group, option) for group in LOGS_IN for option in password]
    helpers = importlib.import_module("oslo_privsep.priv_context").OPTS
    listed += [(group, option) for group in HELPERS for option in helpers]
    for group, option in listed:
        group = getattr(group, "name", group) or "DEFAULT"
        known[group, option.dest] = option
        for deprecated in option.deprecated_opts:
            name = (deprecated.name or option.name).replace("-", "_")
            old[deprecated.group or group, name] = f"{group}/{option.dest}"
    return known, old


def findings(text, declared):
    known, old = declared
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(text)
        file.flush()
        sections = {}
        cfg.ConfigParser(file.name, sections).parse()
    of_stores = stores(sections)
    for group, settings in sections.items():
        for name, values in settings.items():
            option = of_stores.get((group, name)) or known.get((group, name))
            if option is None:
                instead = old.get((group, name))
                yield f"{group}/{name} is {instead} now" if instead else f"there is no {group}/{name}"
                continue
            if option.deprecated_for_removal:
                yield f"{group}/{name} will go: {option.deprecated_reason}"
            # What refers to another option is known only where it is read.
            for value in (value for value in values if "$" not in value):
                try:
                    option.type(value)
                except ValueError as error:
                    yield f"{group}/{name}: {error}"


def stores(sections):
    """The options of sections that another option names: where images and volumes are kept."""
    backends = ",".join(sections.get("DEFAULT", {}).get("enabled_backends", []))
    found = {}
    for backend in filter(None, backends.split(",")):
        name, _, driver = backend.partition(":")
        if driver:
            found[name] = {"file": "filesystem"}.get(driver, driver)
    found.update({group: "filesystem" for group in sections if group.startswith("os_glance_")})
    declared = {}
    for name, driver in found.items():
        module = importlib.import_module(f"glance_store._drivers.{driver}")
        declared.update({(name, option.dest): option for option in module.Store.OPTIONS})
    if backends and not found:
        listed = importlib.import_module("cinder.opts").list_opts()
        opts = [option for group, opts in listed if group == "backend_defaults" for option in opts]
        # cinder-volume declares it itself, as it starts.
        opts.append(cfg.StrOpt("backend_host"))
        declared.update({(backend, option.dest): option for backend in backends.split(",") for option in opts})
    return declared


if __name__ == "__main__":
    main()
