"""The pipeline that Springald replaces, as its users write it: Spark's JDBC source to Parquet, then a query to Parquet.

Prints the seconds of each part as one line of JSON. The password is taken from MYSQL_PWD.

usage: spark_job.py PORT LOWER UPPER OUT_DIR QUERY_FILE
"""

import json
import os
import sys
import time

from pyspark.sql import SparkSession

port, lower, upper, out, query_file = sys.argv[1:]
begin = time.monotonic()
spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.jars", "/usr/share/java/mariadb-java-client.jar")
    .config("spark.driver.memory", "4g")
    .config("spark.ui.enabled", "false")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("ERROR")
started = time.monotonic()
(
    spark.read.format("jdbc")
    .option("url", f"jdbc:mysql://127.0.0.1:{port}/crime_data?permitMysqlScheme&useMysqlMetadata=true")
    .option("driver", "org.mariadb.jdbc.Driver")
    .option("dbtable", "Crimes_2001_to_Present")
    .option("user", "springald")
    .option("password", os.environ["MYSQL_PWD"])
    .option("fetchsize", "10000")
    .option("partitionColumn", "ID")
    .option("lowerBound", lower)
    .option("upperBound", upper)
    .option("numPartitions", "4")
    .load()
    .write.option("compression", "snappy")
    .parquet(f"{out}/ingest")
)
ingested = time.monotonic()
with open(query_file, encoding="utf-8") as file:
    # Spark has no table of that name here, and quotes names with backticks.
    query = file.read().replace("crime_data.crimes_2001_to_present", "crimes").replace('"', "`")
crimes = spark.read.parquet(f"{out}/ingest")
crimes.toDF(*(name.lower().replace(" ", "_") for name in crimes.columns)).createOrReplaceTempView("crimes")
spark.sql(query).write.option("compression", "snappy").parquet(f"{out}/process")
processed = time.monotonic()
print(json.dumps({"start": started - begin, "ingest": ingested - started, "process": processed - ingested}))
