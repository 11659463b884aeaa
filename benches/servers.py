"""What the benchmark runs against: a private MariaDB, and a cluster of a scheduler and two executors. Both end with a `with`
block, and with this process however it ends."""

import contextlib
import ctypes
import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pymysql

PR_SET_PDEATHSIG = 1
START_LIMIT_SECONDS = 90
TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def cpu_seconds(process):
    """Returns the seconds of CPU that a running process has used."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def machine_cpu_seconds():
    """Returns the seconds of CPU that were used on this machine, or taken from it by its host."""
    fields = Path("/proc/stat").read_text(encoding="utf-8").split("\n", 1)[0].split()[1:9]
    idle, waiting = int(fields[3]), int(fields[4])
    return (sum(map(int, fields)) - idle - waiting) / TICKS


def peak_bytes(process):
    """Returns the most memory that a running process has held."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return int(re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)[1]) * 1024


def wait_until(what, ready):
    limit = time.monotonic() + START_LIMIT_SECONDS
    while time.monotonic() < limit:
        with contextlib.suppress(OSError, pymysql.err.OperationalError):
            if (found := ready()) is not None:
                return found
        time.sleep(0.1)
    raise SystemExit(f"error: {what} did not start in {START_LIMIT_SECONDS} s")


class MariaDb:
    """A running server with the crimes table."""

    def __init__(self, port, process):
        self.port, self.process = port, process

    def query(self, sql):
        password = os.environ["MYSQL_PWD"]
        with pymysql.connect(host="127.0.0.1", port=self.port, user="springald", password=password) as session:
            with session.cursor() as cursor:
                cursor.execute(sql)
                rows = cursor.fetchall()
            session.commit()
            return rows

    @contextlib.contextmanager
    def statements(self):
        """Yields a list that holds, after the block, the statements that were executed in it: (seconds, SQL)."""
        logged = []
        self.query("SET GLOBAL log_output = 'TABLE', general_log = 1")
        yield logged
        self.query("SET GLOBAL general_log = 0")
        found = self.query(
            "SELECT UNIX_TIMESTAMP(event_time), CONVERT(argument USING utf8mb4) FROM mysql.general_log "
            "WHERE command_type IN ('Query', 'Execute') AND argument NOT LIKE 'SET GLOBAL %' AND argument <> 'COMMIT' "
            "ORDER BY event_time"
        )
        logged.extend((float(seconds), sql) for seconds, sql in found)

    def client(self, *arguments):
        return [
            *("mariadb", "--no-defaults", "--default-character-set=utf8mb4", "--local-infile=1", "--user=springald"),
            *("--host=127.0.0.1", f"--port={self.port}", *arguments),
        ]

    def load(self, generator, rows, script):
        """Fills the table with generated rows."""
        with subprocess.Popen([generator, "--rows", str(rows)], stdout=subprocess.PIPE) as generated:
            client = self.client(f"--execute={Path(script).read_text(encoding='utf-8')}")
            subprocess.run(client, stdin=generated.stdout, stdout=subprocess.DEVNULL, check=True)
        if generated.returncode != 0:
            raise SystemExit("error: the generator failed")


@contextlib.contextmanager
def mariadb(script, folder, *options):
    """Runs tests/private-mariadb.sh with options of the server; it ends when its standard input does."""
    port = free_port()
    with subprocess.Popen([script, folder, str(port), *options], stdin=subprocess.PIPE) as runner:
        try:
            server = MariaDb(port, None)
            wait_until("MariaDB", lambda: server.query("SELECT 1"))
            server.process = int(Path(folder, "data", "server.pid").read_text(encoding="utf-8"))
            yield server
        finally:
            runner.stdin.close()
            runner.wait()


class Cluster:
    """A running scheduler and its executors."""

    def __init__(self, url, scheduler, executors):
        self.url, self.scheduler, self.executors = url, scheduler, executors

    def cpu_seconds(self):
        return sum(cpu_seconds(process.pid) for process in (self.scheduler, *self.executors))


@contextlib.contextmanager
def cluster(program, folder):
    """Runs a scheduler and two executors of one core each, with logs below `folder`."""
    port = free_port()
    url = f"df://127.0.0.1:{port}"
    with contextlib.ExitStack() as running:
        scheduler = running.enter_context(service(folder, "scheduler", program, "scheduler", "--bind", f"127.0.0.1:{port}"))
        executors = [
            running.enter_context(service(
                *(folder, f"executor-{number}", program, "executor", "--cluster", url, "--vcores", "1"),
                *("--bind", f"127.0.0.1:{free_port()}", "--work-dir", f"{folder}/work-{number}"),
            ))
            for number in (1, 2)
        ]
        wait_until("the cluster", lambda: registered(port, len(executors)))
        yield Cluster(url, scheduler, executors)


def answers(host, port):
    """Returns whether somebody listens there, or fails as a connection does."""
    with socket.create_connection((host, port), timeout=5):
        return True


def registered(port, wanted, host="127.0.0.1"):
    with urllib.request.urlopen(f"http://{host}:{port}/api/executors", timeout=5) as answer:
        return True if len(json.load(answer)) == wanted else None


@contextlib.contextmanager
def service(folder, name, *command):
    with open(Path(folder, f"{name}.log"), "ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=end_with_parent)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def end_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
