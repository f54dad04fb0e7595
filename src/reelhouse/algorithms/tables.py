"""Arrow tables that the fits return."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from reelhouse.algorithms.fit_jobs import FitJob
from reelhouse.als.settings import Floats
from reelhouse.arrow import constant_table, list_array

FIT_COLUMNS = pa.schema(
    [("algorithm", pa.string()), ("protocol", pa.string()), ("fold", pa.int32())]
)
"""The columns that name a fit."""
FACTORS = pa.schema(
    [
        *FIT_COLUMNS,
        ("side", pa.string()),
        ("id", pa.int64()),
        ("factors", pa.list_(pa.float32())),
    ]
)
ALS_FACTORS = pa.schema(
    [
        *FACTORS,
        ("losses", pa.list_(pa.float64())),
        ("elapsed_seconds", pa.list_(pa.float64())),
        ("forgotten_count", pa.int64()),
    ]
)
"""Factors; one row of each fit, that of its movie with the lowest id, has the costs of the fit, and
the number of people whom the lake had forgotten."""
DRIVER_FITS = pa.schema(
    [
        *FACTORS,
        ("neighbour_ids", pa.list_(pa.int64())),
        ("weights", pa.list_(pa.float32())),
        ("test_movie_ids", pa.list_(pa.int64())),
        ("test_predictions", pa.list_(pa.float64())),
        ("test_stddevs", pa.list_(pa.float64())),
        ("train_rmses", pa.list_(pa.float64())),
        ("noises", pa.list_(pa.float64())),
        ("effective_sample_sizes", pa.list_(pa.float64())),
        ("elapsed_seconds", pa.list_(pa.float64())),
    ]
)
"""Either the factors of a user or movie, or the weights of a movie's neighbours.

A user of ``bayesian_mf`` also has averages for the test rows, and one movie of each of its fits has
the progress of the chain.
"""


def factor_table(
    schema: pa.Schema, job: FitJob, side: str, ids: Any, factors: Floats, **columns: Any
) -> pa.Table:
    """Return a table of factors (rows, k) of ids (rows,).

    ``schema`` starts with the columns of ``FACTORS``. Columns that are not given are null.
    """
    return constant_table(
        schema, len(ids), **job.labels, side=side, id=ids, factors=list_array(factors), **columns
    )
