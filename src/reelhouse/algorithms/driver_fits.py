"""Fit the families that run in the memory of the driver, all but ALS."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator

import pyarrow as pa
from pyspark.sql import DataFrame

from reelhouse.algorithms.bayesian_mf import fit_bayesian_mf
from reelhouse.algorithms.ease import fit_ease
from reelhouse.algorithms.fit_jobs import FitJob
from reelhouse.algorithms.item_knn import fit_item_knn
from reelhouse.algorithms.svd import fit_svd
from reelhouse.algorithms.tables import DRIVER_FITS
from reelhouse.arrow import stream

DRIVER_FAMILIES = ("bayesian_mf", "ease", "item_knn", "svd")


def fit_on_driver(jobs: Iterable[FitJob], *, splits: DataFrame, seed: int) -> pa.RecordBatchReader:
    """Return a reader that runs fit jobs of ``DRIVER_FAMILIES`` one by one while it is read.

    The reader has the columns of ``DRIVER_FITS``. ``splits`` has the rows of rating_splits:
    ``bayesian_mf`` predicts the test rows, of which it reads the ids alone. ``seed`` is the seed of
    its draws, and breaks ties between neighbours of equal similarity.
    """
    fits: dict[str, Callable[[FitJob], pa.Table]] = {
        "bayesian_mf": functools.partial(fit_bayesian_mf, splits=splits, seed=seed),
        "ease": functools.partial(fit_ease, seed=seed),
        "item_knn": functools.partial(fit_item_knn, seed=seed),
        "svd": fit_svd,
    }

    def fit_tables() -> Iterator[pa.Table]:
        for job in jobs:
            with job.labelled_errors():
                table = fits[job.algorithm["family"]](job)
            yield table

    return stream(DRIVER_FITS, fit_tables())
