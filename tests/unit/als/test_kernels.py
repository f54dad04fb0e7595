"""The kernels of ALS give the solution of dense normal equations in float64."""

import itertools
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest

from reelhouse.als import Settings
from reelhouse.als.confidence import targets_and_weights
from reelhouse.als.csr import Csr
from reelhouse.als.half_steps import half_step, row_solver
from reelhouse.als.kernels import gram_matrix
from reelhouse.als.ratings import LocalRatings

EXPLICIT = Settings(factors=4, reg=0.01, iterations=1, feedback="explicit", solver="cholesky")
BIASED = replace(EXPLICIT, factors=3, reg_exponent=0.5, biases=True)
WHOLE = replace(EXPLICIT, unobserved_weight=0.3, reg_exponent=0.5)
HU = replace(EXPLICIT, reg=0.1, feedback="implicit", alpha=10.0)
RENDLE = replace(HU, alpha=None, unobserved_weight=0.1, reg_exponent=0.5)
GRADED = replace(WHOLE, feedback="graded")
OBJECTIVES = [EXPLICIT, WHOLE, GRADED, HU, RENDLE]
FACTORS = [1, 3, 16, 20]
COLUMNS = 300


class Problem(NamedTuple):
    """Rows to solve; the objective of a row is x·A·x - 2 x·b + c."""

    rows: Csr
    fixed: np.ndarray
    ridge: np.ndarray
    matrices: list[np.ndarray]
    rights: list[np.ndarray]
    constants: list[float]


def problem(settings, seed=3):
    """Return rows of no, one, some and all columns (more than a buffer), and one column twice."""
    rng = np.random.default_rng(seed)
    counts = [0, 1, 2, 5, 50, COLUMNS]
    columns = [rng.choice(COLUMNS, count, replace=False) for count in counts]
    columns.append(np.array([7, 7, 9]))
    indptr = np.cumsum([0, *map(len, columns)])
    n = indptr[-1]
    # Residuals have either sign, and some are 0; strengths are above 0.
    values = rng.normal(size=n).astype(np.float32)
    values[::7] = 0
    if settings.feedback == "implicit":
        values = np.abs(values) + np.float32(0.5)
    rows = Csr(indptr, np.concatenate(columns).astype(np.int32), values)
    fixed = rng.normal(size=(COLUMNS, settings.factors)).astype(np.float32)
    ridge = settings.ridge(np.diff(indptr), COLUMNS)
    targets, a = (array.astype(float) for array in targets_and_weights(settings, values))
    a = a if len(a) else np.ones(n)
    every = fixed.astype(float)
    problem = Problem(rows, fixed, ridge, [], [], [])
    for row, (start, stop) in enumerate(itertools.pairwise(indptr)):
        y, b, w = every[columns[row]], targets[start:stop], a[start:stop]
        regularised = ridge[row] * np.eye(settings.factors)
        problem.matrices.append(
            settings.weight_of_all_pairs * every.T @ every + (y.T * w) @ y + regularised
        )
        problem.rights.append((w * b) @ y)
        problem.constants.append(np.sum(w * b**2))
    return problem


def solve(settings, problem, start=None):
    counts = np.diff(problem.rows.indptr)
    solved = np.zeros((len(counts), settings.factors), np.float32) if start is None else start
    step = half_step(settings, problem.fixed, counts, solved)
    return solved, row_solver(step)(problem.rows, solved, step.ridge)


def objective(problem, solved):
    return sum(
        x @ matrix @ x - 2 * x @ right + constant
        for x, matrix, right, constant in zip(solved.astype(float), *problem[3:], strict=True)
    )


@pytest.mark.parametrize("factors", FACTORS)
@pytest.mark.parametrize("settings", OBJECTIVES)
def test_the_exact_step_is_the_dense_solution(settings, factors):
    settings = replace(settings, factors=factors)
    dense = problem(settings)
    solved, total = solve(settings, dense)
    for x, matrix, right in zip(solved, dense.matrices, dense.rights, strict=True):
        # Nothing observed and nothing regularised: the shortest solution, 0.
        exact = np.linalg.lstsq(matrix, right)[0]
        assert x == pytest.approx(exact, rel=2e-3, abs=2e-3)
    assert total == pytest.approx(objective(dense, solved), rel=1e-3)


@pytest.mark.parametrize("settings", OBJECTIVES)
def test_the_gradient_vanishes_at_the_exact_step(settings):
    settings = replace(settings, factors=8)
    dense = problem(settings)
    solved, _ = solve(settings, dense)
    for x, matrix, right in zip(solved.astype(float), dense.matrices, dense.rights, strict=True):
        scale = np.abs(matrix) @ np.abs(x) + np.abs(right)
        assert np.all(np.abs(matrix @ x - right) <= 1e-4 * scale.max())


@pytest.mark.parametrize("factors", FACTORS)
@pytest.mark.parametrize("settings", OBJECTIVES)
def test_conjugate_gradient_descends_to_the_exact_step(settings, factors):
    exactly = replace(settings, factors=factors)
    dense = problem(exactly)
    start = np.random.default_rng(4).normal(size=(7, factors)).astype(np.float32)
    start[0] = 0
    reached = [objective(dense, start)]
    for steps in (1, 3, 4 * factors):
        settings = replace(exactly, solver="cg", cg_steps=steps)
        solved, total = solve(settings, dense, start.copy())
        assert total == pytest.approx(objective(dense, solved), rel=1e-3)
        reached.append(total)
    # Steps after the solution change the objective by rounding alone.
    scale = max(map(abs, reached))
    assert all(after <= before + 1e-5 * scale for before, after in itertools.pairwise(reached))
    assert reached[-1] == pytest.approx(solve(exactly, dense)[1], rel=1e-3)


def half_solved(settings, values, fixed, start):
    rng = np.random.default_rng(6)
    users, movies = np.nonzero(rng.random((30, 20)) < 0.4)
    packed = LocalRatings(users, movies, values[: len(users)])
    step = half_step(settings, fixed, packed.counts["user"], start)
    return packed.solve("user", step)[0]


@pytest.fixture
def sides():
    """Values, factors of 20 movies and initial factors of 30 users, all around 1."""
    rng = np.random.default_rng(7)
    fixed, start = (rng.normal(size=(n, 4)).astype(np.float32) for n in (20, 30))
    return rng.normal(size=600), fixed, start


@pytest.mark.parametrize("solver", ["cg", "cholesky"])
@pytest.mark.parametrize("settings", [EXPLICIT, WHOLE, BIASED])
@pytest.mark.parametrize("power", [-40, -8, 8, 40])
def test_ratings_on_another_scale_have_factors_on_that_scale(sides, settings, solver, power):
    settings = replace(settings, solver=solver)
    values, fixed, start = sides
    scale = np.float32(2.0**power)  # a power of 2 changes no digit
    scaled = fixed.copy()
    if settings.biases:
        scaled[:, 0] *= scale
    expected = half_solved(settings, values, fixed, start)
    found = half_solved(settings, values * float(scale), scaled, start * scale) / scale
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("solver", ["cg", "cholesky"])
@pytest.mark.parametrize("settings", [EXPLICIT, WHOLE])
@pytest.mark.parametrize("power", [-12, -4, 4, 12])
def test_scaled_ratings_and_regularisation_give_scaled_factors(sides, settings, solver, power):
    """c · b and c · reg are the same problem for √c · u and √c · m."""
    settings = replace(settings, solver=solver)
    values, fixed, start = sides
    root = np.float32(2.0**power)
    c = float(root) ** 2
    expected = half_solved(settings, values, fixed, start)
    scaled = replace(settings, reg=settings.reg * c)
    found = half_solved(scaled, values * c, fixed * root, start * root) / root
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_a_gram_matrix_does_not_depend_on_the_threads():
    factors = np.random.default_rng(8).normal(size=(40_000, 9)).astype(np.float32)
    one, three = (gram_matrix(factors, threads) for threads in (1, 3))
    assert np.array_equal(one, three)
    assert one == pytest.approx(factors.astype(float).T @ factors, rel=1e-4, abs=1)


def test_a_row_without_observations_is_zero():
    for solver in ("cg", "cholesky"):
        settings = replace(HU, solver=solver)
        start = np.ones((7, settings.factors), np.float32)
        assert not solve(settings, problem(settings), start)[0][0].any()


def test_a_weight_of_two_is_the_observation_twice():
    """With an unobserved weight, the strength of an observation is its weight."""
    users, movies, strengths = np.array([1, 1, 2]), np.array([5, 6, 5]), np.array([1.0, 2.0, 1.0])
    twice = np.append(np.arange(3), 1)
    # The ridge of ALS-WR counts observations: at exponent 0 it counts nothing.
    settings = replace(RENDLE, reg_exponent=0.0)
    weighted = LocalRatings(users, movies, strengths)
    repeated = LocalRatings(users[twice], movies[twice], np.ones(4))
    fixed = np.random.default_rng(5).normal(size=(2, 4)).astype(np.float32)
    start = np.zeros((2, 4), np.float32)
    solved = [
        packed.solve("user", half_step(settings, fixed, packed.counts["user"], start))[0]
        for packed in (weighted, repeated)
    ]
    assert solved[0] == pytest.approx(solved[1], rel=1e-3)
