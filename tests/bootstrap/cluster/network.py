"""The network of the cluster: one bridge in this test's own network namespace, where AWS and MySQL are."""

from command import run

GATEWAY = "10.77.0.1"
METADATA = "169.254.169.254"
NOBODY = "10.77.0.250"

# Without an address of its own a bridge has the lowest of its links', which changes as hosts come and go: the others then send
# into the void until they ask anew, some 20 s later.
BRIDGE_MAC = "02:00:00:00:00:01"


def build():
    """Makes the bridge with the addresses of AWS's side."""
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", "subnet", "address", BRIDGE_MAC, "type", "bridge")
    run("ip", "addr", "add", f"{GATEWAY}/24", "dev", "subnet")
    run("ip", "addr", "add", f"{METADATA}/32", "dev", "subnet")
    run("ip", "link", "set", "subnet", "up")


def connect(pid, number):
    """Connects the namespace of process `pid` as host `number`; returns its address."""
    address = f"10.77.0.{number}"
    run("ip", "link", "add", f"host{number}", "type", "veth", "peer", "name", "eth0", "netns", pid)
    run("ip", "link", "set", f"host{number}", "master", "subnet", "up")
    inside = ("nsenter", "--target", pid, "--net", "ip")
    run(*inside, "link", "set", "lo", "up")
    run(*inside, "addr", "add", f"{address}/24", "dev", "eth0")
    run(*inside, "link", "set", "eth0", "up")
    run(*inside, "route", "add", "default", "via", GATEWAY)
    return address
