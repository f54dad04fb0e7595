"""Half-steps of ALS: solve all rows of one side while the factors of the other side are fixed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from reelhouse.als.confidence import targets_and_weights
from reelhouse.als.conjugate_gradient import solve_by_cg
from reelhouse.als.csr import Csr
from reelhouse.als.kernels import gram_matrix, solve_exactly
from reelhouse.als.settings import Floats, Ints, Settings

NO_GRAM = np.empty((0, 0), np.float32)


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
