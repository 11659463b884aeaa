"""The database: the tests' private MariaDB, reachable from all nodes; and what of it has been published."""

import json
import os
import subprocess

from command import PROJECT, TOOLS_VENV, run, wait_until
from network import GATEWAY

PORT = 3306
PASSWORD = "a secret of tests"
SECRET = {"username": "springald", "password": PASSWORD, "host": GATEWAY, "port": PORT, "dbname": "town"}


def start(directory):
    """Starts the server; it ends with this test's processes."""
    command = [PROJECT / "tests" / "private-mariadb.sh", directory, str(PORT), f"--bind-address={GATEWAY}"]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, env={**os.environ, "MYSQL_PWD": PASSWORD})
    wait_until(lambda: client("SELECT 1").returncode == 0, 60, "MariaDB answers")
    return server


def client(sql):
    """Runs statements; returns the finished client."""
    words = ["mariadb", "--no-defaults", f"--host={GATEWAY}", f"--port={PORT}", "--user=springald", "--batch"]
    environment = {**os.environ, "MYSQL_PWD": PASSWORD}
    return subprocess.run([*words, "--skip-column-names"], input=sql, env=environment, capture_output=True, text=True)


def query(sql):
    """Runs statements that must succeed; returns the rows, one line each."""
    done = client(sql)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def published(warehouse, table, column):
    """Returns the rows of a table's live snapshot, and the sum of one of its columns."""
    found = json.loads(run(TOOLS_VENV / "bin" / "python", "-B", PROJECT / "tests" / "readback" / "total.py", warehouse, table, column))
    return found["rows"], found["total"]
