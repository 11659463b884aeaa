"""Reads a table that is cataloged in Glue as people do who know nothing of Springald, and says what each of them found.

usage: readers.py DB.TABLE COLUMN

AWS is whatever AWS_ENDPOINT_URL and its per-service forms name; Athena's answers come from its API. Prints one line of
JSON with the rows, the sum of an integer column, and the columns: {"athena": [20000, 200010000, ["id", "name"]], ...}
"""

import json
import os
import sys
import time

import awswrangler
import boto3
import duckdb
import pyarrow.compute
import pyarrow.dataset

from snapshot import names, opened


def glue_table(database, table):
    return boto3.client("glue").get_table(DatabaseName=database, Name=table)["Table"]


RESULTS = "athena-results"


def bring(location):
    """Copies a table's files to the S3 at Athena's own endpoint, which is the only one that it reads."""
    source, target = boto3.client("s3"), boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    bucket, prefix = location.removeprefix("s3://").split("/", 1)
    for name in (bucket, RESULTS):
        target.create_bucket(Bucket=name)
    for found in source.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]:
        body = source.get_object(Bucket=bucket, Key=found["Key"])["Body"].read()
        target.put_object(Bucket=bucket, Key=found["Key"], Body=body)


def athena(database, table, column):
    bring(glue_table(database, table)["StorageDescriptor"]["Location"])
    client = boto3.client("athena")
    started = client.start_query_execution(
        QueryString=f"SELECT count(*), sum({column}) FROM {database}.{table}",
        QueryExecutionContext={"Database": database},
        ResultConfiguration={"OutputLocation": f"s3://{RESULTS}/"},
    )
    query = started["QueryExecutionId"]
    while True:
        status = client.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
        if status["State"] == "FAILED":
            raise RuntimeError(status["StateChangeReason"])
        if status["State"] == "SUCCEEDED":
            break
        time.sleep(0.1)
    row = client.get_query_results(QueryExecutionId=query)["ResultSet"]["Rows"][1]["Data"]
    columns = [column["Name"] for column in glue_table(database, table)["StorageDescriptor"]["Columns"]]
    return [int(float(row[0]["VarCharValue"])), int(float(row[1]["VarCharValue"])), columns]


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
    readers = {"athena": athena, "awswrangler": wrangler, "pyarrow": arrow, "duckdb": duck}
    print(json.dumps({name: read(database, table, sys.argv[2]) for name, read in readers.items()}))


if __name__ == "__main__":
    main()
