"""Ratings packed for ALS in this process, in CSR form by user and by movie."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from reelhouse.als.biases import Side
from reelhouse.als.csr import Csr, balanced_bounds, csr_of_both_sides, index_ids
from reelhouse.als.half_steps import HalfStep, row_solver
from reelhouse.als.settings import Floats, Ints
from reelhouse.errors import ReelhouseError

PIECES_PER_THREAD = 4

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class Ratings(Protocol):
    """Packed ratings of a fit.

    Attributes
    ----------
    ids
        User ids (users,) and movie ids (movies,), in ascending order.
    counts
        Number of ratings of each user (users,) and movie (movies,).
    lowest
        The lowest value (1,).
    threads
        Number of threads that this process computes with.
    """

    ids: dict[Side, Ints]
    counts: dict[Side, Ints]
    lowest: Floats
    threads: int

    def solve(self, side: Side, step: HalfStep) -> tuple[Floats, float]:
        """Return the factors (rows, k) of one side, and the sum of the objectives of its rows."""

    def release(self) -> None:
        """Free memory outside of this process."""


class LocalRatings:
    """Ratings packed in the memory of this process."""

    def __init__(
        self,
        user_ids: Ints,
        movie_ids: Ints,
        values: NDArray[Any],
        *,
        threads: int = 1,
    ) -> None:
        """Pack arrays (n,) of ratings, whose ids may be any 64-bit integers.

        A fit computes with ``threads`` threads.

        Raises
        ------
        ReelhouseError
            There is no rating, or a value is not finite.
        """
        if not len(values):
            raise ReelhouseError("there is no rating to fit")
        check_finite(values)
        self.threads = threads
        self.lowest = values.min(keepdims=True).astype(np.float32)
        users, user_rows = index_ids(user_ids)
        movies, movie_rows = index_ids(movie_ids)
        by_user, by_movie = csr_of_both_sides(
            user_rows,
            movie_rows,
            values.astype(np.float32),
            len(users),
            len(movies),
        )
        self.ids: dict[Side, Ints] = {"user": users, "movie": movies}
        self.csr: dict[Side, Csr] = {"user": by_user, "movie": by_movie}
        self.counts: dict[Side, Ints] = {
            side: np.diff(packed.indptr) for side, packed in self.csr.items()
        }

    def solve(self, side: Side, step: HalfStep) -> tuple[Floats, float]:
        """Return the factors (rows, k) of one side, and the sum of the objectives of its rows.

        The threads take pieces with about equally many ratings. There are more pieces than
        threads, because rows with few ratings take more time per rating.
        """
        packed = self.csr[side]
        bounds = balanced_bounds(packed.indptr, PIECES_PER_THREAD * self.threads)
        solved = step.start.copy()
        solve_rows = row_solver(step)

        def solve_piece(piece: int) -> float:
            first, last = bounds[piece], bounds[piece + 1]
            rows = packed.slice_rows(first, last)
            return solve_rows(rows, solved[first:last], step.ridge[first:last])

        with ThreadPoolExecutor(self.threads) as pool:
            objectives = list(pool.map(solve_piece, range(len(bounds) - 1)))
        return solved, sum(objectives)

    def release(self) -> None:
        """Do nothing: all memory belongs to this process."""


def check_finite(values: NDArray[Any]) -> None:
    """Refuse NaN and infinity."""
    if not np.isfinite(values).all():
        raise ReelhouseError("a rating to fit is not a finite number")


def select_rating_columns(ratings: DataFrame) -> DataFrame:
    """Return the columns that are packed: ``user_id, movie_id, value float``."""
    return ratings.selectExpr("user_id", "movie_id", "cast(value as float) as value")
