#!/usr/bin/env python3
"""Horizon with our settings, wherever the image has it.

Horizon looks for its local settings inside of its own package. Here they are
given to it before it looks. uWSGI asks this file for `application`; run by
itself it is Django's manage.py.
"""

import importlib.util
import os
import sys

SETTINGS = os.environ.get("HORIZON_SETTINGS", "/etc/openstack-dashboard/local_settings.py")


def configure():
    # The name that Horizon imports.
    name = "local.local_settings"
    specification = importlib.util.spec_from_file_location(name, SETTINGS)
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    specification.loader.exec_module(module)
    os.environ["DJANGO_SETTINGS_MODULE"] = "openstack_dashboard.settings"


configure()
if __name__ == "__main__":
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
else:
    from django.core.wsgi import get_wsgi_application

    application = get_wsgi_application()
