"""What a node learns by asking: addresses, names, the instance's metadata, and EMR itself."""

import socket
import subprocess
import urllib.error
import urllib.request
from typing import Optional

from errors import NodeError

_METADATA = "169.254.169.254"


def own_address(towards: str = _METADATA) -> str:
    """Returns the address that this node has on the way to another one. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((towards, 9))
        except OSError as cause:
            raise NodeError(f"this node has no route to {towards}: {cause}; check the subnet") from None
        return probe.getsockname()[0]


def resolve(host: str) -> Optional[str]:
    """Returns a host's IPv4 address, or None when the name is unknown."""
    try:
        return socket.gethostbyname(host)
    except (OSError, UnicodeError):
        return None


def region() -> Optional[str]:
    """Returns the region that the instance's metadata names (IMDSv2), or None."""
    try:
        token = _ask("PUT", "api/token", {"X-aws-ec2-metadata-token-ttl-seconds": "60"})
        return _ask("GET", "meta-data/placement/region", {"X-aws-ec2-metadata-token": token})
    except (OSError, ValueError):
        return None


def primary_of(cluster: Optional[str], in_region: str) -> Optional[str]:
    """Returns the address that EMR gives for a cluster's primary node, or None.

    The last resort, for it needs elasticmapreduce:ListInstances. A cluster has groups or fleets, so both are asked for.
    """
    for kind in ("--instance-group-types", "--instance-fleet-type") if cluster else ():
        command = ["aws", "--region", in_region, "--cli-connect-timeout", "3", "--cli-read-timeout", "5"]
        command += ["emr", "list-instances", "--cluster-id", cluster, kind, "MASTER"]
        command += ["--query", "Instances[0].PrivateIpAddress", "--output", "text"]
        try:
            said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=15).stdout.strip()
        except (OSError, subprocess.SubprocessError):
            continue
        if said and said != "None":
            return said
    return None


def _ask(method: str, path: str, headers: dict) -> str:
    request = urllib.request.Request(f"http://{_METADATA}/latest/{path}", method=method, headers=headers)
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=2) as answer:
        return answer.read().decode("utf-8")
