"""Where the CPU time of one ingest goes, as `perf` samples it, by the crates that the functions belong to."""

import re
import shutil
import subprocess

# The first pattern that occurs in a function's name names its room; names of Rust functions hold their crate's.
ROOMS = [
    ("zstd", r"ZSTD|HUF_|FSE_|HIST_|XXH|zstd"),
    ("snappy", r"\bsnap\b|4snap"),
    ("springald: decoding rows into Arrow", r"springald_mysql.*(decode|read)"),
    ("Parquet encoding", r"parquet"),
    ("MySQL protocol (mysql_async, mysql_common)", r"mysql_async|mysql_common"),
    ("Arrow", r"arrow"),
    ("memory: allocator", r"\bmi_|_mi_|mimalloc|malloc|\bfree\b|__rust_(de)?alloc|__rdl_"),
    ("memory: copying", r"mem(cpy|move|set|cmp)|raw_vec|RawVec"),
    ("kernel: network", r"\[k\].*(tcp|sock|skb|inet|ip_|net_|recv|copy_user|_copy_to_iter|copyout|loopback|softirq)"),
    ("kernel: rest", r"\[k\]"),
    ("tokio and futures", r"tokio|futures|\bmio\b"),
    ("Ballista and DataFusion", r"ballista|datafusion|tonic|hyper|h2::|prost"),
]
REST = "rest"
LINE = re.compile(r"^\s*([0-9.]+)%\s+(\[[.k]\]) (.+?)(?:\s+-\s+-)?\s*$")


def profile(command, folder):
    """Runs `command` under perf. Returns the shares of the rooms and of the busiest functions in percent, or nothing where
    perf cannot be used."""
    if shutil.which("perf") is None:
        return None
    data = folder / "perf.data"
    recorded = subprocess.run(
        ["perf", "record", "--quiet", "--freq=997", "--event=cpu-clock", f"--output={data}", "--", *command],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False,
    )
    if recorded.returncode != 0 or not data.exists():
        return None
    report = subprocess.run(
        ["perf", "report", f"--input={data}", "--stdio", "--no-children", "--sort=symbol", "--fields=overhead,symbol",
         "--percent-limit=0"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True,
    )
    functions = [(float(line[1]), line[2], line[3]) for line in map(LINE.match, report.stdout.splitlines()) if line]
    functions.sort(key=lambda function: -function[0])
    rooms = {}
    for share, kind, name in functions:
        room = room_of(kind, name)
        rooms[room] = rooms.get(room, 0.0) + share
    by_share = sorted(rooms.items(), key=lambda room: -room[1])
    return by_share, [(share, name) for share, _, name in functions[:25]]


def room_of(kind, name):
    text = f"{kind} {name}"
    return next((room for room, pattern in ROOMS if re.search(pattern, text)), REST)
