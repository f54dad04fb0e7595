"""Arrow tables and list columns from scalars and matrices, and streams of tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

VALUES_OF_A_CHUNK = 2**28


def constant_table(schema: pa.Schema, length: int, **columns: Any) -> pa.Table:
    """Return a table of ``length`` rows.

    A column is an array, a scalar that every row gets, or null if it is not given.
    """
    arrays = []
    for field in schema:
        value = columns.get(field.name)
        if value is None or isinstance(value, str | int):
            value = pa.repeat(pa.scalar(value, field.type), length)
        is_arrow = isinstance(value, pa.ChunkedArray)
        arrays.append(value.cast(field.type) if is_arrow else pa.array(value, field.type))
    return pa.table(arrays, schema=schema)


def stream(schema: pa.Schema, tables: Iterable[pa.Table]) -> pa.RecordBatchReader:
    """Return a reader of the rows of tables; ``tables`` yields each table when it is needed."""
    batches = (batch for table in tables for batch in table.to_batches())
    return pa.RecordBatchReader.from_batches(schema, batches)


def list_array(matrix: NDArray[Any], *, most_values: int = VALUES_OF_A_CHUNK) -> pa.ChunkedArray:
    """Return rows of a matrix as lists, in chunks of at most ``most_values`` numbers or one row.

    The offsets of an Arrow list are 32-bit integers.
    """
    count, width = matrix.shape
    step = max(most_values // max(width, 1), 1)
    chunks = []
    for first in range(0, max(count, 1), step):
        rows = matrix[first : first + step]
        offsets = np.arange(len(rows) + 1, dtype=np.int32) * np.int32(width)
        chunks.append(pa.ListArray.from_arrays(offsets, rows.ravel()))
    return pa.chunked_array(chunks)
