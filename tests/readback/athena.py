"""Runs a query on Athena, over tables that are cataloged in Glue.

usage: athena.py DATABASE FILE.sql TABLE...

The tables are those that the query reads. AWS is whatever AWS_ENDPOINT_URL and its per-service forms name. Prints one line
of JSON: the rows, each value as Athena's text, null for NULL.
"""

import json
import os
import pathlib
import sys
import time

import boto3

RESULTS = "athena-results"


def location(database, table):
    found = boto3.client("glue").get_table(DatabaseName=database, Name=table)
    return found["Table"]["StorageDescriptor"]["Location"]


def bring(url):
    """Copies a table's files to the S3 at Athena's own endpoint, which is the only one that it reads."""
    source, target = boto3.client("s3"), boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    bucket, prefix = url.removeprefix("s3://").split("/", 1)
    for name in (bucket, RESULTS):
        target.create_bucket(Bucket=name)
    for found in source.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]:
        body = source.get_object(Bucket=bucket, Key=found["Key"])["Body"].read()
        target.put_object(Bucket=bucket, Key=found["Key"], Body=body)


def ask(database, sql, tables):
    """The rows of a query, without the names of its columns."""
    for table in tables:
        bring(location(database, table))
    client = boto3.client("athena")
    started = client.start_query_execution(
        QueryString=sql,
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
    rows = client.get_query_results(QueryExecutionId=query)["ResultSet"]["Rows"][1:]
    return [[value.get("VarCharValue") for value in row["Data"]] for row in rows]


if __name__ == "__main__":
    database, file, *tables = sys.argv[1:]
    print(json.dumps(ask(database, pathlib.Path(file).read_text(), tables)))
