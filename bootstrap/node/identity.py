"""Which node of an EMR cluster this is, and where its scheduler is, from the files that EMR keeps on each node.

Only `isMaster` in instance.json is documented. The rest differs between releases and between instance groups and fleets,
so it is read with care: a key may be missing, a role may be written `MASTER` or `master`, the primary may be named by
address or by name, and on the primary itself it is the literal `localhost`.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from errors import NodeError


@dataclass(frozen=True)
class Identity:
    """What this node is: its role, its own address, its scheduler's host, and its region."""

    is_primary: bool
    address: str
    scheduler_host: str
    region: str


def identify(info: Path, network, scheduler_host: Optional[str] = None, region: Optional[str] = None) -> Identity:
    """Returns what the node is that `info` describes; `scheduler_host` and `region` come before what stands there.

    `network` is asked for what no file says: see network.py. Raises NodeError when something cannot be told.
    """
    instance = _read(info / "instance.json")
    extra = _read(info / "extraInstanceData.json", required=False)
    job_flow = _read(info / "job-flow.json", required=False)
    if _is_true(extra.get("haEnabled")):
        raise NodeError("this cluster has three primary nodes, and Springald runs on clusters with one; create it with one")
    region = region or extra.get("region") or network.region()
    if not region:
        raise NodeError(f"neither {info}/extraInstanceData.json nor the instance's metadata tells the region; pass --region")
    if _is_primary(instance, extra, info):
        address = network.own_address()
        return Identity(True, address, scheduler_host or address, region)
    if not scheduler_host:
        cluster = job_flow.get("jobFlowId") or extra.get("jobFlowId")
        named = [extra.get("masterHost"), job_flow.get("masterPrivateDnsName")]
        scheduler_host = _first_that_resolves(named, network) or network.primary_of(cluster, region)
    if not scheduler_host:
        raise NodeError(f"no file in {info} names a primary node that can be found, nor does EMR; pass --scheduler-host")
    found = network.resolve(scheduler_host)
    if not found:
        raise NodeError(f"the scheduler's host {scheduler_host} cannot be resolved; check the VPC's DNS or --scheduler-host")
    return Identity(False, network.own_address(found), scheduler_host, region)


def _is_primary(instance: dict, extra: dict, info: Path) -> bool:
    if "isMaster" in instance:
        return _is_true(instance["isMaster"])
    role = str(extra.get("instanceRole", "")).lower()
    if role not in ("master", "core", "task"):
        raise NodeError(f"{info}/instance.json has no isMaster, so the node's role is unknown; is this an EMR node?")
    return role == "master"


def _first_that_resolves(hosts, network) -> Optional[str]:
    for host in hosts:
        if not host or host == "localhost":
            continue
        address = network.resolve(host)
        if address and not address.startswith("127."):
            return host
    return None


def _is_true(value) -> bool:
    return str(value).lower() == "true"


def _read(path: Path, required: bool = True) -> dict:
    """Returns a file's JSON object; an empty one when the file is absent and not required."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if not required:
            return {}
        raise NodeError(f"{path} is missing: this is no EMR node, or EMR has not described it yet") from None
    except (OSError, ValueError) as cause:
        raise NodeError(f"read {path}: {cause}") from None
    if not isinstance(value, dict):
        raise NodeError(f"read {path}: it holds no JSON object")
    return value
