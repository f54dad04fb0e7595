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


def factor_table(schema: pa.Schema, job: FitJob, side: str, ids: Any, factors: Floats) -> pa.Table:
    """Return a table of factors (rows, k) of ids (rows,).

    ``schema`` is ``FACTORS``, or starts with the columns of ``FACTORS``: the others are null.
    """
    return constant_table(
        schema, len(ids), **job.labels, side=side, id=ids, factors=list_array(factors)
    )
