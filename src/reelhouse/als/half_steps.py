"""Half-steps of ALS: solve all rows of one side while the factors of the other side are fixed."""

from __future__ import annotations

from collections.abc import Callable
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


def row_solver(step: HalfStep) -> Callable[[Csr, Floats, Floats], float]:
    """Return a function that solves rows of a half-step in place, in any thread.

    It takes the rows, ``solved`` (rows, k) with the factors to start from, and the regularisation
    (rows,) of the rows. It returns the sum of the objectives of the rows.
    """
    lanes = step.fixed.shape[1]
    by_cg = step.settings.solver == "cg"
    kernel = cg_solver(lanes) if by_cg else exact_solver(lanes)
    steps = (step.settings.cg_steps,) if by_cg else ()

    def solve_rows(rows: Csr, solved: Floats, ridge: Floats) -> float:
        targets, weights = targets_and_weights(step.settings, rows.values)
        observations = rows.indptr, rows.columns, targets, weights
        biases = step.settings.biases
        return float(kernel(*observations, step.fixed, biases, step.gram, ridge, solved, *steps))

    return solve_rows
