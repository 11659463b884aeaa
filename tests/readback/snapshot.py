"""How a reader outside the project finds and reads snapshots: the local catalog's newest document, then its files."""

import json
import os
import pathlib
import urllib.parse

import pyarrow as pa
import pyarrow.parquet as pq
import pymysql


def connect(port):
    """A connection that returns every value as the server's text (binary columns as bytes), moments in UTC."""
    return pymysql.connect(
        host="127.0.0.1",
        port=port,
        user="springald",
        password=os.environ["MYSQL_PWD"],
        charset="utf8mb4",
        conv={},
        init_command="SET time_zone = '+00:00'",
    )


def newest_document(warehouse, table):
    """The number and the content of the newest version of a table (`db.table`, lower case) in the local catalog."""
    directory = pathlib.Path(warehouse, "_catalog", *table.split("."))
    documents = sorted(directory.glob("[0-9]*.json"))
    if not documents:
        return None, None
    return int(documents[-1].stem), json.loads(documents[-1].read_text())


def path_of(location):
    """The directory that a location names."""
    return pathlib.Path(urllib.parse.unquote(location.removeprefix("file://")))


def read_location(location):
    """The number of files of a snapshot and all their rows, or None for the rows where there is no file."""
    files = sorted(path_of(location).glob("*.parquet"))
    tables = [pq.ParquetFile(file).read() for file in files]
    return len(files), pa.concat_tables(tables) if tables else None
