"""What of the machine the executor gets: a share of its memory, and one of its data disks."""

import os
import re
from pathlib import Path

from errors import NodeError

MIB = 1024**2
GIB = 1024**3

# What the DataNode, the NodeManager and EMR's own agents take on a core node.
FOR_HADOOP = 3 * GIB

# Of what the executor's process may take, the part that its tasks account for; the rest is buffers, code and stacks.
_FOR_TASKS = 0.7


def executor_limit(total: int) -> int:
    """Returns the bytes that the executor's process may take on a node with `total` bytes of memory."""
    limit = total - FOR_HADOOP
    if limit < GIB:
        raise NodeError(f"this node has {total / GIB:.1f} GiB of memory and Hadoop needs 3 of them; use a larger instance")
    return limit


def task_memory(limit: int) -> int:
    """Returns the bytes that the tasks of an executor may take together, when its process may take `limit`."""
    return int(limit * _FOR_TASKS)


def total_memory(meminfo: str) -> int:
    """Returns the machine's memory in bytes, from the text of /proc/meminfo."""
    found = re.search(r"^MemTotal:\s+(\d+) kB$", meminfo, re.MULTILINE)
    if not found:
        raise NodeError("/proc/meminfo has no MemTotal")
    return int(found.group(1)) * 1024


def largest(sizes: dict) -> Path:
    """Returns the largest disk; of equals the last, for /mnt, the first, holds EMR's logs as well.

    Sizes never change, as free space would: a second run of the bootstrap action chooses the same disk.
    """
    return max(sizes, key=lambda disk: (sizes[disk], disk))


def data_disks(root: Path = Path("/")) -> dict:
    """Returns the sizes of EMR's data disks: /mnt, and /mnt1, /mnt2 and so on where something is mounted there."""
    disks = [root / "mnt"]
    disks += [disk for disk in root.glob("mnt*") if re.fullmatch(r"mnt\d+", disk.name) and os.path.ismount(disk)]
    return {disk: os.statvfs(disk).f_blocks * os.statvfs(disk).f_frsize for disk in disks}
