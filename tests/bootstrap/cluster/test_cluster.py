"""A cluster comes up by its bootstrap actions alone: the primary last, a task node later; and an ingest uses all of it.

The tests go on from one another, in this order, on one cluster.
"""

import json
import os
import subprocess
import time

import pytest

import aws
from command import wait_until

WORKER_SERVICES = ["springald-executor", "springald-spot"]

# What analysts may query: it need not be where jobs publish.
WAREHOUSE = "s3://town/warehouse"


class Cluster:
    """The nodes of one EMR cluster, none of them set up at first."""

    def __init__(self, world):
        self.world = world
        world.make_certificates("town/tls")
        self.primary = world.make_node().described()
        self.cores = [world.make_node() for _ in range(3)]
        self.cores[0].described(self.primary)
        self.cores[1].described(self.primary, instanceRole="CORE")
        self.cores[2].described_as_fleet(self.primary)
        self.task = None
        for node in self.cores:
            self.prepare(node)

    def prepare(self, node):
        """Lets a worker's executor reach the double of AWS, and everyone read what it writes."""
        settings = "".join(f"Environment={name}={value}\n" for name, value in aws.ENVIRONMENT.items())
        text = f"[Service]\n{settings}UMask=0000\n"
        node.file("/etc/systemd/system/springald-executor.service.d/test.conf", text)
        return node

    def workers(self):
        """Returns all nodes with an executor."""
        return [*self.cores, *([self.task] if self.task else [])]

    def bootstrap(self, *nodes):
        """Bootstraps nodes at the same time; returns the seconds that the slowest took.

        They are divided by what else runs on each of this machine's cores.
        """
        begin = time.monotonic()
        arguments = ["--tls-secret", "town/tls", "--warehouse", WAREHOUSE]
        for action in [node.bootstrap(self.world.release, *arguments) for node in nodes]:
            said, error = action.communicate(timeout=200 * len(nodes))
            assert (action.returncode, error) == (0, "")
            assert f"springald {self.world.version} is installed on this node" in said
        return (time.monotonic() - begin) / max(1, os.getloadavg()[0] / os.cpu_count())

    def registered(self):
        """Returns the addresses of the executors that the scheduler knows."""
        curl = self.primary.command("curl", "-sfk", f"https://{self.primary.address}:7050/api/executors")
        asked = subprocess.run(curl, capture_output=True, text=True)
        return sorted(executor["host"] for executor in json.loads(asked.stdout or "[]"))

    def all_registered(self):
        """Returns whether the scheduler knows exactly the executors there are."""
        return self.registered() == sorted(node.address for node in self.workers())

    def ingest(self, table):
        """Runs an ingest as an EMR step does: on the primary, as hadoop, by an absolute path. Returns its report."""
        words = ["/usr/local/bin/springald-step", "ingest", "--source", "secretsmanager:town/reader", "--from", "town.deeds", "--tls", "off"]
        words += ["--warehouse", self.world.warehouse, "--into", table, "--splits", "24"]
        environment = ["env", *(f"{name}={value}" for name, value in aws.ENVIRONMENT.items()), "sh", "-c", 'umask 0; exec "$@"', "step"]
        return json.loads(self.primary.run(*environment, *words, user="hadoop"))


@pytest.fixture(scope="module")
def cluster(world, database):
    """Returns the cluster that all tests here go on with."""
    return Cluster(world)


def test_workers_do_not_wait_for_a_primary_that_is_not_there(cluster):
    cluster.bootstrap(*cluster.cores)
    for node in cluster.cores:
        assert node.runs("springald-executor")


def test_all_executors_register_once_the_primary_comes_last(cluster):
    assert cluster.bootstrap(cluster.primary) < 60
    wait_until(cluster.all_registered, 60, "every executor registers")
    log = cluster.primary.run("cat", "/mnt/var/log/springald/scheduler.log")
    assert "Flight SQL is served" in log and WAREHOUSE in log


def test_an_ingest_reads_every_row_once_on_all_executors(cluster, database):
    database.query("SET GLOBAL log_output = 'TABLE'; SET GLOBAL general_log = 1")
    report = cluster.ingest("town.first")
    database.query("SET GLOBAL general_log = 0")
    assert (report["rows"], report["files"]) == (30_000, 24)
    assert database.published(cluster.world.warehouse, "town.first", "id") == (30_000, 450_015_000)
    assert readers(database) == {node.address for node in cluster.cores}


def test_who_is_on_no_node_of_the_cluster_learns_of_its_health_and_no_more(cluster):
    def status(address, port, path, *options):
        curl = ["curl", "-sk", "--output", "/dev/null", "--write-out", "%{http_code}", *options]
        return subprocess.run([*curl, f"https://{address}:{port}{path}"], capture_output=True, text=True).stdout

    primary, core = cluster.primary.address, cluster.cores[0].address
    assert (status(primary, 7050, "/healthz"), status(primary, 7050, "/readyz"), status(core, 7051, "/healthz")) == ("200",) * 3
    for address, port, path in [(primary, 7050, "/api/jobs"), (primary, 7050, "/metrics"), (primary, 7050, "/slots"), (core, 7051, "/metrics")]:
        assert status(address, port, path) == "401", path
    bundle = ["--cert", cluster.world.scratch / "town-tls.pem", "--key", cluster.world.scratch / "town-tls.pem"]
    for address, port in [(primary, 7050), (core, 7051)]:
        assert status(address, port, "/metrics", *map(str, bundle)) == "200"


def test_a_running_step_keeps_the_cluster_from_counting_as_idle(cluster):
    cluster.primary.run("touch", "--date=2026-01-01", "/emr/metricscollector/isbusy")
    cluster.ingest("town.busy")
    touched = int(cluster.primary.run("stat", "--format=%Y", "/emr/metricscollector/isbusy"))
    assert time.time() - touched < 60


def test_a_task_node_that_is_added_later_takes_part(cluster, database):
    cluster.task = cluster.prepare(cluster.world.make_node().described(cluster.primary, instanceRole="task"))
    cluster.world.metadata.entries[cluster.task.address]["instance-life-cycle"] = "spot"
    assert cluster.bootstrap(cluster.task) < 60
    wait_until(cluster.all_registered, 60, "the task node's executor registers")
    database.query("TRUNCATE mysql.general_log; SET GLOBAL general_log = 1")
    assert cluster.ingest("town.second")["rows"] == 30_000
    database.query("SET GLOBAL general_log = 0")
    assert database.published(cluster.world.warehouse, "town.second", "id") == (30_000, 450_015_000)
    assert readers(database) == {node.address for node in cluster.workers()}


def test_a_second_run_of_the_bootstrap_action_disturbs_nothing(cluster):
    def processes():
        scheduler = cluster.primary.main_pid("springald-scheduler")
        return [scheduler, *(node.main_pid("springald-executor") for node in cluster.workers())]

    before = processes()
    cluster.bootstrap(cluster.primary, *cluster.workers())
    assert processes() == before
    assert cluster.all_registered()
    assert cluster.ingest("town.third")["rows"] == 30_000


def test_a_node_is_set_up_as_the_documentation_says(cluster):
    core = cluster.cores[0]
    assert core.run("stat", "--format=%a %U", "/etc/springald/environment") == "600 root\n"
    assert core.run("ps", "-o", "user=", "-p", core.main_pid("springald-executor")).strip() == "springald"
    assert core.run("stat", "--format=%a %U", "/mnt1/springald") == "700 springald\n"  # the larger of the two disks
    assert "executor starts" in core.read("/mnt/var/log/springald/executor.log")
    assert core.run("readlink", "-f", "/usr/local/bin/springald").strip() == f"/opt/springald/{cluster.world.version}/bin/springald"
    for service in WORKER_SERVICES:
        core.run("test", "-L", f"/etc/systemd/system/multi-user.target.wants/{service}.service")
    assert "df://10.77.0.10:7050" in core.read("/etc/springald/environment")
    assert f"df://{cluster.primary.name}:7050" in cluster.cores[2].read("/etc/springald/environment")
    listening = cluster.primary.run("ss", "-ltnH") + core.run("ss", "-ltnH")
    assert {line.split()[3] for line in listening.splitlines()} == {"10.77.0.10:7050", "10.77.0.11:7051"}


def test_an_executor_that_dies_is_started_again_with_an_empty_work_directory(cluster):
    core = cluster.cores[0]
    before = core.main_pid("springald-executor")
    core.run("install", "-o", "springald", "/dev/null", "/mnt1/springald/left-behind")
    core.run("kill", "-KILL", before)
    wait_until(lambda: core.runs("springald-executor") and core.main_pid("springald-executor") != before, 20, "it comes back")
    assert "left-behind" not in core.run("ls", "/mnt1/springald")
    wait_until(cluster.all_registered, 60, "it registers again")


def test_the_notice_for_a_spot_instance_stops_its_executor_and_no_other(cluster):
    assert "on-demand, nothing to watch" in cluster.cores[0].read("/mnt/var/log/springald/spot.log")
    notice = '{"action": "terminate", "time": "2026-01-01T00:00:00Z"}'
    cluster.world.metadata.entries[cluster.task.address]["spot/instance-action"] = notice
    wait_until(lambda: not cluster.task.runs("springald-executor"), 30, "the executor stops")
    assert f"takes this instance back: {notice}" in cluster.task.read("/mnt/var/log/springald/spot.log")
    assert all(node.runs("springald-executor") for node in cluster.cores)


def readers(database):
    """Returns the addresses that have read ranges of the table since the log was switched on."""
    sql = "SELECT DISTINCT user_host FROM mysql.general_log WHERE argument LIKE 'SELECT%deeds%WHERE%' AND argument LIKE '%`deed`%'"
    return {row.split("[")[-1].rstrip("]") for row in database.query(sql)}
