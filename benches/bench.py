"""Compares Springald with what people use instead, and with the bare work: `make bench ROWS=2000000`.

Prints a table with ratios and writes it to RESULTS.md beside this file. Nothing is asserted but row counts. Everything it
needs lies below $SPRINGALD_CACHE/bench and is removed at the start of the next run.

usage: bench.py --rows ROWS [--runs N] [--results FILE]
"""

import argparse
import datetime
import fcntl
import importlib.metadata
import os
import platform
import secrets
import shutil
import subprocess
from pathlib import Path

import cases
import perf_profile
import report
import servers

ROOT = Path(__file__).parent.parent
SMALL_ROWS = 200_000


def main():
    arguments = parse()
    programs = Path(os.environ["CARGO_TARGET_DIR"], "release")
    folder = Path(os.environ["SPRINGALD_CACHE"], "bench")
    os.environ["MYSQL_PWD"] = secrets.token_hex(16)
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder.parent / "bench.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)
        folder.mkdir()
        text = run(arguments, programs, folder)
    print(text)
    arguments.results.write_text(text, encoding="utf-8")


def parse():
    parser = argparse.ArgumentParser(description="Compares Springald with its peers.")
    parser.add_argument("--rows", type=int, required=True, help="rows of the generated table")
    parser.add_argument("--runs", type=int, default=3, help="how often each case runs")
    parser.add_argument("--results", type=Path, default=Path(__file__).parent / "RESULTS.md", help="file to write")
    return parser.parse_args()


def run(arguments, programs, folder):
    load = os.getloadavg()[0]
    with servers.mariadb(ROOT / "tests" / "private-mariadb.sh", folder / "mariadb") as server:
        say(f"generating and loading {arguments.rows:,} rows")
        prepare(server, programs, arguments.rows)
        bench = cases.Cases(programs, server, folder)
        bench.warm_up()
        rounds = []
        for number in range(1, arguments.runs + 1):
            say(f"round {number} of {arguments.runs}")
            rounds.append(bench.round())
            for name, samples in rounds[-1].items():
                for sample in samples:
                    say(f"  {name:<16}{sample.seconds:8.2f} s {sample.cpu:8.2f} s CPU {sample.peak / report.MIB:8.0f} MiB "
                        f"{sample.others / sample.seconds:8.2f} cores busy elsewhere {sample.parts}")
        profiled = perf_profile.profile(
            [bench.springald, "ingest", "--source", bench.source, "--from", cases.TABLE,
             "--warehouse", str(bench.fresh("warehouse-of-profile"))], folder)
        measured = report.Measured(rounds, bench.rows, bench.count(cases.SMALL_TABLE), bench.matching, bench.planning)
        return report.results(measured, facts(arguments, server, load), profiled)


def prepare(server, programs, rows):
    """Loads the table and a smaller one, and lets the server keep both in memory where the machine has enough."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    server.query(f"SET GLOBAL innodb_buffer_pool_size = {min(1 << 30, memory // 8)}")
    server.load(programs / "generate-crimes", rows, ROOT / "sql" / "create_and_load.sql")
    small = cases.SMALL_TABLE
    server.query(f"CREATE DATABASE {small.split('.')[0]}")
    server.query(f"CREATE TABLE {small} LIKE {cases.TABLE}")
    server.query(f"INSERT INTO {small} SELECT * FROM {cases.TABLE} ORDER BY ID LIMIT {min(SMALL_ROWS, rows // 2)}")
    server.query(f"ANALYZE TABLE {cases.TABLE}, {small}")


def facts(arguments, server, load):
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    peers = ["pyspark", "connectorx", "pyarrow", "duckdb"]
    java = output("java", "-version").splitlines()[0]
    driver = output("dpkg-query", "--show", "--showformat=${Version}", "libmariadb-java")
    return [
        ("date", f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC"),
        ("command", f"`make bench ROWS={arguments.rows} RUNS={arguments.runs}`"),
        ("Springald", f"commit {commit()}, `--splits {cases.SPLITS}`, release build with {output('rustc', '--version')}"),
        ("machine", f"{os.cpu_count()} × {cpu_model()}, {memory:.0f} GiB, Linux {platform.release()}, "
                    f"load {load:.2f} before the first case"),
        ("server", f"MariaDB {server.query('SELECT VERSION()')[0][0]}, "
                   f"buffer pool {server.query('SELECT @@innodb_buffer_pool_size')[0][0] >> 20} MiB, the table read once before"),
        ("peers", f"{', '.join(f'{name} {importlib.metadata.version(name)}' for name in peers)}; {java}; "
                  f"libmariadb-java {driver}; Python {platform.python_version()}"),
        ("Spark", "`local[2]`, 4 equal ranges of the key, fetch size 10,000, snappy; ConnectorX: 4 ranges, zstd"),
        ("bare drain", f"the statements of our ingest, from the server's log, over {cases.CONNECTIONS} connections; no split planning"),
    ]


def commit():
    found = output("git", "-C", str(ROOT), "rev-parse", "--short", "HEAD")
    changed = output("git", "-C", str(ROOT), "status", "--porcelain", "--untracked-files=no", "--", "*.rs", "*.toml", "*.lock")
    return f"{found} with uncommitted changes" if changed else found


def cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return models[0] if models else platform.machine()


def output(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else "unknown"


def say(text):
    print(text, flush=True)


if __name__ == "__main__":
    main()
