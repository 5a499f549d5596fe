#!/usr/bin/env python3
"""Makes the option schemas that `stackanetes check` holds configuration files to.

    target/programs/openstack/bin/python tests/programs/option_schemas.py [DESIRED]

writes each file of SCHEMAS below DESIRED (`desired`). It runs in an environment with
the real services: `tests/programs/install --openstack` makes one.

What is written is what `oslo-config-generator --format json` writes with the
namespaces that the service loads, without its prose, and with what that leaves out:

- of a type: `regex`, `ignore_case`, `max_length`, `quotes`, `bounds`, `item_type`,
  `value_type`, `key_value_separator`, `min_length`, `schemes`, `version`;
- the options of those who log in to Keystone, which keystoneauth adds at run time;
- groups that repeat: a group with a `dynamic_group_owner` describes each group that
  this option names, or that a `*` in its own name stands for. With `dynamic_group_prefix`
  the groups' names begin so; with `dynamic_group_kind` the option says NAME:KIND.
"""

import gzip
import importlib
import json
import logging
import multiprocessing
import pathlib
import re
import sys
import warnings

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)

from keystoneauth1 import loading  # noqa: E402
from oslo_config import cfg, generator, types  # noqa: E402

LIBRARIES = ["keystonemiddleware.auth_token", "oslo.log", "oslo.policy", "oslo.middleware.cors"]
LIBRARIES += ["oslo.middleware.http_proxy_to_wsgi", "oslo.middleware.healthcheck", "oslo.concurrency"]
MESSAGES = ["oslo.messaging", "oslo.service.service", "oslo.service.wsgi", "oslo.privsep", "oslo.reports"]
AGENT = ["neutron", "neutron.agent", "neutron.base.agent", *LIBRARIES, *MESSAGES]

# What each service loads: its own namespaces and those of the libraries it uses.
NAMESPACES = {
    "keystone": ["keystone", "oslo.db", "oslo.cache", *LIBRARIES],
    "placement": ["placement.conf", "oslo.db", *LIBRARIES],
    "glance": ["glance", "glance.api", "glance.multi_store", "oslo.db", "oslo.limit", *LIBRARIES],
    "cinder": ["cinder", "oslo.db", *LIBRARIES, *MESSAGES],
    "neutron": ["neutron.db", "neutron.extensions", "nova.auth", "placement.auth", "oslo.db", *AGENT],
    "neutron-ml2": ["neutron.ml2"],
    "neutron-openvswitch-agent": ["neutron.ml2.ovs.agent", *AGENT],
    "neutron-dhcp-agent": ["neutron.dhcp.agent", "neutron.ml2.ovs.agent", *AGENT],
    "neutron-l3-agent": ["neutron.l3.agent", "neutron.ml2.ovs.agent", *AGENT],
    "neutron-metadata-agent": ["neutron.metadata.agent", *AGENT],
    "neutron-agents": AGENT,
    "nova": ["nova.conf", "os_vif", "oslo.cache", "oslo.limit", *LIBRARIES, *MESSAGES],
}

# Which schema is written where.
SCHEMAS = {
    "keystone": "keystone/options/keystone.json.gz",
    "placement": "placement/options/placement.json.gz",
    "glance": "glance/options/glance-api.json.gz",
    "cinder": "cinder/options/cinder.json.gz",
    "neutron": "neutron/options/neutron.json.gz",
    "neutron-ml2": "neutron/options/ml2_conf.json.gz",
    "neutron-openvswitch-agent": "neutron-agents/options/openvswitch_agent.json.gz",
    "neutron-dhcp-agent": "neutron-agents/options/dhcp_agent.json.gz",
    "neutron-l3-agent": "neutron-agents/options/l3_agent.json.gz",
    "neutron-metadata-agent": "neutron-agents/options/metadata_agent.json.gz",
    "neutron-agents": "neutron-agents/options/neutron.json.gz",
    "nova": "nova/options/nova.json.gz",
}

# Who logs in to Keystone has the options of its way to do so there.
LOGS_IN = {
    "placement": ["keystone_authtoken"],
    "glance": ["keystone_authtoken", "oslo_limit"],
    "cinder": ["keystone_authtoken", "service_user", "nova"],
    "neutron": ["keystone_authtoken", "nova", "placement"],
    "neutron-openvswitch-agent": ["keystone_authtoken"],
    "neutron-dhcp-agent": ["keystone_authtoken"],
    "neutron-l3-agent": ["keystone_authtoken"],
    "neutron-metadata-agent": ["keystone_authtoken"],
    "neutron-agents": ["keystone_authtoken"],
    "nova": ["keystone_authtoken", "service_user", "neutron", "cinder", "glance", "placement", "oslo_limit"],
}
# Each helper that runs as root has a section for how it is started.
HELPERS = {
    "cinder": ["privsep_osbrick"],
    "nova": ["nova_sys_admin", "privsep_osbrick", "vif_plug_ovs_privileged", "vif_plug_linux_bridge_privileged"],
}
# The kinds of Glance's stores, and the drivers they are.
STORES = {"file": "filesystem", "http": "http", "rbd": "rbd", "cinder": "cinder", "swift": "swift"}
STORES.update({"s3": "s3", "vmware": "vmware_datastore"})
DETAILS = ["regex", "ignore_case", "max_length", "quotes", "bounds", "key_value_separator", "min_length"]
DETAILS += ["schemes", "min", "max"]


def main():
    desired = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "desired")
    # Each in a process of its own: two services declare the same option differently.
    with multiprocessing.get_context("fork").Pool(maxtasksperchild=1) as pool:
        for service, schema in pool.imap(schema_of, SCHEMAS, chunksize=1):
            path = desired / SCHEMAS[service]
            path.parent.mkdir(exist_ok=True)
            text = json.dumps(schema, sort_keys=True, separators=(",", ":"))
            # The same bytes whenever it is made.
            path.write_bytes(gzip.compress(text.encode(), mtime=0))


def schema_of(service):
    groups = {}
    for namespace, listed in generator._list_opts(NAMESPACES[service]):
        for group, options in listed:
            target = groups.setdefault(name_of(group), {"opts": {}})
            if isinstance(group, cfg.OptGroup):
                said = {"dynamic_group_owner": group.dynamic_group_owner}
                target.update({key: value for key, value in said.items() if value})
            for option in options:
                target["opts"].setdefault(option.dest, option)
    added(service, groups)
    schema = {"options": {}, "deprecated_options": {}}
    for name, group in sorted(groups.items()):
        entries = [entry(option) for _, option in sorted(group["opts"].items())]
        schema["options"][name] = {**group, "opts": entries}
        for option in group["opts"].values():
            # One with a dash is found in no file.
            for old in (old for old in option.deprecated_opts if "-" not in (old.name or "")):
                old_name = old.name or option.dest
                instead = {"name": old_name, "replacement_name": option.dest, "replacement_group": name}
                schema["deprecated_options"].setdefault(old.group or name, []).append(instead)
    return service, schema


def name_of(group):
    return getattr(group, "name", group) or "DEFAULT"


def added(service, groups):
    """Adds what is known at run time only."""

    def add(group, options, **said):
        target = groups.setdefault(group, {"opts": {}})
        target.update(said)
        for option in options:
            target["opts"].setdefault(option.dest, option)

    login = loading.get_auth_common_conf_options() + loading.get_session_conf_options()
    login += loading.get_adapter_conf_options()
    for plugin in sorted(loading.get_available_plugin_names()):
        try:
            login += loading.get_auth_plugin_conf_options(plugin)
        except Exception:
            # One that wants a library that is not there.
            continue
    for group in LOGS_IN.get(service, []):
        add(group, login)
        # All of that may stand in a group of another name.
        add(f"the auth_section of {group}", login, dynamic_group_owner=f"{group}.auth_section")
    if service in HELPERS:
        options = importlib.import_module("oslo_privsep.priv_context").OPTS
        for group in HELPERS[service]:
            add(group, options)
    if service == "cinder":
        # cinder-volume declares it itself, as it starts.
        add("backend_defaults", [cfg.StrOpt("backend_host")], dynamic_group_owner="enabled_backends")
    if service == "glance":
        for kind, driver in STORES.items():
            options = importlib.import_module(f"glance_store._drivers.{driver}").Store.OPTIONS or []
            said = {"dynamic_group_owner": "enabled_backends", "dynamic_group_kind": kind}
            add(f"a store of kind {kind}", options, **said)
            if kind == "file":
                # Where Glance keeps what it works with.
                add("os_glance_*", options)
    if service == "nova":
        # nova-compute declares them itself, for each type of device that it is to offer.
        devices = [cfg.ListOpt("device_addresses"), cfg.StrOpt("mdev_class", regex="^(VGPU|CUSTOM_[A-Z0-9_]+)$")]
        devices.append(cfg.IntOpt("max_instances", min=1))
        said = {"dynamic_group_owner": "devices.enabled_mdev_types", "dynamic_group_prefix": "mdev_"}
        add("a type of mediated devices", devices, **said)


def entry(option):
    """An option as the generator writes it, without its prose."""
    written = {"name": option.dest, **type_of(option.type)}
    if option.deprecated_for_removal:
        written["deprecated_for_removal"] = True
        written["deprecated_reason"] = str(option.deprecated_reason or "")
        written["deprecated_since"] = str(option.deprecated_since or "")
    return written


def type_of(kind):
    """A type, with what tells its values from others. A `type` that is none of oslo.config's is unknown."""
    known = {
        types.MultiString: "multi valued",
        types.String: "string value",
        types.Boolean: "boolean value",
        types.Port: "port value",
        types.Integer: "integer value",
        types.Float: "floating point value",
        types.List: "list value",
        types.Dict: "dict value",
        types.Range: "range value",
        types.IPAddress: "IP address value",
        types.Hostname: "hostname value",
        types.HostDomain: "host domain value",
        types.HostAddress: "host address value",
        types.URI: "URI value",
    }
    # A class of the service's own takes what it wants, unless it only has another name.
    alike = [cls for cls in type(kind).__mro__ if cls in known and cls.__call__ is type(kind).__call__]
    if not alike:
        # keystoneauth has Python's words for its types.
        words = {"int": "integer value", "bool": "boolean value", "str": "string value"}
        word = kind.__name__ if isinstance(kind, type) else ""
        return {"type": words.get(word, "unknown value")}
    written = {"type": known[alike[0]]}
    for detail in DETAILS:
        value = getattr(kind, detail, None)
        if value in (None, False, 0, "") and not (detail in ("min", "max") and value == 0):
            continue
        if (detail, value) == ("key_value_separator", ":"):
            continue
        written[detail] = value.pattern if detail == "regex" else value
    if getattr(kind, "regex", None) is not None and kind.regex.flags & re.IGNORECASE:
        written["ignore_case"] = True
    if getattr(kind, "choices", None):
        # Said in any case: without it, the case of a choice is not checked.
        written["ignore_case"] = bool(getattr(kind, "ignore_case", False))
        written["choices"] = [[choice, None] for choice in kind.choices]
    checker = getattr(getattr(kind, "ip_address", kind), "version_checker", None)
    version = {"_check_ipv4": 4, "_check_ipv6": 6}.get(getattr(checker, "__name__", None))
    if version:
        written["version"] = version
    for part in ("item_type", "value_type"):
        if hasattr(kind, part):
            written[part] = type_of(getattr(kind, part))
    return written


if __name__ == "__main__":
    main()
