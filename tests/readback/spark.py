"""Reads the Parquet files of a directory with Spark, which knows nothing of Springald or of the catalog.

usage: spark.py DIRECTORY KEY [--values]

Prints one line of JSON: rows, the sum of KEY, each column's type as Spark names it, and with --values all values by column in
the order of KEY, as Spark's text: moments in UTC and ISO's form, bytes in hexadecimal, NULL as null.
{"rows": 2, "total": 3, "types": {"id": "int"}, "values": {"id": ["1", "2"]}}
"""

import datetime
import json
import sys

from pyspark.sql import SparkSession, functions


def session():
    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.sql.session.timeZone", "UTC").config("spark.driver.host", "127.0.0.1")
    spark = builder.config("spark.log.level", "ERROR").getOrCreate()
    return spark


def text(name, kind):
    """A column as text; Spark shows bytes as characters, so they are asked for as digits."""
    column = functions.col(f"`{name}`")
    return functions.lower(functions.hex(column)) if kind == "binary" else column.cast("string")


def written(value, kind):
    if value is not None and kind.startswith("timestamp"):
        return datetime.datetime.fromisoformat(value).isoformat()
    return value


def values(frame, key, kinds):
    rows = frame.orderBy(key).select([text(name, kind).alias(name) for name, kind in kinds.items()]).collect()
    return {name: [written(row[name], kind) for row in rows] for name, kind in kinds.items()}


def main():
    directory, key = sys.argv[1:3]
    frame = session().read.parquet(directory)
    kinds = dict(frame.dtypes)
    rows, total = frame.agg(functions.count("*"), functions.sum(key)).first()
    found = {"rows": rows, "total": int(total), "types": kinds}
    if "--values" in sys.argv[3:]:
        found["values"] = values(frame, key, kinds)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
