"""Prints the column statistics that Glue has of a table, or of one of its partitions, as JSON by column.

usage: column_statistics.py DB.TABLE [Y/M/D]

Decimals are shown with their point, dates as days: {"id": {"MinimumValue": 1, "NumberOfDistinctValues": 100, ...}, ...}
"""

import datetime
import decimal
import json
import sys

import boto3


def plain(value):
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).date().isoformat()
    if isinstance(value, dict) and "UnscaledValue" in value:
        unscaled = int.from_bytes(value["UnscaledValue"], "big", signed=True)
        return str(decimal.Decimal(unscaled).scaleb(-value["Scale"]))
    return value


def members(statistics):
    data = statistics["StatisticsData"]
    [found] = [value for name, value in data.items() if name != "Type"]
    found = {name: plain(value) for name, value in found.items()}
    return {"Type": statistics["ColumnType"], "Kind": data["Type"], **found}


def main():
    database, table = sys.argv[1].split(".")
    glue = boto3.client("glue")
    columns = glue.get_table(DatabaseName=database, Name=table)["Table"]["StorageDescriptor"]["Columns"]
    place = {"DatabaseName": database, "TableName": table, "ColumnNames": [column["Name"] for column in columns]}
    if len(sys.argv) > 2:
        found = glue.get_column_statistics_for_partition(PartitionValues=sys.argv[2].split("/"), **place)
    else:
        found = glue.get_column_statistics_for_table(**place)
    print(json.dumps({one["ColumnName"]: members(one) for one in found["ColumnStatisticsList"]}))


if __name__ == "__main__":
    main()
