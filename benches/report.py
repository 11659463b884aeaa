"""Writes what was measured as Markdown: medians, spreads, ratios, and which targets are reached."""

from pathlib import Path
from statistics import median

MIB = 1024 * 1024
SCALE = Path(__file__).with_name("SCALE.md")

READS = [
    ("ingest", "**`springald ingest`, embedded**"),
    ("cluster ingest", "**`springald ingest`, two executor processes**"),
    ("spark", "PySpark, whole process (start + ingest + process)"),
    ("connectorx", "ConnectorX → pyarrow → Parquet"),
    ("mariadb", "`mariadb --quick > /dev/null`"),
    ("drain", "bare drain"),
]
QUERIES = [
    ("process", "**`springald process`, embedded**"),
    ("cluster process", "**`springald process`, two executor processes**"),
    ("plain process", "the same plan, writer, commit and allocator by DataFusion alone"),
    ("duckdb", "DuckDB"),
]


class Measured:
    """The samples of all rounds, by case."""

    def __init__(self, rounds, rows, small_rows, matching, planning):
        self.rounds, self.rows, self.small_rows, self.matching, self.planning = rounds, rows, small_rows, matching, planning

    def values(self, case, field="seconds"):
        samples = [sample for samples in self.rounds for sample in samples[case]]
        return [sample.parts[field] if field in sample.parts else getattr(sample, field) for sample in samples]

    def median(self, case, field="seconds"):
        return median(self.values(case, field))

    def spread(self, case, field="seconds"):
        values = self.values(case, field)
        return f"{min(values):.2f}–{max(values):.2f}"

    def cores_of_others(self):
        """Returns how many cores other processes kept busy, on average and in the worst case."""
        samples = [sample for samples in self.rounds for case in samples.values() for sample in case]
        shares = [max(sample.others, 0.0) / sample.seconds for sample in samples]
        return sum(max(sample.others, 0.0) for sample in samples) / sum(sample.seconds for sample in samples), max(shares)

    def mib(self, case):
        return max(self.values(case, "peak")) / MIB


def table(head, rows):
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def reads(m):
    rows = []
    for case, name in READS:
        ratios = [ratio(m.median(ours) / m.median(case)) if ours != case else "" for ours in ("ingest", "cluster ingest")]
        rows.append([name, f"{m.median(case):.2f}", m.spread(case), *costs(m, case), *ratios])
    head = ["MySQL → Parquet", "s, median", "s, spread", "CPU s", "server's CPU s", "peak MiB",
            "ours / it, embedded", "ours / it, two executors"]
    return table(head, rows)


def queries(m):
    rows = [[name, f"{m.median(case):.2f}", m.spread(case), *costs(m, case), ratio(m.median("process") / m.median(case)),
             ratio(m.median("cluster process") / m.median(case))] for case, name in QUERIES]
    spark = m.median("spark", "process")
    rows.append(["Spark, this part of its process", f"{spark:.2f}", m.spread("spark", "process"), "", "", "",
                 ratio(m.median("process") / spark), ratio(m.median("cluster process") / spark)])
    head = ["Parquet → Parquet", "s, median", "s, spread", "CPU s", "server's CPU s", "peak MiB",
            "ours / it, embedded", "ours / it, two executors"]
    return table(head, rows)


def costs(m, case):
    return f"{m.median(case, 'cpu'):.2f}", f"{m.median(case, 'server_cpu'):.2f}", f"{m.mib(case):.0f}"


def ratio(value):
    return f"{value:.2f}"


def targets(m):
    """One line per target, with what was measured."""
    both = {kind: m.median(f"{kind}ingest") + m.median(f"{kind}process") for kind in ("", "cluster ")}
    spark, spark_process = m.median("spark"), m.median("spark", "process")
    start, small = m.median("no rows"), m.median("small ingest")
    predicted = start + (small - start) * m.rows / m.small_rows if m.small_rows else float("nan")
    executors = m.mib("cluster ingest")
    growth = max(m.values("ingest", "peak")) / max(m.values("small ingest", "peak"))
    growth_of_executor = max(m.values("cluster ingest", "peak")) / max(m.values("cluster small ingest", "peak"))
    lines = [
        ("ingest and process together / Spark's whole process, embedded", both[""] / spark, 0.10),
        ("the same, two executors", both["cluster "] / spark, 0.10),
        ("ingest / ConnectorX, embedded", m.median("ingest") / m.median("connectorx"), 0.60),
        ("the same, two executors", m.median("cluster ingest") / m.median("connectorx"), 0.60),
        ("ingest / bare drain, embedded", m.median("ingest") / m.median("drain"), 1.50),
        ("the same, two executors", m.median("cluster ingest") / m.median("drain"), 1.50),
        ("peak memory of an executor, in units of 300 MiB", executors / 300, 1.00),
        (f"peak memory of an executor, of {m.rows:,} rows / of {m.small_rows:,} rows", growth_of_executor, 1.10),
        ("the same, embedded", growth, 1.10),
        (f"ingest of {m.rows:,} rows / what {m.small_rows:,} rows and none predict if time is linear",
         m.median("ingest") / predicted, 1.10),
        ("process / Spark's process, embedded", m.median("process") / spark_process, 0.20),
        ("the same, two executors", m.median("cluster process") / spark_process, 0.20),
        ("process / the same by DataFusion alone, embedded", m.median("process") / m.median("plain process"), 1.15),
        ("process / DuckDB, embedded", m.median("process") / m.median("duckdb"), 1.30),
        ("the same, two executors", m.median("cluster process") / m.median("duckdb"), 1.30),
    ]
    verdict = lambda found, limit: "reached" if found <= limit else "**not reached**"  # noqa: E731
    rows = [[name, f"{found:.2f}", f"≤ {limit:.2f}", verdict(found, limit)] for name, found, limit in lines]
    return table(["target", "measured", "wanted", ""], rows)


def memory(m):
    drivers = max(max(m.values("cluster ingest", "driver")), 0) / MIB
    rows = [
        [f"embedded, {m.small_rows:,} rows", f"{m.median('small ingest'):.2f}", f"{m.mib('small ingest'):.0f}"],
        [f"embedded, {m.rows:,} rows", f"{m.median('ingest'):.2f}", f"{m.mib('ingest'):.0f}"],
        [f"two executors, {m.small_rows:,} rows: the larger of them", f"{m.median('cluster small ingest'):.2f}",
         f"{m.mib('cluster small ingest'):.0f}"],
        [f"two executors, {m.rows:,} rows: the larger of them", f"{m.median('cluster ingest'):.2f}", f"{m.mib('cluster ingest'):.0f}"],
        ["… and the driver", "", f"{drivers:.0f}"],
    ]
    return table(["`springald ingest`", "s, median", "peak MiB, highest of all runs"], rows)


def time_goes(m, profiled):
    (statements, planning), drain = m.planning, m.median("drain")
    lines = [
        f"- An ingest of no rows (start, login, planning, an embedded cluster, commit) takes {m.median('no rows'):.2f} s "
        f"({m.spread('no rows')}).",
        f"- From its first statement to the first read, login, looking at the table and finding the splits, it asks the server "
        f"{statements} questions in {planning:.2f} s (from the server's log, once).",
        f"- The bare drain (server, protocol, rows dropped) takes {drain:.2f} s, {m.median('drain', 'cpu'):.2f} s of CPU in its "
        f"own process and {m.median('drain', 'server_cpu'):.2f} s in the server.",
        f"- The embedded ingest takes {m.median('ingest'):.2f} s, {m.median('ingest', 'cpu'):.2f} s of CPU in its own process "
        f"and {m.median('ingest', 'server_cpu'):.2f} s in the server: what Arrow, Parquet, compression and the files add to the "
        f"drain is {m.median('ingest', 'cpu') - m.median('drain', 'cpu'):.2f} s of CPU.",
        f"- Spark: start {m.median('spark', 'start'):.1f} s, ingest {m.median('spark', 'ingest'):.1f} s, process "
        f"{m.median('spark', 'process'):.1f} s; the rest is the interpreter's and the JVM's.",
    ]
    if profiled is None:
        return "\n".join([*lines, "", "No profile: `perf` is not installed or may not be used."])
    rooms, functions = profiled
    rows = [[name, f"{share:.1f}"] for name, share in rooms]
    names = "\n".join(f"{share:6.2f} %  {name[:110]}" for share, name in functions)
    return "\n".join([*lines, "", "CPU of the process of one more embedded ingest, sampled by `perf` (the server's is not in it):", "",
                      table(["where", "%"], rows), "", "The busiest functions:", "", "```text", names, "```"])


def scale():
    """What `make bench-scale` has written last, without its title."""
    if not SCALE.exists():
        return "`make bench-scale` has not been run."
    _, _, written = SCALE.read_text(encoding="utf-8").partition("\n")
    return written.strip().replace("\n## ", "\n### ")


def results(m, facts, profiled):
    average, worst = m.cores_of_others()
    noise = ("noise", f"other processes kept {average:.2f} cores busy on average, {worst:.2f} during the worst case")
    listed = "\n".join(f"- {name}: {value}" for name, value in [*facts, noise])
    sections = [
        "# Results of `make bench`",
        "Written by the benchmark itself. Every case is a whole process on one machine, the database server beside it on the "
        f"same cores; {len(m.rounds)} rounds of all cases (of the embedded process and of DataFusion alone "
        f"{len(m.values('process'))} runs, in turn), in which each result's rows were counted and found to be "
        f"{m.rows:,} (ingest) and {m.matching:,} (process). CPU is user and system time of the case with all its processes; "
        "peak memory is the highest of all rounds, summed over a case's processes, with two executors that of the larger one.",
        listed,
        "## Ingest", reads(m),
        "## Process", "The query is `sql/crime_type_details.sql`.", queries(m),
        "## Targets", targets(m),
        "## Memory", memory(m),
        "## Where the time goes", time_goes(m, profiled),
        "## Scale", scale(),
    ]
    return "\n\n".join(sections) + "\n"
