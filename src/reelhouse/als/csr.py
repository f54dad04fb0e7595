"""Observations in compressed rows, and ids replaced by positions: each step linear in the rows."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from reelhouse.als.kernels import compiled
from reelhouse.als.settings import Floats, Ints
from reelhouse.errors import ReelhouseError

Positions = NDArray[np.int32]

NOT_TWICE_ALIKE = (
    "the ratings to fit are not the same when Spark reads them again: write them to a table first"
)
# Most entries of a table of positions, for each id.
SPARSE = 16


class Csr(NamedTuple):
    """Observations by row: ``indptr`` (rows + 1,), ``columns`` (n,) int32, ``values`` (n,)."""

    indptr: Ints
    columns: Positions
    values: Floats

    def cut(self, first: int, last: int) -> Csr:
        """The rows from ``first`` up to ``last``."""
        start, stop = self.indptr[first], self.indptr[last]
        return Csr(
            self.indptr[first : last + 1] - start,
            self.columns[start:stop],
            self.values[start:stop],
        )


def balanced_bounds(indptr: Ints, pieces: int) -> Ints:
    """Bounds of at most ``pieces`` ranges of rows with about equally many observations."""
    targets = np.linspace(0, indptr[-1], pieces + 1)
    bounds = np.searchsorted(indptr, targets)
    bounds[0], bounds[-1] = 0, len(indptr) - 1
    return np.unique(bounds)


def both_sides(
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


def indexed(ids: Ints) -> tuple[Ints, Positions]:
    """The distinct ids, ascending, and the position of each of ``ids`` (n,) among them."""
    first, last = int(ids.min()), int(ids.max())
    if last - first >= SPARSE * len(ids):
        distinct, positions = np.unique(ids, return_inverse=True)
        return distinct, positions.astype(np.int32)
    is_there = np.zeros(last - first + 1, bool)
    is_there[ids - first] = True
    distinct = np.flatnonzero(is_there) + first
    return distinct, positions_among(distinct, ids)


def positions_among(distinct: Ints, ids: Ints) -> Positions:
    """Return the positions of ``ids`` (n,) in the ascending array ``distinct``.

    Raises:
        ReelhouseError: An id is not in ``distinct``.
    """
    if not len(ids):
        return np.zeros(0, np.int32)
    first, last = (int(distinct[0]), int(distinct[-1])) if len(distinct) else (0, -1)
    if last - first >= SPARSE * max(len(ids), len(distinct)):
        positions, known = found_among(distinct, ids)
        if known.all():
            return positions
    elif first <= int(ids.min()) and int(ids.max()) <= last:
        table = np.full(last - first + 1, -1, np.int32)
        table[distinct - first] = np.arange(len(distinct), dtype=np.int32)
        positions = np.take(table, ids - first)
        if (positions >= 0).all():
            return positions
    raise ReelhouseError(NOT_TWICE_ALIKE)


def found_among(distinct: NDArray[Any], ids: NDArray[Any]) -> tuple[Positions, NDArray[np.bool_]]:
    """Positions in the ascending ``distinct`` of ``ids`` (n,), and which of them are there.

    The position of one that is not there means nothing.
    """
    if not len(distinct):
        return np.zeros(len(ids), np.int32), np.zeros(len(ids), bool)
    places = np.minimum(np.searchsorted(distinct, ids), len(distinct) - 1)
    return places.astype(np.int32), distinct[places] == ids


@compiled
def _by_row(rows: Any, columns: Any, values: Any, row_count: int) -> Any:
    indptr = _starts(rows, row_count)
    place = indptr[:-1].copy()
    sorted_columns, sorted_values = np.empty_like(columns), np.empty_like(values)
    for i in range(len(rows)):
        p = place[rows[i]]
        sorted_columns[p], sorted_values[p] = columns[i], values[i]
        place[rows[i]] = p + 1
    return indptr, sorted_columns, sorted_values


@compiled
def _transposed(indptr: Any, columns: Any, values: Any, column_count: int) -> Any:
    starts = _starts(columns, column_count)
    place = starts[:-1].copy()
    rows, sorted_values = np.empty_like(columns), np.empty_like(values)
    for row in range(len(indptr) - 1):
        for i in range(indptr[row], indptr[row + 1]):
            p = place[columns[i]]
            rows[p], sorted_values[p] = row, values[i]
            place[columns[i]] = p + 1
    return starts, rows, sorted_values


@compiled
def _starts(keys: Any, count: int) -> Any:
    """Where each key below ``count`` starts when ``keys`` are in order; (count + 1,)."""
    starts = np.zeros(count + 1, np.int64)
    for key in keys:
        starts[key + 1] += 1
    for key in range(count):
        starts[key + 1] += starts[key]
    return starts
