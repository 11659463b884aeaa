"""Reads each column of a small table that is cataloged in Glue as readers do who know nothing of Springald.

usage: every_type.py DB.TABLE KEY

Prints one line of JSON: each reader's values by column, in the order of KEY, written one way: whole numbers and decimals
as digits, moments in ISO's form and UTC, bytes in hexadecimal, NULL as null. {"athena": {"day": ["2024-02-29", null]}, ...}
"""

import datetime
import decimal
import json
import sys

import awswrangler
import duckdb
import numpy
import pandas

import athena
from readers import dataset, glue_table


decimal.getcontext().prec = 60  # more than any type has digits


def moment(value):
    stamp = pandas.Timestamp(datetime.datetime.fromisoformat(value) if isinstance(value, str) else value)
    return (stamp.tz_convert("UTC").tz_localize(None) if stamp.tzinfo else stamp).isoformat()


def written(value, kind):
    """A value as it is compared, given the column's type in Glue."""
    if pandas.isna(value):
        return None
    if kind == "boolean":
        return str(value).lower()
    if kind in ("tinyint", "smallint", "int", "bigint"):
        return str(int(value))
    if kind.startswith("decimal"):
        scale = int(kind.rstrip(")").split(",")[1])
        return str(decimal.Decimal(str(value)).quantize(decimal.Decimal(1).scaleb(-scale)))
    if kind == "float":
        return str(numpy.float32(value))
    if kind == "double":
        return repr(float(value))
    if kind == "date":
        return str(value)[:10]
    if kind == "timestamp":
        return moment(value)
    if kind == "binary":
        return value.lower() if isinstance(value, str) else bytes(value).hex()
    return str(value)


def with_athena(database, table, key, kinds):
    def selected(name, kind):
        return f'to_hex("{name}")' if kind == "binary" else f'CAST("{name}" AS varchar)'

    columns = ", ".join(selected(name, kind) for name, kind in kinds.items())
    rows = athena.ask(database, f'SELECT {columns} FROM {database}.{table} ORDER BY "{key}"', [table])
    return dict(zip(kinds, zip(*rows)))


def with_wrangler(database, table, key, kinds):
    frame = awswrangler.s3.read_parquet_table(database=database, table=table).sort_values(key)
    return {name: list(frame[name]) for name in kinds}


def with_pyarrow(database, table, key, kinds):
    rows = dataset(database, table).to_table().sort_by(key)
    return {name: rows.column(name).to_pylist() for name in kinds}


def with_duckdb(database, table, key, kinds):
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.register("files", dataset(database, table))
    # Moments as text: as values, those in UTC would want one more package.
    moments = {name for name, kind in kinds.items() if kind == "timestamp"}
    columns = ", ".join(f'CAST("{name}" AS varchar)' if name in moments else f'"{name}"' for name in kinds)
    rows = connection.execute(f'SELECT {columns} FROM files ORDER BY "{key}"').fetchall()
    return dict(zip(kinds, zip(*rows)))


def main():
    database, table = sys.argv[1].split(".")
    columns = glue_table(database, table)["StorageDescriptor"]["Columns"]
    kinds = {column["Name"]: column["Type"] for column in columns}
    readers = {"athena": with_athena, "awswrangler": with_wrangler, "duckdb": with_duckdb, "pyarrow": with_pyarrow}
    found = {}
    for name, read in readers.items():
        values = read(database, table, sys.argv[2], kinds)
        found[name] = {column: [written(value, kinds[column]) for value in values[column]] for column in kinds}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
