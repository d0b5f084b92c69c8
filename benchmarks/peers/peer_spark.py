"""Spark on both cores: capture read as JSON, payloads as CSV, the aggregates of one profile."""

import time

from measuring import NUMERIC, SIDES, TEXT, measure, names_of
from pyspark.sql import SparkSession
from pyspark.sql import functions as f

QUANTILES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
SCHEMA = "captureData struct<endpointInput:struct<data:string>,endpointOutput:struct<data:string>>"


def session():
    return (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "4g")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )


def whole(directory, table):
    spark = session()
    names = names_of(table)
    schema = ",".join(f"{name} {'string' if name in TEXT else 'double'}" for name in names)
    captured = spark.read.schema(SCHEMA).option("recursiveFileLookup", "true").json(str(directory))
    texts = f.concat_ws(",", *(f.col(f"captureData.{side}.data") for side in SIDES))
    frame = captured.select(f.from_csv(texts, schema).alias("row")).select("row.*")
    began = time.perf_counter()
    wanted = [f.count(f.lit(1))]
    for name in names:
        wanted += [f.count(name), f.approx_count_distinct(name)]
        if name in NUMERIC or name not in TEXT:
            wanted += [f.sum(name), f.mean(name), f.stddev_pop(name), f.min(name), f.max(name)]
            wanted.append(f.percentile_approx(name, QUANTILES, 2048))
    row = frame.agg(*wanted).collect()[0]
    mean = row[names.index("probability") + 4]
    return {"rows": row[0], "mean": mean, "profile_seconds": time.perf_counter() - began}


if __name__ == "__main__":
    measure(whole)
