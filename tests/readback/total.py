"""Adds up an integer column of a table's live snapshot.

usage: total.py WAREHOUSE DB.TABLE COLUMN

Prints one line of JSON: {"rows": 20000, "total": 20000000}
"""

import json
import sys

import pyarrow.compute

from snapshot import newest_document, read_location

warehouse, table, column = sys.argv[1:]
_, document = newest_document(warehouse, table)
_, rows = read_location(document["StorageDescriptor"]["Location"], [column])
print(json.dumps({"rows": rows.num_rows, "total": pyarrow.compute.sum(rows.column(column)).as_py()}))
