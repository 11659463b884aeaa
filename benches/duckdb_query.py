"""DuckDB runs the query of the process job from Parquet files to a Parquet file.

usage: duckdb_query.py FILES OUT_FILE QUERY_FILE
"""

import sys

import duckdb

files, out, query_file = sys.argv[1:]
with open(query_file, encoding="utf-8") as file:
    query = file.read()
database = duckdb.connect()
database.execute("CREATE SCHEMA crime_data")
database.execute(f"CREATE VIEW crime_data.crimes_2001_to_present AS SELECT * FROM read_parquet('{files}')")
database.execute(f"COPY ({query}) TO '{out}' (FORMAT parquet, COMPRESSION zstd)")
