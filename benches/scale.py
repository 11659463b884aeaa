"""Shows how an ingest grows with its executors: `make bench-scale`.

On a machine of few cores only work that waits for the network shows it: each executor is a host of its own, whose link carries
20 Mbit/s each way, and one, two, four and eight of them copy the same table from MariaDB to an S3 server. Every run is worth
nothing unless it has carried over every row. Prints a table and writes it to SCALE.md beside this file. Needs root.

usage: scale.py --springald PROGRAM --generator PROGRAM [--rows ROWS] [--runs N] [--results FILE]
"""

import argparse
import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import bench
import hosts
import report
import servers

EXECUTORS = (1, 2, 4, 8)
RATE = "20mbit"
SPLITS = 128
BUCKET = "scale"
TABLE = "crime_data.Crimes_2001_to_Present"
WANTED = 6.5
PORT, S3_PORT = 27050, 27100


def main():
    arguments = parse()
    folder = Path(os.environ["SPRINGALD_CACHE"], "bench-scale")
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "s3" / BUCKET).mkdir(parents=True)
    keys = {name: secrets.token_hex(16) for name in ("MYSQL_PWD", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    os.environ |= keys | {
        "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL_S3": f"http://{hosts.HERE}:{S3_PORT}"}
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    with hosts.network(), object_store(folder), database(folder) as server:
        bench.say(f"generating and loading {arguments.rows:,} rows")
        server.load(arguments.generator, arguments.rows, bench.ROOT / "sql" / "create_and_load.sql")
        server.query(f"ANALYZE TABLE {TABLE}")
        run = Run(arguments, folder, server)
        measured = {count: run.on(count) for count in EXECUTORS}
    text = results(arguments, measured)
    print(text)
    arguments.results.write_text(text, encoding="utf-8")


def parse():
    parser = argparse.ArgumentParser(description="Shows how an ingest grows with its executors.")
    parser.add_argument("--springald", type=Path, required=True, help="the executable, of an optimised build")
    parser.add_argument("--generator", type=Path, required=True, help="the generator of crime records")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the generated table")
    parser.add_argument("--runs", type=int, default=2, help="how often each number of executors runs")
    parser.add_argument("--results", type=Path, default=Path(__file__).parent / "SCALE.md", help="file to write")
    return parser.parse_args()


def database(folder):
    script = bench.ROOT / "tests" / "private-mariadb.sh"
    return servers.mariadb(script, folder / "mariadb", "--bind-address=0.0.0.0", "--innodb-buffer-pool-size=1G")


@contextlib.contextmanager
def object_store(folder):
    program = Path(os.environ["SPRINGALD_CACHE"], "s3s-fs", "bin", "s3s-fs")
    options = ["--host", hosts.HERE, "--port", str(S3_PORT), "--access-key", os.environ["AWS_ACCESS_KEY_ID"],
               "--secret-key", os.environ["AWS_SECRET_ACCESS_KEY"], str(folder / "s3")]
    with servers.service(folder, "s3s-fs", program, *options):
        servers.wait_until("the S3 server", lambda: servers.answers(hosts.HERE, S3_PORT))
        yield


class Run:
    """Runs ingests of one table on clusters of several sizes."""

    def __init__(self, arguments, folder, server):
        self.arguments, self.folder, self.server = arguments, folder, server

    def on(self, count):
        """Returns the seconds of each run on `count` executors, and the cores that were busy meanwhile."""
        with contextlib.ExitStack() as running:
            cluster = self.start(count, running)
            return [self.ingest(cluster, count, number) for number in range(self.arguments.runs)]

    def start(self, count, running):
        program, url = self.arguments.springald, f"df://{hosts.HERE}:{PORT}"
        bind = ["--bind", f"{hosts.HERE}:{PORT}", "--insecure"]
        running.enter_context(servers.service(self.folder, f"scheduler-of-{count}", program, "scheduler", *bind))
        for number in range(count):
            address, inside = running.enter_context(hosts.host(number, RATE))
            options = ["--cluster", url, "--bind", f"{address}:{PORT}", "--insecure", "--vcores", "2",
                       "--work-dir", str(self.folder / f"work-{number}")]
            running.enter_context(servers.service(self.folder, f"executor-{number}-of-{count}", *inside, program, "executor", *options))
        servers.wait_until("the cluster", lambda: servers.registered(PORT, count, hosts.HERE))
        return url

    def ingest(self, cluster, count, number):
        source = f"mysql://springald@{hosts.HERE}:{self.server.port}/crime_data"
        command = [self.arguments.springald, "ingest", "--cluster", cluster, "--source", source, "--tls", "off", "--from", TABLE,
                   "--warehouse", f"s3://{BUCKET}/{count}-{number}", "--catalog", "local", "--splits", str(SPLITS)]
        before, begin = servers.machine_cpu_seconds(), time.monotonic()
        with open(self.folder / "ingest.log", "ab") as log:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, check=False)
        seconds = time.monotonic() - begin
        if done.returncode != 0 or (rows := json.loads(done.stdout)["rows"]) != self.arguments.rows:
            sys.exit(f"error: an ingest on {count} executors failed, or has not every row; see {log.name}")
        cores = (servers.machine_cpu_seconds() - before) / seconds
        bench.say(f"  {count} executors: {rows:,} rows in {seconds:.2f} s, {cores:.2f} cores busy")
        return seconds, cores


def results(arguments, measured):
    one = median(seconds for seconds, _ in measured[1])
    rows = []
    for count, runs in measured.items():
        seconds = median(seconds for seconds, _ in runs)
        spread = f"{min(runs)[0]:.2f}–{max(runs)[0]:.2f}"
        cores = max(cores for _, cores in runs)
        rows.append([str(count), f"{seconds:.2f}", spread, f"{arguments.rows / seconds:,.0f}", f"{one / seconds:.2f}", f"{cores:.2f}"])
    head = ["executors", "s, median", "s, spread", "rows/s", "throughput / one executor's", "cores busy, of " + str(os.cpu_count())]
    reached = one / median(seconds for seconds, _ in measured[8])
    verdict = "reached" if reached >= WANTED else "**not reached**"
    limits = Path(__file__).with_name("fifty-nodes.md").read_text(encoding="utf-8")
    return "\n\n".join([
        "# Results of `make bench-scale`",
        f"Written by `make bench-scale` at commit {bench.commit()}: whole `springald ingest` processes of {arguments.rows:,} rows in "
        f"{SPLITS} splits, from MariaDB to an S3 server, on executors that are network namespaces of two task slots, whose links carry "
        f"{RATE} each way. Each number of executors ran {arguments.runs} times, and every run's rows were counted.",
        report.table(head, rows),
        f"Wanted of eight executors: {WANTED:.1f} times the throughput of one; measured: {reached:.2f}, {verdict}.",
        limits.strip(),
    ]) + "\n"


if __name__ == "__main__":
    main()
