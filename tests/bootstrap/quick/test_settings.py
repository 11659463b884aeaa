"""The settings that follow from what a node is, and the share of the machine that the executor gets."""

from pathlib import Path

import pytest

from errors import NodeError
from identity import Identity
from machine import GIB, data_disks, executor_limit, largest, task_memory, total_memory
from settings import EXECUTOR_PORT, SCHEDULER_PORT, Node, files

PRIMARY = Identity(True, "10.0.1.23", "10.0.1.23", "eu-west-1")
WORKER = Identity(False, "10.0.1.40", "ip-10-0-1-23.ec2.internal", "eu-west-1")


def test_the_primarys_settings():
    assert files(Node(PRIMARY, has_tls=True, has_rds_bundle=True)) == {
        "environment": "AWS_REGION=eu-west-1\n"
        "AWS_DEFAULT_REGION=eu-west-1\n"
        "SPRINGALD_TLS_BUNDLE=/etc/springald/tls-bundle.pem\n"
        "SPRINGALD_BIND=10.0.1.23:7050\n"
        "SPRINGALD_ADVERTISE=10.0.1.23\n",
        "job.environment": "AWS_REGION=eu-west-1\n"
        "AWS_DEFAULT_REGION=eu-west-1\n"
        "SPRINGALD_TLS_BUNDLE=/etc/springald/tls-bundle.pem\n"
        "SPRINGALD_CLUSTER=df://10.0.1.23:7050\n"
        "SPRINGALD_TLS_CA=/etc/springald/rds-bundle.pem\n",
    }


def test_a_primary_serves_flight_sql_for_its_warehouse():
    made = files(Node(PRIMARY, has_tls=True, has_rds_bundle=True, warehouse="s3://lake/warehouse"))
    assert made["environment"].endswith("SPRINGALD_ADVERTISE=10.0.1.23\nSPRINGALD_WAREHOUSE=s3://lake/warehouse\n")
    # A job says itself where it publishes.
    assert "WAREHOUSE" not in made["job.environment"]


def test_a_workers_settings():
    node = Node(WORKER, False, False, work_dir=Path("/mnt1/springald"), memory_limit=10 * GIB)
    assert files(node) == {
        "environment": "AWS_REGION=eu-west-1\n"
        "AWS_DEFAULT_REGION=eu-west-1\n"
        "SPRINGALD_INSECURE=true\n"
        "SPRINGALD_CLUSTER=df://ip-10-0-1-23.ec2.internal:7050\n"
        "SPRINGALD_BIND=10.0.1.40:7051\n"
        "SPRINGALD_MEMORY=7168MiB\n"
        "SPRINGALD_WORK_DIR=/mnt1/springald\n"
        "TMPDIR=/mnt1/springald\n",
        "job.environment": "AWS_REGION=eu-west-1\n"
        "AWS_DEFAULT_REGION=eu-west-1\n"
        "SPRINGALD_INSECURE=true\n"
        "SPRINGALD_CLUSTER=df://ip-10-0-1-23.ec2.internal:7050\n",
        "node.conf": "# Written by Springald's bootstrap action for this node.\n"
        "[Unit]\n"
        "RequiresMountsFor=/mnt1/springald\n"
        "[Service]\n"
        "ReadWritePaths=/mnt1/springald\n"
        "MemoryMax=10737418240\n",
    }


def test_ports_lie_below_the_ones_that_connections_start_from():
    assert max(SCHEDULER_PORT, EXECUTOR_PORT) < 32768


@pytest.mark.parametrize("gib", [8, 16, 64, 768])
def test_the_executor_leaves_room_for_hadoop(gib):
    limit = executor_limit(gib * GIB)
    assert gib * GIB - limit == 3 * GIB
    assert 0.6 * limit < task_memory(limit) < 0.8 * limit


def test_a_node_that_is_too_small_is_refused():
    with pytest.raises(NodeError, match="use a larger instance"):
        executor_limit(int(3.8 * GIB))


def test_memory_is_read_from_the_kernels_table():
    assert total_memory("MemTotal:       16131440 kB\nMemFree:         1 kB\n") == 16131440 * 1024


def test_the_work_directory_is_on_the_largest_data_disk():
    assert largest({Path("/mnt"): 64, Path("/mnt1"): 128, Path("/mnt2"): 32}) == Path("/mnt1")
    assert largest({Path("/mnt"): 64, Path("/mnt1"): 64}) == Path("/mnt1")
    assert largest({Path("/mnt"): 64}) == Path("/mnt")


def test_a_directory_on_the_root_disk_is_no_data_disk(tmp_path):
    for name in ("mnt", "mnt1", "mnt-backup"):
        (tmp_path / name).mkdir()
    assert list(data_disks(tmp_path)) == [tmp_path / "mnt"]
