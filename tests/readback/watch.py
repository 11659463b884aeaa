"""Reads a table over and over, as any reader would, and checks that each read is one whole snapshot.

usage: watch.py WAREHOUSE DB.TABLE [--once]

The table has the columns `id` and `version`. In a whole snapshot every row carries the same version, ids are 1 to the
number of rows, that number is 2000 + 10 * version, and the catalog's recordCount and numFiles agree with the files.
Reads until standard input closes (or once); says `reading` after the first time. At the end it prints one line of JSON:
{"reads": 123, "versions": [0, 1, 2], "violations": []}
"""

import json
import select
import sys

from snapshot import newest_document, read_location


def check(document, files, rows):
    """What is wrong with a snapshot, and the version that its rows carry."""
    if rows is None:
        return ["no file at the location"], None
    versions = sorted(set(rows.column("version").to_pylist()))
    ids = sorted(rows.column("id").to_pylist())
    problems = []
    if len(versions) != 1:
        return [f"versions {versions} side by side"], None
    if ids != list(range(1, 2000 + 10 * versions[0] + 1)):
        problems.append(f"version {versions[0]}: {len(ids)} ids, {len(set(ids))} of them distinct")
    parameters = document["Parameters"]
    if (int(parameters["recordCount"]), int(parameters["numFiles"])) != (len(ids), files):
        problems.append(f"version {versions[0]}: {len(ids)} rows in {files} files, but the catalog says {parameters}")
    return problems, versions[0]


def read(warehouse, table):
    number, document = newest_document(warehouse, table)
    if document is None:
        return -1, None, []
    try:
        files, rows = read_location(document["StorageDescriptor"]["Location"])
    except OSError as error:
        return number, None, [f"document {number}: {error}"]
    problems, version = check(document, files, rows)
    return number, version, [f"document {number}: {problem}" for problem in problems]


def main():
    warehouse, table = sys.argv[1:3]
    once = "--once" in sys.argv[3:]
    reads, versions, violations, newest = 0, [], [], -1
    while True:
        number, version, problems = read(warehouse, table)
        reads += 1
        violations += problems
        if number < newest:
            violations.append(f"document {number} after document {newest}")
        newest = max(newest, number)
        if version is not None and version not in versions[-1:]:
            versions.append(version)
        if reads == 1 and not once:
            print("reading", flush=True)
        if once or select.select([sys.stdin], [], [], 0)[0]:
            break
    print(json.dumps({"reads": reads, "versions": versions, "violations": violations[:20]}))


if __name__ == "__main__":
    main()
