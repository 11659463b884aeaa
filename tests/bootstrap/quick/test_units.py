"""The systemd units: systemd finds nothing wrong in them, and they promise what the documentation says."""

import subprocess
from pathlib import Path

import pytest

from conftest import PROJECT
from identity import Identity
from machine import GIB
from settings import Node, files

UNITS = PROJECT / "bootstrap" / "systemd"
SERVICES = ["springald-scheduler.service", "springald-executor.service"]


@pytest.fixture
def node(tmp_path):
    """Returns the root of a node on which the units are installed as the bootstrap action does it."""
    system = tmp_path / "etc/systemd/system"
    system.mkdir(parents=True)
    for unit in UNITS.iterdir():
        (system / unit.name).write_bytes(unit.read_bytes())
    for program in ("opt/springald/current/bin/springald", "opt/springald/current/bin/springald-watch-spot", "usr/bin/find"):
        (tmp_path / program).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / program).write_text("#!/bin/sh\n")
        (tmp_path / program).chmod(0o755)
    library = tmp_path / "usr/lib/systemd/system"
    library.mkdir(parents=True)
    for target in ("sysinit", "basic", "shutdown", "network-online", "multi-user", "umount", "local-fs"):
        (library / f"{target}.target").write_text(f"[Unit]\nDescription={target}\n")
    worker = Identity(False, "10.0.1.40", "10.0.1.23", "eu-west-1")
    made = files(Node(worker, False, False, work_dir=Path("/mnt1/springald"), memory_limit=5 * GIB))
    (system / "springald-executor.service.d").mkdir()
    (system / "springald-executor.service.d/node.conf").write_text(made["node.conf"])
    return tmp_path


@pytest.mark.parametrize("unit", sorted(unit.name for unit in UNITS.iterdir()))
def test_systemd_finds_nothing_wrong(node, unit):
    command = ["systemd-analyze", "verify", "--man=no", f"--root={node}", unit]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


@pytest.mark.parametrize("unit", SERVICES)
def test_a_service_always_comes_back_and_may_do_little(unit):
    lines = (UNITS / unit).read_text().splitlines()
    for wanted in [
        "User=springald",
        "EnvironmentFile=/etc/springald/environment",
        "Restart=always",
        "StartLimitIntervalSec=0",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "CapabilityBoundingSet=",
        "LimitNOFILE=65536",
    ]:
        assert wanted in lines


def test_an_executor_may_drain_for_less_than_a_spot_instance_has():
    assert "TimeoutStopSec=105" in (UNITS / "springald-executor.service").read_text()
