"""Batches of folds whose factors and weights fit into memory together."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterator

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

BATCH_CELLS = 1 << 26
"""Largest number of factors and weights in a batch of several folds: 256 MB."""

Fold = tuple[str, int]
"""A protocol and a fold."""


def batches_of_folds(movies: DataFrame, weights: DataFrame | None) -> Iterator[list[Fold]]:
    """Yield folds to rank together: up to ``BATCH_CELLS`` numbers, or a single larger fold.

    ``movies`` have the columns ``protocol, fold, factors``, and ``weights`` have ``protocol, fold,
    weights``.
    """
    batch: list[Fold] = []
    batch_cells = 0
    for fold, cells in _cells_of_folds(movies, weights).items():
        if batch and batch_cells + cells > BATCH_CELLS:
            yield batch
            batch, batch_cells = [], 0
        batch.append(fold)
        batch_cells += cells
    if batch:
        yield batch


def rows_of_folds(rows: DataFrame, folds: list[Fold]) -> DataFrame:
    """Return the rows whose ``protocol`` and ``fold`` are among the folds."""
    return rows.where(
        functools.reduce(
            operator.or_,
            ((F.col("protocol") == protocol) & (F.col("fold") == fold) for protocol, fold in folds),
        )
    )


def _cells_of_folds(movies: DataFrame, weights: DataFrame | None) -> dict[Fold, int]:
    """Return how many numbers the factors and weights of each fold have."""
    sized = movies.select("protocol", "fold", F.size("factors").alias("cells"))
    if weights is not None:
        sized = sized.unionAll(weights.select("protocol", "fold", F.size("weights")))
    summed = sized.groupBy("protocol", "fold").agg(F.sum("cells")).collect()
    return {(protocol, fold): int(cells) for protocol, fold, cells in sorted(summed)}
