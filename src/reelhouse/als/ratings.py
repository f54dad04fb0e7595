"""Ratings packed for ALS in this process: both sides in CSR form, ids replaced by positions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from reelhouse.als.csr import Csr, balanced_bounds, both_sides, indexed
from reelhouse.als.kernels import solve_by_cg, solve_exactly
from reelhouse.als.settings import Floats, Ints, Settings
from reelhouse.errors import ReelhouseError

Side = Literal["user", "movie"]


class HalfStep(NamedTuple):
    """Settings, and the arrays that the kernels take to solve one side.

    ``fixed`` (columns, k), ``gram`` (k, k) or (0, 0), ``ridge`` (rows,), ``start`` (rows, k); with
    biases the first number of a row of ``fixed`` and ``start`` is its bias.
    """

    settings: Settings
    fixed: Floats
    gram: Floats
    ridge: Floats
    start: Floats


class Ratings(Protocol):
    """Packed ratings: ascending ids, the ratings of each id, and the lowest value (1,) of all.

    ``threads`` is the number of threads that this process computes with.
    """

    ids: dict[Side, Ints]
    counts: dict[Side, Ints]
    lowest: Floats
    threads: int

    def solve(self, side: Side, step: HalfStep) -> tuple[Floats, float]:
        """Factors (rows, k) of one side, and the sum of the objectives of its rows."""

    def release(self) -> None:
        """Free what is held outside of this process."""


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
        """Pack ratings, each array (n,), for ``threads`` to solve; ids are any 64-bit integers.

        Raises:
            ReelhouseError: There is no rating, or a value is not finite.
        """
        if not len(values):
            raise ReelhouseError("there is no rating to fit")
        check_finite(values)
        self.threads = threads
        self.lowest = values.min(keepdims=True).astype(np.float32)
        users, user_rows = indexed(user_ids)
        movies, movie_rows = indexed(movie_ids)
        by_user, by_movie = both_sides(
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
        """Factors (rows, k) of one side, and the sum of the objectives of its rows.

        The side is cut into a piece of equally many ratings a thread.
        """
        packed = self.csr[side]
        bounds = balanced_bounds(packed.indptr, self.threads)
        solved = step.start.copy()

        def solve_piece(piece: int) -> float:
            first, last = bounds[piece], bounds[piece + 1]
            rows = packed.cut(first, last)
            return solve_rows(rows, step, solved[first:last], step.ridge[first:last])

        with ThreadPoolExecutor(self.threads) as pool:
            objectives = list(pool.map(solve_piece, range(len(bounds) - 1)))
        return solved, sum(objectives)

    def release(self) -> None:
        """Do nothing: the memory is this process's."""


def check_finite(values: NDArray[Any]) -> None:
    """Refuse NaN and infinity."""
    if not np.isfinite(values).all():
        raise ReelhouseError("a rating to fit is not a finite number")


def narrowed(ratings: DataFrame) -> DataFrame:
    """Return the columns that are packed: ``user_id, movie_id, value float``."""
    return ratings.select("user_id", "movie_id", F.col("value").cast("float"))


def other(side: Side) -> Side:
    """Return the side that is held fixed while ``side`` is solved."""
    return "movie" if side == "user" else "user"


def solve_rows(rows: Csr, step: HalfStep, solved: Floats, ridge: Floats) -> float:
    """Solve rows into ``solved`` (rows, k), which holds the start; return their objective."""
    targets, weights = step.settings.observations(rows.values)
    biases = step.settings.biases
    arrays = (
        rows.indptr, rows.columns, targets, weights, step.fixed, biases, step.gram, ridge, solved
    )  # fmt: skip
    if step.settings.solver == "cg":
        return float(solve_by_cg(*arrays, step.settings.cg_steps))
    return float(solve_exactly(*arrays))
