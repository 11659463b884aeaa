"""Decides what this node is to run and with which settings: writes the settings' files into a directory, and prints one
line for install.sh: role, region, work directory and TLS secret, `-` where there is none."""

import argparse
import re
import sys
from pathlib import Path

import network
from errors import NodeError
from identity import identify
from machine import data_disks, executor_limit, largest, total_memory
from settings import RDS_BUNDLE, Node, files

_INFO = Path("/mnt/var/lib/info")


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in the one line that all errors have."""

    def error(self, message):
        raise NodeError(f"bootstrap action's arguments: {message}")


def _arguments(words):
    def plain(text):
        if not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z_.:/+=@!-]*", text):
            raise argparse.ArgumentTypeError(f"`{text}` holds characters that do not belong there")
        return text

    def bucket(text):
        if not text.startswith("s3://"):
            raise argparse.ArgumentTypeError(f"`{text}` is no s3:// URL")
        return plain(text)

    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--scheduler-host", type=plain)
    parser.add_argument("--region", type=plain)
    parser.add_argument("--warehouse", type=bucket)
    protection = parser.add_mutually_exclusive_group(required=True)
    protection.add_argument("--tls-secret", type=plain)
    protection.add_argument("--insecure", action="store_true")
    return parser.parse_args(words)


def _node(arguments) -> Node:
    identity = identify(_INFO, network, arguments.scheduler_host, arguments.region)
    has_tls, has_rds_bundle = arguments.tls_secret is not None, Path(RDS_BUNDLE).exists()
    if identity.is_primary:
        return Node(identity, has_tls, has_rds_bundle, warehouse=arguments.warehouse)
    limit = executor_limit(total_memory(Path("/proc/meminfo").read_text(encoding="utf-8")))
    return Node(identity, has_tls, has_rds_bundle, largest(data_disks()) / "springald", limit)


def main(words) -> None:
    """Runs the decisions for the command line `words`."""
    arguments = _arguments(words)
    node = _node(arguments)
    for name, text in files(node).items():
        (arguments.to / name).write_text(text, encoding="utf-8")
    role = "primary" if node.identity.is_primary else "worker"
    print(role, node.identity.region, node.work_dir or "-", arguments.tls_secret or "-")


try:
    main(sys.argv[1:])
except NodeError as error:
    sys.exit(f"error: {error}")
