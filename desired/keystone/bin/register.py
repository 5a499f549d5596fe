#!/usr/bin/env python3
"""Tells Keystone of a service: its user with its roles, its entry and its endpoints.

It looks first, and changes only what differs: setting a password again, even to
the same, would make every token of the user invalid. So it may run any number of
times, and several at once.
"""

import argparse
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

DOMAIN = "default"
PROJECT = "service"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--user", required=True)
    parser.add_argument("--roles", required=True, help="in the project of services; commas between")
    parser.add_argument("--service", help="the name of the service; none for a user alone")
    parser.add_argument("--type")
    parser.add_argument("--description")
    parser.add_argument("--region")
    parser.add_argument("--internal", help="the URL for other services and administrators")
    parser.add_argument("--public", help="the URL for everybody else")
    arguments = parser.parse_args()

    keystone = Keystone(os.environ["KEYSTONE_URL"])
    keystone.log_in("admin", os.environ["ADMIN_PASSWORD"], "admin")
    register_user(keystone, arguments.user, os.environ["USER_PASSWORD"], arguments.roles.split(","))
    if arguments.service:
        register_service(keystone, arguments)


def register_user(keystone, name, password, roles):
    project = keystone.ensure("project", {"name": PROJECT, "domain_id": DOMAIN}, description="The services themselves")
    user = keystone.ensure("user", {"name": name, "domain_id": DOMAIN}, only_new={"password": password})
    if not Keystone(keystone.url).log_in(name, password):
        print(f"user {name}: setting the password")
        keystone.request("PATCH", f"/users/{user['id']}", {"user": {"password": password}})
    for role in roles:
        role = keystone.ensure("role", {"name": role})
        grant = f"/projects/{project['id']}/users/{user['id']}/roles/{role['id']}"
        if keystone.request("HEAD", grant, none_on=[404]) is None:
            print(f"user {name}: giving it the role {role['name']}")
            keystone.request("PUT", grant)


def register_service(keystone, arguments):
    keystone.ensure("region", {"id": arguments.region})
    # There is one of each type, by whatever name.
    service = keystone.ensure(
        "service", {"type": arguments.type}, name=arguments.service, description=arguments.description
    )
    urls = {"internal": arguments.internal, "admin": arguments.internal, "public": arguments.public}
    for interface, url in urls.items():
        which = {"service_id": service["id"], "interface": interface, "region_id": arguments.region}
        keystone.ensure("endpoint", which, url=url)


class Keystone:
    def __init__(self, url):
        self.url = url
        self.token = None

    def log_in(self, user, password, project=None):
        """Whether the password is right."""
        account = {"name": user, "domain": {"id": DOMAIN}, "password": password}
        auth = {"identity": {"methods": ["password"], "password": {"user": account}}}
        if project:
            auth["scope"] = {"project": {"name": project, "domain": {"id": DOMAIN}}}
        answer = self.request("POST", "/auth/tokens", {"auth": auth}, none_on=[] if project else [401])
        if answer is not None:
            self.token = answer.headers["X-Subject-Token"]
        return answer is not None

    def ensure(self, kind, which, only_new=None, **fields):
        """The one of this kind, made if it is not there, changed if it is otherwise."""
        found = self.find(kind, which)
        name = which.get("name") or which.get("interface") or next(iter(which.values()))
        if not found:
            print(f"{kind} {name}: making it")
            new = {kind: {**which, **fields, **(only_new or {})}}
            answer = self.request("POST", f"/{kind}s", new, none_on=[409])
            if answer is not None:
                return answer.body[kind]
            # Somebody was faster.
            found = self.find(kind, which)
        one, *others = found
        for other in others:
            print(f"{kind} {name}: there is another one, {other['id']}, which is left alone")
        different = {field: value for field, value in fields.items() if one.get(field) != value}
        if not different:
            return one
        print(f"{kind} {name}: changing {', '.join(different)}")
        return self.request("PATCH", f"/{kind}s/{one['id']}", {kind: different}).body[kind]

    def find(self, kind, which):
        query = urllib.parse.urlencode({key: value for key, value in which.items() if key != "id"})
        listed = self.request("GET", f"/{kind}s?{query}").body[f"{kind}s"]
        return [one for one in listed if all(one.get(key) == value for key, value in which.items())]

    def request(self, method, path, body=None, none_on=()):
        """The answer; none if its status is one of `none_on`."""
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["X-Auth-Token"] = self.token
        data = None if body is None else json.dumps(body).encode()
        for attempt in range(10):
            request = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return Answer(answer.headers, json.load(answer) if answer.length else None)
            except urllib.error.HTTPError as error:
                if error.code in none_on:
                    return None
                # What it says may quote the password.
                reason = f"{error.code} {error.reason}"
                if error.code < 500:
                    sys.exit(f"{method} {path}: {reason}")
            except OSError as error:
                reason = error
            print(f"{method} {path}: {reason}; trying again", file=sys.stderr)
            time.sleep(min(2**attempt, 30))
        sys.exit(f"{method} {path}: no success")


class Answer:
    def __init__(self, headers, body):
        self.headers = headers
        self.body = body


if __name__ == "__main__":
    main()
