"""`python -m tests.e2e.cluster_fit MASTER PID`: a fit on a cluster that loses a worker.

Kills the process PID in the middle of the fit; fails unless the factors equal those of the driver.
"""

import os
import re
import signal
import sys

import numpy as np
import pyarrow as pa
from pyarrow import csv
from pyspark.sql import SparkSession

from dbt_spark_session.packages import send_packages
from reelhouse.als import Settings, fit_packed
from reelhouse.als.ratings import LocalRatings
from reelhouse.als.spark_ratings import SparkRatings
from reelhouse.commands.archive import ARCHIVE
from reelhouse.paths import DATA

SETTINGS = Settings(factors=8, reg=0.05, iterations=4, feedback="explicit")
SENT = r"/app-.*/packages-\w+/reelhouse/__init__.py$"
"""Where an executor has the package that the driver sends."""
HALF_STEP_OF_THE_KILL = 3


class KillingRatings(SparkRatings):
    """Kills a process before one of the half-steps."""

    def __init__(self, *arguments, pid, **options):
        super().__init__(*arguments, **options)
        self.pid, self.half_steps = pid, 0

    def solve(self, side, step):
        self.half_steps += 1
        if self.half_steps == HALF_STEP_OF_THE_KILL:
            os.kill(self.pid, signal.SIGKILL)
        return super().solve(side, step)


def imported_from(batches):
    """Return the file of the package in a process of an executor."""
    import reelhouse

    for batch in batches:
        yield pa.RecordBatch.from_pydict({"file": [reelhouse.__file__] * batch.num_rows})


def main(master: str, pid: int) -> None:
    spark = (
        SparkSession.builder.master(master)
        .config("spark.executor.memory", "512m")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.ui.enabled", "false")
        .config("spark.log.level", "ERROR")
        .config("spark.archives", f"{ARCHIVE}#environment")
        .getOrCreate()
    )
    send_packages(spark.sparkContext, "reelhouse")
    files = spark.range(2).mapInArrow(imported_from, "file string").toArrow()["file"].to_pylist()
    assert all(re.search(SENT, file) for file in files)
    columns = ["user_id", "movie_id", "value"]
    text = csv.ReadOptions(column_names=[*columns, "rated_at"])
    table = csv.read_csv(
        DATA / "ml-100k" / "u.data", text, csv.ParseOptions(delimiter="\t")
    ).select(columns)
    table = table.set_column(2, "value", table["value"].cast(pa.float64()))
    ratings = spark.createDataFrame(table)
    packed = KillingRatings(ratings, table.num_rows, blocks=4, pid=pid)
    there = fit_packed(packed, SETTINGS, seed=1)
    here = fit_packed(
        LocalRatings(*(column.to_numpy() for column in table.columns)), SETTINGS, seed=1
    )
    assert packed.half_steps == 2 * SETTINGS.iterations
    for side in ("user", "movie"):
        assert np.array_equal(there.ids[side], here.ids[side])
        assert np.array_equal(there.factors[side], here.factors[side])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
