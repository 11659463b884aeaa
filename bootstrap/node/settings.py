"""The files that tell the services and the jobs of a node what the bootstrap found out. Pure: values in, texts out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from identity import Identity
from machine import MIB, task_memory

# Below the ephemeral range, and no port of Hadoop's.
SCHEDULER_PORT = 7050
EXECUTOR_PORT = 7051

TLS_BUNDLE = "/etc/springald/tls-bundle.pem"
RDS_BUNDLE = "/etc/springald/rds-bundle.pem"


@dataclass(frozen=True)
class Node:
    """A node as its settings need it."""

    identity: Identity
    has_tls: bool
    has_rds_bundle: bool
    work_dir: Optional[Path] = None
    memory_limit: Optional[int] = None
    warehouse: Optional[str] = None


def files(node: Node) -> dict:
    """Returns the texts of the node's settings by file name."""
    made = {"environment": _environment({**_shared(node), **_service(node)}), "job.environment": _environment(_job(node))}
    if not node.identity.is_primary:
        made["node.conf"] = _executor_unit(node)
    return made


def _shared(node: Node) -> dict:
    values = {"AWS_REGION": node.identity.region, "AWS_DEFAULT_REGION": node.identity.region}
    if node.has_tls:
        values["SPRINGALD_TLS_BUNDLE"] = TLS_BUNDLE
    else:
        values["SPRINGALD_INSECURE"] = "true"
    return values


def _service(node: Node) -> dict:
    identity = node.identity
    if identity.is_primary:
        values = {
            "SPRINGALD_BIND": f"{identity.address}:{SCHEDULER_PORT}",
            "SPRINGALD_ADVERTISE": identity.scheduler_host,
        }
        if node.warehouse:
            values["SPRINGALD_WAREHOUSE"] = node.warehouse
        return values
    return {
        "SPRINGALD_CLUSTER": _cluster(node),
        "SPRINGALD_BIND": f"{identity.address}:{EXECUTOR_PORT}",
        "SPRINGALD_MEMORY": f"{task_memory(node.memory_limit) // MIB}MiB",
        "SPRINGALD_WORK_DIR": str(node.work_dir),
        "TMPDIR": str(node.work_dir),
    }


def _job(node: Node) -> dict:
    values = {**_shared(node), "SPRINGALD_CLUSTER": _cluster(node)}
    if node.has_rds_bundle:
        values["SPRINGALD_TLS_CA"] = RDS_BUNDLE
    return values


def _executor_unit(node: Node) -> str:
    return (
        "# Written by Springald's bootstrap action for this node.\n"
        "[Unit]\n"
        f"RequiresMountsFor={node.work_dir}\n"
        "[Service]\n"
        f"ReadWritePaths={node.work_dir}\n"
        f"MemoryMax={node.memory_limit}\n"
    )


def _cluster(node: Node) -> str:
    return f"df://{node.identity.scheduler_host}:{SCHEDULER_PORT}"


def _environment(values: dict) -> str:
    return "".join(f"{name}={value}\n" for name, value in values.items())
