"""The world of the tests: a network, AWS's double with the packed executable, a database, and nodes made on demand."""

import json
import os
import platform
from pathlib import Path

import pytest

import aws
import mysql
import network
from command import PROJECT, run
from node import Node

ARCHITECTURE = platform.machine()
BUCKET = "s3://artifacts/springald"


class World:
    """What is there before the cluster: `make_node` starts a machine in it."""

    def __init__(self, scratch):
        self.scratch = scratch
        self.warehouse = scratch / "warehouse"
        self.warehouse.mkdir()
        self.warehouse.chmod(0o777)
        network.build()
        self._aws = aws.start(scratch / "aws.log")
        self.metadata = aws.Metadata()
        self._nodes = 0
        self.package = self._pack()
        self.version = self.package.name.split("-")[1]
        self.release = f"{BUCKET}/{self.version}"
        self.checksum = self.package.with_name(self.package.name + ".sha256")
        aws.put("s3://artifacts", b"")
        self.publish(self.release, self.package, self.checksum)

    def _pack(self):
        words = [PROJECT / "bootstrap" / "package" / "pack.sh", os.environ["SPRINGALD_EXECUTABLE"], ARCHITECTURE]
        return Path(run(*words, self.scratch / "dist", env={**os.environ, "ZSTD_CLEVEL": "1"}).strip())

    @staticmethod
    def publish(place, *files):
        """Copies files to a place in S3."""
        for file in files:
            aws.put(f"{place}/{file.name}", file.read_bytes())

    def make_certificates(self, secret):
        """Puts new certificates of a cluster into a secret; returns their text."""
        file = self.scratch / f"{secret.replace('/', '-')}.pem"
        run(os.environ["SPRINGALD_EXECUTABLE"], "tls", "init", "--out", file)
        aws.create_secret(secret, file.read_text())
        return file.read_text()

    def make_node(self, endpoint=aws.ENDPOINT, init="sleep"):
        """Starts a machine with an address of its own; `init` is its first process, `systemd` or a stand-in for it."""
        self._nodes += 1
        node = Node(9 + self._nodes, self.scratch, self.warehouse, endpoint, init)
        self.metadata.entries[node.address] = {"instance-life-cycle": "on-demand", "placement/region": "us-east-1"}
        return node


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """Returns the world; everything in it ends with the process namespace that the tests run in."""
    return World(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="session")
def database(world):
    """Starts the database with a table of 30,000 rows whose numbers add up to 450,015,000; a secret holds its login."""
    server = mysql.start(world.scratch / "mariadb")
    mysql.query(
        "CREATE DATABASE town; CREATE TABLE town.deeds (id INT PRIMARY KEY, deed VARCHAR(40) NOT NULL, at DATETIME NOT NULL);"
        "INSERT INTO town.deeds SELECT seq, CONCAT('deed ', seq), '2026-01-01' + INTERVAL seq MINUTE FROM town.seq_1_to_30000;"
    )
    aws.create_secret("town/reader", json.dumps(mysql.SECRET))
    yield mysql
    server.stdin.close()
    server.wait()


@pytest.fixture
def machine(world):
    """Returns a function that starts a machine for one test."""
    made = []

    def make(**options):
        made.append(world.make_node(**options))
        return made[-1]

    yield make
    for node in made:
        node.remove()
