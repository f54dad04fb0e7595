"""Train and test rows of the protocols of papers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reelhouse.algorithms.rating_rows import RatingRows

SEED = 0
Mask = NDArray[np.bool_]


class Fold(NamedTuple):
    """The train rows and the test rows of a fold."""

    train: RatingRows
    test: RatingRows


def rows_where(rows: RatingRows, mask: Mask) -> RatingRows:
    """Return the rows for which ``mask`` (n,) is true."""
    return RatingRows(*(column[mask] for column in rows))


def folds_in_file_order(rows: RatingRows, folds: int = 5) -> Iterator[Fold]:
    """Yield folds whose test rows are consecutive parts: u1 to u5, if the rows are u.data."""
    numbers = np.arange(len(rows.values)) * folds // len(rows.values)
    for fold in range(folds):
        yield _fold(rows, numbers == fold)


def random_folds(rows: RatingRows, folds: int = 5) -> Iterator[Fold]:
    """Yield folds whose test rows are random parts of equal size."""
    numbers = np.random.default_rng(SEED).permutation(len(rows.values)) % folds
    for fold in range(folds):
        yield _fold(rows, numbers == fold)


def random_tenth(rows: RatingRows) -> Iterator[Fold]:
    """Yield one fold, whose test rows are a random tenth."""
    yield next(random_folds(rows, 10))


def _fold(rows: RatingRows, is_test: Mask) -> Fold:
    return Fold(rows_where(rows, ~is_test), rows_where(rows, is_test))


def core(rows: RatingRows, least: int) -> RatingRows:
    """Remove users and movies with fewer than ``least`` rows until there are none."""
    while True:
        kept = np.ones(len(rows.values), bool)
        for ids in (rows.user_ids, rows.movie_ids):
            _, positions, counts = np.unique(ids, return_inverse=True, return_counts=True)
            kept &= counts[positions] >= least
        if kept.all():
            return rows
        rows = rows_where(rows, kept)


def shuffled_ranks(user_ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rank from 0 of each row in a random order of its user's rows, and their number."""
    keys = np.random.default_rng(SEED).random(len(user_ids))
    order = np.lexsort((keys, user_ids))
    _, starts, counts = np.unique(user_ids[order], return_index=True, return_counts=True)
    ranks, numbers = np.empty((2, len(user_ids)), np.int64)
    ranks[order] = np.arange(len(user_ids)) - np.repeat(starts, counts)
    numbers[order] = np.repeat(counts, counts)
    return ranks, numbers
