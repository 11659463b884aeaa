"""Reads all days of a history table, whose older files may lack columns or hold narrower types than the table has now.

usage: history.py DB.TABLE_history COLUMN OTHER

Prints one line of JSON with the rows, the sum of COLUMN and the number of rows in which OTHER is not NULL, as each reader
found them: {"athena": [200, 50500, 100], "pyarrow": [200, 50500, 100]}
"""

import json
import sys

import boto3
import pyarrow.compute
import pyarrow.dataset

import athena
from snapshot import names, opened


def with_athena(database, table, column, other):
    sql = f"SELECT count(*), sum({column}), count({other}) FROM {database}.{table}"
    [row] = athena.ask(database, sql, [table])
    return [int(float(value)) for value in row]


def with_pyarrow(database, table, column, other):
    pages = boto3.client("glue").get_paginator("get_partitions").paginate(DatabaseName=database, TableName=table)
    days = sorted((day["Values"], day["StorageDescriptor"]["Location"]) for page in pages for day in page["Partitions"])
    opened_days = [opened(location) for _, location in days]
    files = [names(filesystem, directory, ".parquet") for filesystem, directory in opened_days]
    filesystem = opened_days[0][0]
    newest = pyarrow.dataset.dataset(files[-1], filesystem=filesystem, format="parquet").schema
    every = [file for day in files for file in day]
    rows = pyarrow.dataset.dataset(every, schema=newest, filesystem=filesystem, format="parquet").to_table()
    others = rows.num_rows - rows.column(other).null_count
    return [rows.num_rows, pyarrow.compute.sum(rows.column(column)).as_py(), others]


def main():
    database, table = sys.argv[1].split(".")
    readers = {"athena": with_athena, "pyarrow": with_pyarrow}
    print(json.dumps({name: read(database, table, *sys.argv[2:]) for name, read in readers.items()}))


if __name__ == "__main__":
    main()
