"""Observations in compressed sparse rows (CSR), and positions of ids, in linear time."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from reelhouse.als.ids import Positions, find_positions
from reelhouse.als.kernels import compiled
from reelhouse.als.settings import Floats, Ints
from reelhouse.errors import ReelhouseError

UNSTABLE_RATINGS = (
    "the ratings to fit are not the same when Spark reads them again: write them to a table first"
)
# Largest size of a lookup table, per id. Sparser ids are found by binary search instead.
MOST_ENTRIES_PER_ID = 16


class Csr(NamedTuple):
    """Observations by row: ``indptr`` (rows + 1,), ``columns`` (n,) int32, ``values`` (n,)."""

    indptr: Ints
    columns: Positions
    values: Floats

    def slice_rows(self, first: int, last: int) -> Csr:
        """Return the rows from ``first`` up to, but without, ``last``."""
        start, stop = self.indptr[first], self.indptr[last]
        return Csr(
            self.indptr[first : last + 1] - start,
            self.columns[start:stop],
            self.values[start:stop],
        )


def balanced_bounds(indptr: Ints, pieces: int) -> Ints:
    """Return the bounds of up to ``pieces`` ranges of rows with about equally many observations."""
    targets = np.linspace(0, indptr[-1], pieces + 1)
    bounds = np.searchsorted(indptr, targets)
    bounds[0], bounds[-1] = 0, len(indptr) - 1
    return np.unique(bounds)


def csr_of_both_sides(
    rows: Positions,
    columns: Positions,
    values: Floats,
    row_count: int,
    column_count: int,
) -> tuple[Csr, Csr]:
    """Return observations (n,) by row and by column.

    Columns ascend within a row and rows within a column; equal pairs keep the order given.
    """
    unordered = _by_row(rows, columns, values, row_count)
    by_column = Csr(*_transposed(*unordered, column_count))
    return Csr(*_transposed(*by_column, row_count)), by_column


def index_ids(ids: Ints) -> tuple[Ints, Positions]:
    """Return the distinct ids in ascending order, and the position of each id of ``ids`` (n,)."""
    first, last = int(ids.min()), int(ids.max())
    if last - first >= MOST_ENTRIES_PER_ID * len(ids):
        distinct, positions = np.unique(ids, return_inverse=True)
        return distinct, positions.astype(np.int32)
    exists = np.zeros(last - first + 1, bool)
    exists[ids - first] = True
    distinct = np.flatnonzero(exists) + first
    return distinct, require_positions(distinct, ids)


def require_positions(distinct: Ints, ids: Ints) -> Positions:
    """Return the positions of ``ids`` (n,) in the ascending array ``distinct``.

    Raises
    ------
    ReelhouseError
        An id is not in ``distinct``.
    """
    if not len(ids):
        return np.zeros(0, np.int32)
    first, last = (int(distinct[0]), int(distinct[-1])) if len(distinct) else (0, -1)
    if last - first >= MOST_ENTRIES_PER_ID * max(len(ids), len(distinct)):
        positions, known = find_positions(distinct, ids)
        if known.all():
            return positions
    elif first <= int(ids.min()) and int(ids.max()) <= last:
        table = np.full(last - first + 1, -1, np.int32)
        table[distinct - first] = np.arange(len(distinct), dtype=np.int32)
        positions = np.take(table, ids - first)
        if (positions >= 0).all():
            return positions
    raise ReelhouseError(UNSTABLE_RATINGS)


@compiled
def _by_row(rows: Any, columns: Any, values: Any, row_count: int) -> Any:
    indptr = _starts(rows, row_count)
    next_positions = indptr[:-1].copy()
    sorted_columns, sorted_values = np.empty_like(columns), np.empty_like(values)
    for i in range(len(rows)):
        p = next_positions[rows[i]]
        sorted_columns[p], sorted_values[p] = columns[i], values[i]
        next_positions[rows[i]] = p + 1
    return indptr, sorted_columns, sorted_values


@compiled
def _transposed(indptr: Any, columns: Any, values: Any, column_count: int) -> Any:
    starts = _starts(columns, column_count)
    next_positions = starts[:-1].copy()
    rows, sorted_values = np.empty_like(columns), np.empty_like(values)
    for row in range(len(indptr) - 1):
        for i in range(indptr[row], indptr[row + 1]):
            p = next_positions[columns[i]]
            rows[p], sorted_values[p] = row, values[i]
            next_positions[columns[i]] = p + 1
    return starts, rows, sorted_values


@compiled
def _starts(keys: Any, count: int) -> Any:
    """Return where each key below ``count`` starts (count + 1,) once ``keys`` are sorted."""
    starts = np.zeros(count + 1, np.int64)
    for key in keys:
        starts[key + 1] += 1
    for key in range(count):
        starts[key + 1] += starts[key]
    return starts
