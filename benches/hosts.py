"""A network of hosts on this machine: network namespaces on a bridge, each behind a link of a limited rate. Needs root."""

import contextlib
import subprocess

BRIDGE = "spscale"
PREFIX = "10.213.0"
HERE = f"{PREFIX}.1"

# Without an address of its own a bridge has the lowest of its links', which changes as hosts come and go: the others then send
# into the void until they ask anew, some 20 s later.
BRIDGE_MAC = "02:00:00:00:00:01"

# What a link may hold back before it drops: a token bucket's burst, and how long packets may queue.
BURST, LATENCY = "128kb", "60ms"


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True)


@contextlib.contextmanager
def network():
    """Makes the bridge, on which this machine is `HERE`."""
    ip("link", "add", BRIDGE, "address", BRIDGE_MAC, "type", "bridge")
    try:
        ip("addr", "add", f"{HERE}/24", "dev", BRIDGE)
        ip("link", "set", BRIDGE, "up")
        yield
    finally:
        ip("link", "delete", BRIDGE)


@contextlib.contextmanager
def host(number, rate):
    """Makes a host whose link carries `rate` in each direction, and yields its address and the words that run a command on it."""
    name, link, address = f"{BRIDGE}{number}", f"spv{number}", f"{PREFIX}.{10 + number}"
    inside = ["ip", "netns", "exec", name]
    ip("netns", "add", name)
    try:
        ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", name)
        ip("link", "set", link, "master", BRIDGE, "up")
        for words in (["link", "set", "lo", "up"], ["addr", "add", f"{address}/24", "dev", "eth0"], ["link", "set", "eth0", "up"]):
            subprocess.run([*inside, "ip", *words], check=True)
        limit(["tc"], link, rate)
        limit([*inside, "tc"], "eth0", rate)
        yield address, inside
        # With its network alone it would be gone some time later, and its name taken until then.
        ip("link", "delete", link)
    finally:
        ip("netns", "delete", name)


def limit(tc, device, rate):
    subprocess.run([*tc, "qdisc", "add", "dev", device, "root", "tbf", "rate", rate, "burst", BURST, "latency", LATENCY], check=True)
