"""Does what somebody does who analyses a table that is cataloged in Glue: looks around, reads it whole, queries it on Athena.

usage: analyst.py prepare|analyse DATABASE TABLE

What has to be there before, an administrator prepares: the table's files in the S3 of the server that AWS_ENDPOINT_URL names,
a bucket for results, a workgroup. Prints one line of JSON with the rows of the table: {"athena": 100, "files": 100}
"""

import json
import sys

import awswrangler
import boto3

from athena import RESULTS, bring, location

WORKGROUP = "analysts"


def prepare(database, table):
    bring(location(database, table))
    results = {"OutputLocation": f"s3://{RESULTS}/"}
    configuration = {"EnforceWorkGroupConfiguration": True, "ResultConfiguration": results}
    boto3.client("athena").create_work_group(Name=WORKGROUP, Configuration=configuration)


def look_around(database, table):
    assert database in list(awswrangler.catalog.databases()["Database"])
    assert table in list(awswrangler.catalog.tables(database=database)["Table"])
    assert awswrangler.catalog.get_parquet_partitions(database=database, table=f"{table}_history")


def with_athena(database, table):
    sql = f"SELECT count(*) AS counted FROM {database}.{table}"
    query = awswrangler.athena.start_query_execution(sql, database=database, workgroup=WORKGROUP)
    done = awswrangler.athena.wait_query(query)
    # Athena's file is of this name. MiniStack puts it into a directory of this name, which read_sql_query does not look for.
    file = done["ResultConfiguration"]["OutputLocation"]
    frame = awswrangler.s3.read_csv([f"{file}/{query}.csv"])
    return int(frame["counted"][0])


def page_and_stop(database, table):
    """Looks at an answer by the page, as Athena's console does, and gives another query up."""
    client = boto3.client("athena")
    asked = {"QueryExecutionContext": {"Database": database}, "WorkGroup": WORKGROUP}
    asked["ResultConfiguration"] = {"OutputLocation": f"s3://{RESULTS}/"}
    first = client.start_query_execution(QueryString=f"SELECT 1 FROM {database}.{table}", **asked)
    awswrangler.athena.wait_query(first["QueryExecutionId"])
    assert client.get_query_results(QueryExecutionId=first["QueryExecutionId"])["ResultSet"]["Rows"]
    second = client.start_query_execution(QueryString=f"SELECT 2 FROM {database}.{table}", **asked)
    client.stop_query_execution(QueryExecutionId=second["QueryExecutionId"])


def analyse(database, table):
    look_around(database, table)
    page_and_stop(database, table)
    files = len(awswrangler.s3.read_parquet_table(database=database, table=table))
    return {"athena": with_athena(database, table), "files": files}


if __name__ == "__main__":
    verb, *arguments = sys.argv[1:]
    print(json.dumps({"prepare": prepare, "analyse": analyse}[verb](*arguments)))
