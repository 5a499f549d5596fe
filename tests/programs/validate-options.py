#!/usr/bin/env python3
"""Asks `oslo-config-validator` about configuration files.

Standard input is JSON: a list of files, each with the `service` that reads it and its
`text`. Printed is JSON: of each file, in their order, what the validator found: the
lines that it logged, or why it could not read the file. Its own code judges; only
the options are gathered once for all files of a service.
"""

import json
import logging
import multiprocessing
import sys
import tempfile
import warnings

warnings.simplefilter("ignore")

from oslo_config import cfg, generator, iniparser, validator  # noqa: E402

from option_schemas import HELPERS, LOGS_IN, NAMESPACES  # noqa: E402

# Groups of which the validator cannot know: their options are known at run time only.
EXCLUDED = {group for groups in [*LOGS_IN.values(), *HELPERS.values()] for group in groups}
EXCLUDED |= {"ceph", "local", "os_glance_staging_store", "os_glance_tasks_store"}


def main():
    files = json.load(sys.stdin)
    services = sorted({file["service"] for file in files})
    with multiprocessing.get_context("fork").Pool(maxtasksperchild=1) as pool:
        texts = [(service, [file["text"] for file in files if file["service"] == service]) for service in services]
        found = {service: iter(said) for service, said in zip(services, pool.imap(of_service, texts, chunksize=1))}
    print(json.dumps([next(found[file["service"]]) for file in files]))


def of_service(item):
    service, texts = item
    logging.disable(logging.CRITICAL)
    known = generator._get_groups(generator._list_opts(NAMESPACES[service]))
    data = generator._generate_machine_readable_data(known, {})
    logging.disable(logging.NOTSET)
    validator.load_opt_data = lambda conf: data
    return [of_file(text) for text in texts]


def of_file(text):
    said = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: said.append(record.getMessage())
    root = logging.getLogger()
    root.handlers = [handler]
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(text)
        file.flush()
        conf = cfg.ConfigOpts()
        validator._register_cli_opts(conf)
        excluded = [f"--exclude-group={group}" for group in EXCLUDED]
        conf(["--opt-data=gathered", f"--input-file={file.name}", *excluded], default_config_files=[])
        try:
            validator._validate(conf)
        except iniparser.ParseError as error:
            said.append(str(error))
    return said


if __name__ == "__main__":
    main()
