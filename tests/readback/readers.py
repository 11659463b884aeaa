"""Reads a table that is cataloged in Glue as people do who know nothing of Springald, and says what each of them found.

usage: readers.py DB.TABLE COLUMN

AWS is whatever AWS_ENDPOINT_URL and its per-service forms name; Athena's answers come from its API. Prints one line of
JSON with the rows, the sum of an integer column, and the columns: {"athena": [20000, 200010000, ["id", "name"]], ...}
"""

import json
import sys

import awswrangler
import boto3
import duckdb
import pyarrow.compute
import pyarrow.dataset

import athena
from snapshot import names, opened


def glue_table(database, table):
    return boto3.client("glue").get_table(DatabaseName=database, Name=table)["Table"]


def with_athena(database, table, column):
    [[count, total]] = athena.ask(database, f"SELECT count(*), sum({column}) FROM {database}.{table}", [table])
    columns = [column["Name"] for column in glue_table(database, table)["StorageDescriptor"]["Columns"]]
    return [int(float(count)), int(float(total)), columns]


def wrangler(database, table, column):
    frame = awswrangler.s3.read_parquet_table(database=database, table=table)
    # It takes the day in the location, y=2026/m=11/d=23, for columns of the table, and adds them at the end.
    columns = [name for name in frame.columns if name not in ("y", "m", "d")]
    return [len(frame), int(frame[column].sum()), columns]


def dataset(database, table):
    filesystem, directory = opened(glue_table(database, table)["StorageDescriptor"]["Location"])
    files = names(filesystem, directory, ".parquet")
    return pyarrow.dataset.dataset(files, filesystem=filesystem, format="parquet")


def arrow(database, table, column):
    rows = dataset(database, table).to_table()
    return [rows.num_rows, pyarrow.compute.sum(rows.column(column)).as_py(), rows.schema.names]


def duck(database, table, column):
    files = dataset(database, table)
    connection = duckdb.connect()
    connection.register("files", files)
    count, total = connection.execute(f"SELECT count(*), sum({column}) FROM files").fetchone()
    return [count, int(total), files.schema.names]


def main():
    database, table = sys.argv[1].split(".")
    readers = {"athena": with_athena, "awswrangler": wrangler, "pyarrow": arrow, "duckdb": duck}
    print(json.dumps({name: read(database, table, sys.argv[2]) for name, read in readers.items()}))


if __name__ == "__main__":
    main()
