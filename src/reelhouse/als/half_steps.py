"""Half-steps of ALS: solve all rows of one side while the factors of the other side are fixed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from reelhouse.als.confidence import targets_and_weights
from reelhouse.als.conjugate_gradient import cg_solver
from reelhouse.als.csr import Csr
from reelhouse.als.kernels import exact_solver, gram_matrix
from reelhouse.als.settings import Floats, Ints, Settings
from reelhouse.als.vectors import lanes_for, pad_rows

NO_GRAM = np.empty((0, 0), np.float32)


class HalfStep(NamedTuple):
    """Arguments of the kernels that solve one side.

    Attributes
    ----------
    settings
        Settings of the fit.
    fixed
        Factors (columns, lanes) of the other side: k numbers, with biases first the bias, and zeros
        up to the lanes of a vector.
    gram
        The matrix (lanes, lanes) that adds all pairs to the objective; (0, 0) if they have no
        weight.
    ridge
        Regularisation (rows,) of each row.
    start
        Factors (rows, k) before the half-step; with biases, the bias comes first.
    """

    settings: Settings
    fixed: Floats
    gram: Floats
    ridge: Floats
    start: Floats


def half_step(
    settings: Settings, fixed: Floats, counts: Ints, start: Floats, *, threads: int = 1
) -> HalfStep:
    """Return the half-step that solves rows with ``counts`` (rows,) observations each.

    ``fixed`` (columns, k) and ``start`` (rows, k) are factors.
    """
    fixed = pad_rows(fixed, lanes_for(fixed.shape[1]))
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
    lanes = step.fixed.shape[1]
    if step.settings.solver == "cg":
        return float(cg_solver(lanes)(*arrays, step.settings.cg_steps))
    return float(exact_solver(lanes)(*arrays))
