#!/usr/bin/env python3
"""A user of the cloud: by the printed openrc, through the Ingress, with the OpenStack SDK.

From a token to a virtual machine that has an address by DHCP, reads its metadata, reaches the world outside and is
reached from there; and Horizon. The first thing that is not as it should be ends it.
"""

import base64
import contextlib
import http.cookiejar
import os
import pathlib
import re
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request

import openstack

OUTSIDE = "203.0.113.1"


@contextlib.contextmanager
def step(what):
    began = time.monotonic()
    try:
        yield
    except Exception as error:
        print(f"FAILED  {what}: {type(error).__name__}: {error}", flush=True)
        sys.exit(1)
    print(f"ok  {what} ({time.monotonic() - began:.0f} s)", flush=True)


def until(what, is_so, patience=120, pause=2):
    """What `is_so` gives, as soon as that is something."""
    deadline = time.monotonic() + patience
    while not (result := is_so()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {patience} s until {what}")
        time.sleep(pause)
    return result


def main(guest):
    cloud = openstack.connect()
    with step("a token"):
        assert cloud.auth_token
    with step("the catalogue has the hosts of the Ingress, and no other"):
        services = cloud.session.auth.get_access(cloud.session).service_catalog.catalog
        public = {
            service["type"]: endpoint["url"]
            for service in services
            for endpoint in service["endpoints"]
            if endpoint["interface"] == "public"
        }
        assert {"identity", "image", "network", "compute", "placement"} <= public.keys(), public
        own = urllib.parse.urlsplit(os.environ["OS_AUTH_URL"])
        domain = own.netloc.split(".", 1)[1]
        assert all(urllib.parse.urlsplit(url).netloc.endswith(f".{domain}") for url in public.values()), public
    with step("all agents of Neutron and all services of Nova are there"):
        until("four agents are alive", lambda: [agent.is_alive for agent in cloud.network.agents()] == [True] * 4)
        until("three services are up", lambda: [one.state for one in cloud.compute.services()] == ["up"] * 3)
    with step("the compute node is a hypervisor"):
        assert len(list(cloud.compute.hypervisors())) == 1

    with step("Placement counts what virtual machines may take, and no more"):
        inventory(cloud)
    images(cloud, guest)
    networks(cloud)
    server = machine(cloud)
    with step("the console answers"):
        console(cloud.compute.create_console(server, console_type="novnc")["url"], domain)
    with step("Horizon lets in, and shows the machine"):
        horizon(f"http://horizon.{domain}", server.name)
    with step("a machine that is deleted leaves no port behind"):
        cloud.compute.delete_server(server)
        cloud.compute.wait_for_delete(server, wait=120)
        ports = [port for port in cloud.network.ports() if port.device_id == server.id]
        assert not ports, ports


def inventory(cloud):
    """By the parameters that `run` sets: an option that has none of its own, and a share of the memory."""
    [provider] = cloud.placement.resource_providers()
    of = {one.resource_class: one for one in cloud.placement.resource_provider_inventories(provider)}
    assert of["VCPU"].allocation_ratio == 3, of["VCPU"]
    # Within the 4 GiB, less what Nova keeps for itself.
    memory = of["MEMORY_MB"]
    assert memory.total - memory.reserved == 4096 - 512, memory


def images(cloud, guest):
    with step("images go up"):

        def upload(name, kind, file, **properties):
            return cloud.image.create_image(
                name, filename=guest / file, disk_format=kind, container_format=kind, wait=True, **properties
            )

        kernel = upload("kernel", "aki", "kernel")
        ramdisk = upload("ramdisk", "ari", "initrd.gz")
        properties = {"kernel_id": kernel.id, "ramdisk_id": ramdisk.id, "os_command_line": "console=ttyS0"}
        upload("guest", "ami", "root.img", visibility="public", **properties)
    with step("an image comes back as it was"):
        sent = (guest / "kernel").read_bytes()
        came = cloud.image.download_image(kernel.id, stream=False).content
        assert came == sent, f"{len(came)} bytes"
    with step("an image may pause, in either direction"):
        slow = cloud.image.post("/images", json={"disk_format": "raw", "container_format": "bare"}).json()["id"]
        data = slowly([sent[:SOME], sent[SOME:]])
        answer = cloud.image.put(
            f"/images/{slow}/file", data=data, headers={"Content-Type": "application/octet-stream"}
        )
        assert answer.status_code == 204, answer.text
        chunks = cloud.image.download_image(slow, stream=True).iter_content(SOME)
        came = b"".join(slowly(chunks))
        assert came == sent, f"{len(came)} bytes"


SOME = 1 << 20
# Longer than uWSGI waits by itself.
PAUSE = 6


def slowly(chunks):
    """The same, with a pause after the first."""
    for number, chunk in enumerate(chunks):
        if number == 1:
            time.sleep(PAUSE)
        yield chunk


def networks(cloud):
    with step("a network, and a router to the world outside"):
        inside = cloud.network.create_network(name="inside")
        subnet = cloud.network.create_subnet(name="inside", network_id=inside.id, ip_version=4, cidr="10.9.0.0/24")
        outside = cloud.network.create_network(
            name="outside",
            is_router_external=True,
            provider_network_type="flat",
            provider_physical_network="external",
        )
        cloud.network.create_subnet(
            name="outside",
            network_id=outside.id,
            ip_version=4,
            cidr="203.0.113.0/24",
            gateway_ip=OUTSIDE,
            is_dhcp_enabled=False,
            allocation_pools=[{"start": "203.0.113.10", "end": "203.0.113.50"}],
        )
        router = cloud.network.create_router(name="router", external_gateway_info={"network_id": outside.id})
        cloud.network.add_interface_to_router(router, subnet_id=subnet.id)
    with step("the security group lets pings in"):
        group = cloud.network.find_security_group("default", project_id=cloud.current_project_id)
        cloud.network.create_security_group_rule(
            security_group_id=group.id, direction="ingress", ether_type="IPv4", protocol="icmp"
        )


def machine(cloud):
    with step("a virtual machine runs"):
        flavor = cloud.compute.create_flavor(name="small", ram=256, vcpus=1, disk=0)
        server = cloud.compute.create_server(
            name="machine",
            flavor_id=flavor.id,
            image_id=cloud.image.find_image("guest").id,
            networks=[{"uuid": cloud.network.find_network("inside").id}],
        )
        server = cloud.compute.wait_for_server(server, wait=300)
    with step("it has a floating address"):
        [port] = cloud.network.ports(device_id=server.id)
        outside = cloud.network.find_network("outside")
        floating = cloud.network.create_ip(floating_network_id=outside.id, port_id=port.id)
    with step("it is up, by its console"):

        def said():
            output = cloud.compute.get_server_console_output(server)["output"]
            return "GUEST-READY" in output and output

        output = until("the guest is up", said, patience=300, pause=4)
    with step("it has its address by DHCP"):
        assert f"GUEST-DHCP ip={port.fixed_ips[0]['ip_address']} " in output, output[-2000:]
    with step("it reads its metadata"):
        assert f'"uuid": "{server.id}"' in output, output[-2000:]
    with step("it reaches the world outside"):
        assert "GUEST-OUTSIDE-OK" in output, output[-2000:]
    with step("it is reached from there"):
        ping = ["ping", "-c", "1", "-W", "2", floating.floating_ip_address]
        until("it answers", lambda: subprocess.run(ping, capture_output=True, check=False).returncode == 0, 60)
    return server


def console(url, domain):
    """Follows the console's page to the machine's screen, which begins by naming its protocol."""
    parts = urllib.parse.urlsplit(url)
    assert parts.netloc == f"novnc.compute.{domain}", url
    # The page is told where to find the screen: `path=?token=…`.
    path = urllib.parse.parse_qs(parts.query)["path"][0]
    token = urllib.parse.parse_qs(path.partition("?")[2])["token"][0]
    key = base64.b64encode(os.urandom(16)).decode()
    request = (
        f"GET /?token={token} HTTP/1.1\r\nHost: {parts.netloc}\r\nOrigin: http://{parts.netloc}\r\n"
        f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: binary\r\n\r\n"
    )
    with socket.create_connection((parts.hostname, parts.port), 30) as connection:
        connection.sendall(request.encode())
        answer = b""
        while b"RFB 00" not in answer:
            more = connection.recv(4096)
            assert more, answer
            answer += more


def horizon(url, name):
    jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    browser = urllib.request.build_opener(jar)

    def page(path, form=None):
        request = urllib.request.Request(url + path, form, {"Referer": url + path})
        with browser.open(request, timeout=120) as answer:
            return answer.geturl(), answer.read().decode()

    _, login = page("/")
    form = {
        "csrfmiddlewaretoken": re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', login)[1],
        "region": "default",
        "domain": os.environ["OS_USER_DOMAIN_NAME"],
        "username": os.environ["OS_USERNAME"],
        "password": os.environ["OS_PASSWORD"],
        "next": "/project/",
    }
    where, _ = page("/auth/login/", urllib.parse.urlencode(form).encode())
    assert where.startswith(f"{url}/project/"), where
    _, instances = page("/project/instances/")
    assert name in instances


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
