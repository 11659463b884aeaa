"""Compares every cell of a published snapshot with what the MySQL server returns for the same table.

usage: compare.py PORT DATABASE.TABLE KEY LOCATION [--columns a,b,c] [--where SQL]

Reads the Parquet files of LOCATION with pyarrow and the table with PyMySQL (user springald, password in MYSQL_PWD), both
ordered by KEY, and shares no code with Springald: what a column must become is said here once more, in EXPECTED. Doubles
are compared bit for bit. Prints one line of JSON; exit code 0 if all is equal, 1 if not.
"""

import argparse
import datetime
import decimal
import json
import re
import struct
import sys

import pyarrow as pa

from snapshot import connect, read_location


def timestamp(text):
    return datetime.datetime.fromisoformat(text)


def bits(text):
    """The bit pattern of a double: equal for equal numbers only, tells 0 from -0."""
    return struct.unpack("<q", struct.pack("<d", float(text)))[0]


def boolean(text):
    return {"0": False, "1": True}[text]


# By MySQL's column type: a test on the Arrow type it must become, and the value that MySQL's text stands for.
EXPECTED = [
    (r"tinyint\(1\)$", pa.types.is_boolean, boolean),
    (r"tinyint", lambda t: t in (pa.int8(), pa.int16(), pa.int32()), int),
    (r"smallint", lambda t: t in (pa.int16(), pa.int32()), int),
    (r"(mediumint|int)(\(\d+\))?$", lambda t: t == pa.int32(), int),
    (r"(mediumint|int).* unsigned", lambda t: t in (pa.int32(), pa.int64()), int),
    (r"bigint.* unsigned", lambda t: t == pa.decimal128(20, 0), decimal.Decimal),
    (r"bigint", lambda t: t == pa.int64(), int),
    (r"decimal", pa.types.is_decimal, decimal.Decimal),
    (r"double", lambda t: t == pa.float64(), bits),
    (r"float", lambda t: t == pa.float32(), bits),
    (r"datetime(\([0-3]\))?$", lambda t: t == pa.timestamp("ms"), timestamp),
    (r"datetime", lambda t: t == pa.timestamp("us"), timestamp),
    (r"date$", pa.types.is_date, datetime.date.fromisoformat),
    (r"(varbinary|binary|.*blob)", lambda t: pa.types.is_binary(t) or pa.types.is_large_binary(t), bytes),
    (r"(varchar|char|.*text|enum)", lambda t: pa.types.is_string(t) or pa.types.is_large_string(t), str),
]


def stored_name(column):
    """The name in the catalog: lower case, anything but letters, digits and underscores replaced."""
    return re.sub(r"[^a-z0-9_]", "_", column.lower())


def expectation(column_type):
    for pattern, is_type, value in EXPECTED:
        if re.match(pattern, column_type):
            return is_type, value
    raise SystemExit(f"no expectation for MySQL type {column_type}")


def read_server(arguments):
    """The table's columns (name, type) and its rows as text, ordered by the key."""
    database, table = arguments.table.split(".")
    with connect(arguments.port) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, column_type FROM information_schema.columns "
            "WHERE table_schema = %s AND table_name = %s ORDER BY ordinal_position",
            (database, table),
        )
        columns = [(text(name), text(kind)) for name, kind in cursor.fetchall()]
        if arguments.columns:
            kinds = dict(columns)
            columns = [(name, kinds[name]) for name in arguments.columns.split(",")]
        names = ", ".join(selected(name, kind) for name, kind in columns)
        where = f"WHERE {arguments.where}" if arguments.where else ""
        cursor.execute(f"SELECT {names} FROM `{database}`.`{table}` {where} ORDER BY `{arguments.key}`")
        return columns, cursor.fetchall()


def selected(name, kind):
    """A column in the server's SELECT; as text, a FLOAT would lose digits that it keeps as a DOUBLE."""
    return f"`{name}` + 0e0" if kind.startswith("float") else f"`{name}`"


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def arrow_values(column):
    values = column.to_pylist()
    if pa.types.is_floating(column.type):
        return [None if value is None else bits(value) for value in values]
    return values


def differences(columns, rows, snapshot):
    """Each cell that differs, as `column[row]: server's value, snapshot's value`."""
    found = []
    if [stored_name(name) for name, _ in columns] != snapshot.schema.names:
        found.append(f"columns: {[name for name, _ in columns]}, {snapshot.schema.names}")
        return found
    if len(rows) != snapshot.num_rows:
        found.append(f"rows: {len(rows)}, {snapshot.num_rows}")
    for position, (name, column_type) in enumerate(columns):
        is_type, value_of = expectation(column_type)
        column = snapshot.column(position)
        if not is_type(column.type):
            found.append(f"{name}: type {column_type} became {column.type}")
            continue
        expected = [None if row[position] is None else value_of(row[position]) for row in rows]
        for number, (wanted, got) in enumerate(zip(expected, arrow_values(column))):
            if wanted != got or type(wanted) is not type(got):
                found.append(f"{name}[{number}]: {wanted!r}, {got!r}")
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("table")
    parser.add_argument("key")
    parser.add_argument("location")
    parser.add_argument("--columns")
    parser.add_argument("--where")
    arguments = parser.parse_args()

    columns, rows = read_server(arguments)
    files, snapshot = read_location(arguments.location)
    if snapshot is None:
        sys.exit(f"no file in {arguments.location}")
    snapshot = snapshot.combine_chunks().sort_by(stored_name(arguments.key))
    found = differences(columns, rows, snapshot)
    summary = {
        "rows": snapshot.num_rows,
        "cells": snapshot.num_rows * snapshot.num_columns,
        "nulls": sum(column.null_count for column in snapshot.columns),
        "files": files,
        "differences": len(found),
        "first": found[:10],
    }
    print(json.dumps(summary))
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
