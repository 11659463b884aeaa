"""The same on nodes whose first process is systemd itself: the units' sandboxes let the services do their work."""

import json
import subprocess

import pytest

from command import wait_until


@pytest.fixture(scope="module")
def nodes(world):
    """Returns a primary and a core node, bootstrapped in this order."""
    primary = world.make_node(init="systemd").described()
    core = world.make_node(init="systemd").described(primary)
    world.metadata.entries[core.address]["instance-life-cycle"] = "spot"
    for node in (primary, core):
        wait_until(lambda: subprocess.run(node.command("systemctl", "is-system-running")).returncode in (0, 1), 30, "systemd is up")
        action = node.bootstrap(world.release, "--insecure")
        assert action.communicate(timeout=200)[1] == "" and action.returncode == 0
    yield primary, core
    for node in (primary, core):
        node.remove()


def registered(primary):
    """Returns the addresses of the executors that the scheduler knows."""
    curl = primary.command("curl", "-sf", f"http://{primary.address}:7050/api/executors")
    asked = subprocess.run(curl, capture_output=True, text=True)
    return [executor["host"] for executor in json.loads(asked.stdout or "[]")]


def test_the_services_run_in_their_sandboxes(nodes):
    primary, core = nodes
    assert wait_until(lambda: registered(primary), 60, "the executor registers") == [core.address]
    pid = core.main_pid("springald-executor")
    status = dict(line.split(":\t", 1) for line in core.read(f"/proc/{pid}/status").splitlines() if ":\t" in line)
    assert (status["NoNewPrivs"], status["CapBnd"]) == ("1", "0000000000000000")
    assert core.run("ps", "-o", "user=", "-p", pid).strip() == "springald"


def test_an_executor_may_write_to_its_work_directory_and_nowhere_else(nodes):
    _, core = nodes
    pid = core.main_pid("springald-executor")
    inside = ["nsenter", f"--target={pid}", "--mount", "--root"]
    core.run(*inside, "setpriv", "--reuid=springald", "--clear-groups", "touch", "/mnt1/springald/file")
    for place in ("/etc/springald/file", "/mnt/var/lib/info/file", "/opt/springald/file", "/usr/local/bin/file"):
        refused = subprocess.run(core.command(*inside, "touch", place), capture_output=True, text=True)
        assert "Read-only file system" in refused.stderr


def test_systemd_starts_an_executor_again_that_was_killed_and_empties_its_directory(nodes):
    primary, core = nodes
    before = core.main_pid("springald-executor")
    work, as_executor = "/mnt1/springald", ("setpriv", "--reuid=springald", "--clear-groups")
    core.run(*as_executor, "mkdir", "--parents", f"{work}/executor-7051/job", f"{work}/of-the-one-before")
    core.run(*as_executor, "touch", f"{work}/executor-7051/job/rows", f"{work}/of-the-one-before/rows")
    core.run("kill", "-KILL", before)
    wait_until(lambda: core.main_pid("springald-executor") not in (0, before), 20, "it comes back")
    # Its own directory its successor makes anew.
    assert core.run("find", work, "-mindepth", "1", "!", "-path", f"{work}/executor-7051") == ""
    wait_until(lambda: registered(primary), 60, "it registers again")


def test_a_spot_watcher_may_stop_the_executor(world, nodes):
    _, core = nodes
    world.metadata.entries[core.address]["spot/instance-action"] = '{"action": "terminate"}'
    # It may just be started again after the test before, and is not active then either.
    wait_until(lambda: "stopping the executor" in core.read("/mnt/var/log/springald/spot.log"), 30, "the notice is seen")
    wait_until(lambda: not core.runs("springald-executor"), 30, "the executor stops")


def test_logs_can_be_read_by_whoever_ships_them(nodes):
    for node, service in zip(nodes, ("scheduler", "executor")):
        assert node.run("stat", "--format=%a", f"/mnt/var/log/springald/{service}.log") == "644\n"
