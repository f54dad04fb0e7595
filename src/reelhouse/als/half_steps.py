"""Half-steps of ALS: solve all rows of one side while the factors of the other side are fixed."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from reelhouse.als.confidence import targets_and_weights
from reelhouse.als.conjugate_gradient import solve_by_cg
from reelhouse.als.csr import Csr
from reelhouse.als.kernels import gram_matrix, solve_exactly
from reelhouse.als.settings import Floats, Ints, Settings

Side = Literal["user", "movie"]
NO_GRAM = np.empty((0, 0), np.float32)
# Position of a side's bias in its own factors; the other side has a 1 in this position.
BIAS: dict[Side, int] = {"user": 0, "movie": 1}


class HalfStep(NamedTuple):
    """Arguments of the kernels that solve one side.

    Attributes
    ----------
    settings
        Settings of the fit.
    fixed
        Factors (columns, k) of the other side. With biases, the first number of a row is its bias.
    gram
        The matrix (k, k) that adds all pairs to the objective; (0, 0) if they have no weight.
    ridge
        Regularisation (rows,) of each row.
    start
        Factors (rows, k) before the half-step, with biases as in ``fixed``.
    """

    settings: Settings
    fixed: Floats
    gram: Floats
    ridge: Floats
    start: Floats


def other_side(side: Side) -> Side:
    """Return the side whose factors are fixed while ``side`` is solved."""
    return "movie" if side == "user" else "user"


def half_step(
    settings: Settings, fixed: Floats, counts: Ints, start: Floats, *, threads: int = 1
) -> HalfStep:
    """Return the half-step that solves rows with ``counts`` (rows,) observations each."""
    weight = settings.weight_of_all_pairs
    gram = np.float32(weight) * gram_matrix(fixed, threads) if weight else NO_GRAM
    return HalfStep(settings, fixed, gram, settings.ridge(counts, len(fixed)), start)


def solve_rows(rows: Csr, step: HalfStep, solved: Floats, ridge: Floats) -> float:
    """Solve rows in place; return the sum of their objectives.

    ``solved`` (rows, k) has the factors to start from, and then the result.
    """
    targets, weights = targets_and_weights(step.settings, rows.values)
    biases = step.settings.biases
    arrays = (
        rows.indptr, rows.columns, targets, weights, step.fixed, biases, step.gram, ridge, solved
    )  # fmt: skip
    if step.settings.solver == "cg":
        return float(solve_by_cg(*arrays, step.settings.cg_steps))
    return float(solve_exactly(*arrays))


def insert_ones(settings: Settings, factors: dict[Side, Floats]) -> dict[Side, Floats]:
    """Return factors (rows, width) with the constant 1 inserted, if there are biases."""
    if not settings.biases:
        return dict(factors)
    return {
        side: np.insert(rows, BIAS[other_side(side)], 1, axis=1) for side, rows in factors.items()
    }


def remove_ones(settings: Settings, factors: dict[Side, Floats]) -> dict[Side, Floats]:
    """Return the rows (bias, factors …) without the constant 1: the inverse of ``insert_ones``."""
    if not settings.biases:
        return dict(factors)
    return {side: np.delete(rows, BIAS[other_side(side)], axis=1) for side, rows in factors.items()}
