"""Sends statements to a scheduler over Flight SQL, on one connection, as every client with ADBC does.

usage: flight_sql.py grpc[+tls]://HOST:PORT [--bundle FILE] [--trust FILE] [--name CLUSTER] < statements

Reads lines, each a statement as a JSON string; `@tables` asks for the names of all tables as drivers do, `@name` for the
service's name, `@prepare …` prepares a statement and runs it, `@bind …` gives one the parameter 1, and
`@update …` sends one as an update.
Prints a line of JSON for each, as it is answered: {"columns": ["id"], "rows": [[1], [2]]} or {"error": "why not"}
"""

import argparse
import json
import sys
from pathlib import Path

from adbc_driver_flightsql import DatabaseOptions, dbapi


def options(arguments):
    """The options of a connection: the bundle holds all three parts, and each option takes the part that it needs."""
    chosen = {}
    if arguments.bundle or arguments.trust:
        chosen[DatabaseOptions.TLS_ROOT_CERTS.value] = (arguments.trust or arguments.bundle).read_text()
        chosen[DatabaseOptions.TLS_OVERRIDE_HOSTNAME.value] = arguments.name
    if arguments.bundle:
        chosen[DatabaseOptions.MTLS_CERT_CHAIN.value] = arguments.bundle.read_text()
        chosen[DatabaseOptions.MTLS_PRIVATE_KEY.value] = arguments.bundle.read_text()
    return chosen


def tables(connection):
    """The names of all tables, as `schema.table`."""
    found = connection.adbc_get_objects(depth="tables").read_all().to_pylist()
    schemas = [schema for catalog in found for schema in catalog["catalog_db_schemas"] or []]
    names = [[schema["db_schema_name"] + "." + table["table_name"]] for schema in schemas for table in schema["db_schema_tables"] or []]
    return {"columns": ["table"], "rows": sorted(names)}


def answer(connection, statement):
    if statement == "@tables":
        return tables(connection)
    if statement == "@name":
        return {"columns": ["name"], "rows": [[connection.adbc_get_info()["vendor_name"]]]}
    with connection.cursor() as cursor:
        if statement.startswith("@update "):
            cursor.adbc_statement.set_sql_query(statement.removeprefix("@update "))
            return {"columns": [], "rows": [[cursor.adbc_statement.execute_update()]]}
        if statement.startswith("@prepare "):
            statement = statement.removeprefix("@prepare ")
            cursor.adbc_prepare(statement)
        parameters = None
        if statement.startswith("@bind "):
            statement, parameters = statement.removeprefix("@bind "), [1]
        cursor.execute(statement, parameters)
        rows = cursor.fetch_arrow_table()
        return {"columns": rows.column_names, "rows": [list(row.values()) for row in rows.to_pylist()]}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("uri")
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--trust", type=Path)
    parser.add_argument("--name")
    arguments = parser.parse_args()
    connection = None
    for line in sys.stdin:
        statement = json.loads(line)
        try:
            connection = connection or dbapi.connect(arguments.uri, options(arguments), autocommit=True)
            said = answer(connection, statement)
        except dbapi.Error as error:
            said = {"error": str(error)}
        print(json.dumps(said, default=str), flush=True)
    if connection:
        connection.close()


main()
