"""Prints where a process job put its snapshot, and the most frequent crime types in it.

usage: top_crime_types.py FILE      FILE holds the line of JSON that `springald process` printed
"""

import json
import sys
from urllib.parse import unquote

import duckdb

with open(sys.argv[1], encoding="utf-8") as report:
    location = json.load(report)["location"]
files = unquote(location).removeprefix("file://").rstrip("/") + "/*.parquet"
print(f"location: {location}")
print(f"{'crime type':<24}{'cases':>8}{'percent':>9}")
for crime_type, cases, percent in duckdb.sql(
    "SELECT primary_type, count(*) AS cases, 100.0 * count(*) / sum(count(*)) OVER () AS percent "
    f"FROM read_parquet('{files}') GROUP BY primary_type ORDER BY cases DESC, primary_type LIMIT 8"
).fetchall():
    print(f"{crime_type:<24}{cases:>8,}{percent:>9.1f}")
