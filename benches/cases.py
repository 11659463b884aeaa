"""What is measured: each case is a whole process, and is worth nothing unless it has carried over every row."""

import collections
import dataclasses
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import unquote

import duckdb

import servers

HERE = Path(__file__).parent
QUERY = str(HERE.parent / "sql" / "crime_type_details.sql")
TABLE = "crime_data.Crimes_2001_to_Present"
SMALL_TABLE = "crime_data_small.Crimes_2001_to_Present"
CONNECTIONS = 2
SPLITS = 16
QUIET_LIMIT_SECONDS = 20
# Runs in a round of the two cases whose ratio is nearest to one, in turn: a run takes a second, and may take a third more.
REPEATED = 3


@dataclasses.dataclass
class Sample:
    """What one run of a case cost. Where executors work beside the process, `cpu` is that of all and `peak` the larger
    executor's. `others` is the CPU that went to neither the case nor the server, in seconds."""

    seconds: float
    cpu: float
    server_cpu: float
    others: float
    peak: int
    parts: dict


class Cases:
    """Runs the cases against one server, below one folder."""

    def __init__(self, programs, server, folder):
        self.springald = str(programs / "springald")
        self.drain = str(programs / "examples" / "drain")
        self.plain = str(programs / "examples" / "plain")
        self.server, self.folder = server, folder
        self.source = f"mysql://springald@127.0.0.1:{server.port}/crime_data"
        self.rows = self.count(TABLE)
        self.matching = self.count(f"{TABLE} WHERE NOT Arrest")
        self.statements, self.planning = None, None
        self.bounds = [str(bound) for bound in server.query(f"SELECT MIN(ID), MAX(ID) FROM {TABLE}")[0]]

    def count(self, what):
        return self.server.query(f"SELECT COUNT(*) FROM {what}")[0][0]

    def round(self):
        """Runs every case, and returns the samples by the cases' names."""
        samples = collections.defaultdict(list)

        def ingest(case, *arguments):
            sample, files = self.ingest(*arguments)
            samples[case].append(sample)
            return files

        warehouse = self.fresh("warehouse")
        files = ingest("ingest", warehouse, TABLE, self.rows)
        compared = [("process", self.process), ("plain process", self.plain_process)]
        for _ in range(REPEATED):
            for case, process in compared:
                samples[case].append(process(warehouse))
            compared.reverse()
        samples["duckdb"].append(self.duckdb(files))
        with servers.cluster(self.springald, self.fresh("cluster")) as cluster:
            warehouse = self.fresh("warehouse-of-cluster")
            ingest("cluster ingest", warehouse, TABLE, self.rows, cluster)
            samples["cluster process"].append(self.process(warehouse, cluster))
        samples["drain"].append(self.bare_drain())
        client = self.server.client("--quick", f"--execute=SELECT * FROM {TABLE}")
        samples["mariadb"].append(self.measure(client, subprocess.DEVNULL)[0])
        samples["connectorx"].append(self.connectorx())
        samples["spark"].append(self.spark())
        small = self.fresh("warehouse-small")
        ingest("small ingest", small, SMALL_TABLE, self.count(SMALL_TABLE))
        with servers.cluster(self.springald, self.fresh("small-cluster")) as cluster:
            small_of_cluster = self.fresh("warehouse-small-of-cluster")
            ingest("cluster small ingest", small_of_cluster, SMALL_TABLE, self.count(SMALL_TABLE), cluster)
        ingest("no rows", small, TABLE, 0, None, "--where", "ID IS NULL", "--into", "crime_data.nothing")
        return samples

    def ingest(self, warehouse, table, rows, cluster=None, *more):
        options = ["--from", table, "--warehouse", str(warehouse), "--splits", str(SPLITS), *more]
        sample, report = self.job(cluster, "ingest", "--source", self.source, *options)
        files = parquet_files(report["location"])
        self.check("springald ingest", rows, report["rows"], rows_in(files))
        return sample, files

    def process(self, warehouse, cluster=None):
        into = "crime_data.crime_type_details"
        options = ["--query", QUERY, "--warehouse", str(warehouse), "--into", into]
        sample, report = self.job(cluster, "process", *options)
        self.check("springald process", self.matching, report["rows"], rows_in(parquet_files(report["location"])))
        return sample

    def plain_process(self, warehouse):
        """Does the same by DataFusion alone, without a cluster in its process."""
        sample, printed = self.measure([self.plain, QUERY, str(warehouse), "crime_data.plain_details"])
        report = json.loads(printed)
        self.check("plain DataFusion", self.matching, report["rows"], rows_in(parquet_files(report["location"])))
        return sample

    def job(self, cluster, *command):
        where = ["--cluster", cluster.url] if cluster else []
        before = cluster.cpu_seconds() if cluster else 0.0
        sample, printed = self.measure([self.springald, *command, *where])
        if cluster:
            driver = sample.peak
            peaks = [servers.peak_bytes(executor.pid) for executor in cluster.executors]
            served = cluster.cpu_seconds() - before
            sample.cpu, sample.others = sample.cpu + served, sample.others - served
            sample.peak, sample.parts = max(peaks), {"driver": driver, "executors": peaks}
        return sample, json.loads(printed)

    def bare_drain(self):
        """Runs the statements of our ingest, as the server has logged them, and drops the rows."""
        command = [self.drain, "127.0.0.1", str(self.server.port), "springald", str(CONNECTIONS)]
        sample, printed = self.measure(command, stdin=self.statements)
        self.check("the bare drain", self.rows, int(printed))
        return sample

    def connectorx(self):
        out = self.fresh("connectorx") / "crimes.parquet"
        sample, _ = self.python("connectorx_job.py", self.server.port, out)
        self.check("ConnectorX", self.rows, rows_in(out))
        return sample

    def spark(self):
        out = self.fresh("spark")
        sample, printed = self.python("spark_job.py", self.server.port, *self.bounds, out, QUERY)
        sample.parts = json.loads(printed)
        self.check("Spark's ingest", self.rows, rows_in(f"{out}/ingest/*.parquet"))
        self.check("Spark's process", self.matching, rows_in(f"{out}/process/*.parquet"))
        return sample

    def duckdb(self, files):
        out = self.fresh("duckdb") / "details.parquet"
        sample, _ = self.python("duckdb_query.py", files, out, QUERY)
        self.check("DuckDB", self.matching, rows_in(out))
        return sample

    def python(self, script, *arguments):
        return self.measure([sys.executable, str(HERE / script), *map(str, arguments)])

    def warm_up(self):
        """Reads the whole table, so that it is in the server's memory: with MariaDB's own client, whose lines are counted,
        and with ours, whose statements are noted."""
        command = self.server.client("--quick", "--batch", "--skip-column-names", f"--execute=SELECT * FROM {TABLE}")
        with subprocess.Popen(command, stdout=subprocess.PIPE) as client:
            lines = sum(block.count(b"\n") for block in iter(lambda: client.stdout.read(1 << 20), b""))
        self.check("mariadb --quick", self.rows, lines)
        with self.server.statements() as logged:
            self.ingest(self.fresh("warehouse"), TABLE, self.rows)
        reads = [index for index, (_, sql) in enumerate(logged) if sql.startswith("SELECT `ID`, `Case Number`, ")]
        self.statements = self.folder / "statements.sql"
        self.statements.write_text("".join(f"{logged[index][1]}\n" for index in reads), encoding="utf-8")
        before = logged[: reads[0]]
        self.planning = len(before), before[-1][0] - before[0][0]

    def measure(self, command, stdout=subprocess.PIPE, stdin=os.devnull):
        """Runs a command as a whole process when nothing else runs, and returns its sample and what it printed."""
        wait_for_quiet()
        result = self.folder / "measured.json"
        server_before, machine_before = servers.cpu_seconds(self.server.process), servers.machine_cpu_seconds()
        with open(self.folder / "cases.log", "ab") as log, open(stdin, "rb") as given:
            wrapped = [sys.executable, "-I", "-S", str(HERE / "measure.py"), str(result), *command]
            done = subprocess.run(wrapped, stdin=given, stdout=stdout, stderr=log, env=os.environ, check=False)
        if done.returncode != 0:
            raise SystemExit(f"error: `{' '.join(command[:2])} …` failed with {done.returncode}; see {log.name}")
        cost = json.loads(result.read_text(encoding="utf-8"))
        server_cpu = servers.cpu_seconds(self.server.process) - server_before
        others = servers.machine_cpu_seconds() - machine_before - server_cpu - cost["cpu"]
        return Sample(cost["seconds"], cost["cpu"], server_cpu, others, cost["peak"], {}), done.stdout

    def check(self, who, expected, *found):
        if any(rows != expected for rows in found):
            raise SystemExit(f"error: {who} has {found} rows instead of {expected}, so no number is printed")

    def fresh(self, name):
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder


def wait_for_quiet():
    """Waits until the machine has been nearly idle for a moment, but not for ever."""
    limit = time.monotonic() + QUIET_LIMIT_SECONDS
    while time.monotonic() < limit:
        before = servers.machine_cpu_seconds()
        time.sleep(0.5)
        if servers.machine_cpu_seconds() - before < 0.1:
            return


def parquet_files(location):
    return unquote(location).removeprefix("file://").rstrip("/") + "/*.parquet"


def rows_in(files):
    return duckdb.sql(f"SELECT count(*) FROM read_parquet('{files}')").fetchall()[0][0]
