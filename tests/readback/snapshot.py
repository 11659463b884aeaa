"""How a reader outside the project finds and reads snapshots: the local catalog's newest document, then its files.

A warehouse or a location is a directory or an s3:// URL; the S3 server is the one that AWS_ENDPOINT_URL_S3 names.
"""

import json
import os
import urllib.parse

import pyarrow as pa
import pyarrow.fs
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


def opened(url):
    """The file system that a location is in, and its path there."""
    path = urllib.parse.unquote(url)
    if path.startswith("s3://"):
        endpoint = os.environ["AWS_ENDPOINT_URL_S3"]
        return pyarrow.fs.S3FileSystem(endpoint_override=endpoint), path.removeprefix("s3://").rstrip("/")
    return pyarrow.fs.LocalFileSystem(), path.removeprefix("file://").rstrip("/")


def names(filesystem, directory, ending):
    """The paths of a directory's files that end so, in order."""
    selector = pyarrow.fs.FileSelector(directory, allow_not_found=True)
    files = (info for info in filesystem.get_file_info(selector) if info.is_file)
    return sorted(info.path for info in files if info.path.endswith(ending))


def newest_document(warehouse, table):
    """The number and the content of the newest version of a table (`db.table`, lower case) in the local catalog."""
    filesystem, root = opened(str(warehouse))
    documents = names(filesystem, "/".join([root, "_catalog", *table.split(".")]), ".json")
    if not documents:
        return None, None
    with filesystem.open_input_file(documents[-1]) as document:
        return int(os.path.basename(documents[-1]).removesuffix(".json")), json.loads(document.read())


def read_location(location, columns=None):
    """The number of files of a snapshot and all their rows (of some columns), or None for the rows where there is no file."""
    filesystem, directory = opened(location)
    files = names(filesystem, directory, ".parquet")
    tables = [pq.ParquetFile(filesystem.open_input_file(file)).read(columns) for file in files]
    return len(files), pa.concat_tables(tables) if tables else None
