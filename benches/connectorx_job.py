"""The fastest common alternative: ConnectorX to Arrow to one Parquet file. The password is taken from MYSQL_PWD.

usage: connectorx_job.py PORT OUT_FILE
"""

import os
import sys

import connectorx
import pyarrow.parquet

port, out = sys.argv[1:]
rows = connectorx.read_sql(
    f"mysql://springald:{os.environ['MYSQL_PWD']}@127.0.0.1:{port}/crime_data",
    "SELECT * FROM Crimes_2001_to_Present",
    return_type="arrow",
    protocol="binary",
    partition_on="ID",
    partition_num=4,
)
pyarrow.parquet.write_table(rows, out, compression="zstd")
