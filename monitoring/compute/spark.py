"""Parts of the data on Spark: each a task, their partials added up in the driver.

Needs     PySpark and Java; the files at the same path on every node, as is `monitoring`
Gives     an engine of as many parts as the cluster has cores, or as many as asked for

Which cluster it is, Spark's own settings say (`spark-submit --master …`, or
PYSPARK_SUBMIT_ARGS); without any it runs on this machine's cores.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from monitoring.compute.gathering import Each
from monitoring.compute.parts import Part
from monitoring.compute.processes import HASH_SEED, hash_seed, one_hash
from monitoring.compute.work import Partial
from monitoring.errors import MonitoringError, UsageError

PARTS_PER_CORE = 4


@dataclass(frozen=True, slots=True)
class Spark:
    """A session of Spark, and into how many parts it has the data cut."""

    session: Any
    parts: int

    @classmethod
    def started(cls, parts: int | None = None) -> Spark:
        """Connect to the cluster; raises UsageError where PySpark is not installed."""
        try:
            from pyspark.errors import PySparkException
            from pyspark.sql import SparkSession
        except ModuleNotFoundError:
            raise UsageError(
                "--compute spark: PySpark is not installed. Install the extra `spark` "
                "(requirements-spark.txt), which needs Java 17 too, or take --processes."
            ) from None
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        try:
            with one_hash():
                named = SparkSession.builder.appName("monitor")
                alike = named.config(f"spark.executorEnv.{HASH_SEED}", hash_seed())
                session = alike.getOrCreate()
        except (PySparkException, OSError) as error:
            raise MonitoringError(
                f"Spark did not start ({type(error).__name__}). It needs Java 17 and the cluster "
                "its settings name; what it said stands above."
            ) from error
        cores = session.sparkContext.defaultParallelism
        return cls(session, parts or cores * PARTS_PER_CORE)

    def each(self, work: Each, parts: Sequence[Part]) -> Iterator[Partial | MonitoringError]:
        listed = self.session.sparkContext.parallelize(parts, len(parts))
        yield from listed.mapPartitions(partial(_done, work)).collect()


def _done(work: Each, parts: Iterable[Part]) -> Iterator[Partial | MonitoringError]:
    return map(work, parts)
