"""The Gibbs sampler: a sweep draws every parameter of the model, given all others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from reelhouse.als.biases import Side, other_side
from reelhouse.als.csr import Csr, balanced_bounds
from reelhouse.als.settings import Floats, Ints
from reelhouse.als.vectors import lanes_for, pad_rows
from reelhouse.bayes.bags import bag_sums, bag_weights, redraw_vectors
from reelhouse.bayes.kernels import row_sampler, squared_errors
from reelhouse.bayes.priors import (
    BagPrior,
    RowPrior,
    draw_bag_prior,
    draw_noise,
    draw_own_noise,
    draw_row_prior,
)
from reelhouse.bayes.random_numbers import Apply, Doubles, draw_normal, generator, standard_normals
from reelhouse.bayes.settings import Settings

# A sweep draws the movies first, as an iteration of ALS does.
SIDES: tuple[Side, ...] = ("movie", "user")
# Purposes of random numbers. Each purpose has a stream for each of the two sides.
INITIAL_ROWS, ROW_PRIOR, VECTORS, BAG_PRIOR, ROWS, OWN_NOISE, NOISE, STRANGERS, FOLD_IN = range(9)
INITIAL_ITERATIONS = 10
"""Iterations of ALS before the first sweep."""


@dataclass
class SideState:
    """The parameters of the users or of the movies.

    Attributes
    ----------
    csr
        The standardised ratings by row.
    rows
        Rows (rows, k): bias, then factors. They include the bags.
    weights, vectors, bags
        Weights (rows,) of the bags, vectors (columns, k) of the other side's members, and the bags
        (rows, k), which are the weighted sums of the vectors.
    row_prior, bag_prior
        Priors of the rows without bags, and of the vectors.
    noise
        Relative noise precision (rows,).
    """

    csr: Csr
    rows: Floats
    weights: Floats
    vectors: Floats
    bags: Floats
    row_prior: RowPrior
    bag_prior: BagPrior
    noise: Floats


class Sampler:
    """The state of a chain, and its sweeps.

    Attributes
    ----------
    sides
        Parameters of the users and of the movies.
    noise
        Precision of the noise, for standardised ratings.
    sweeps
        Number of sweeps so far.
    """

    def __init__(
        self,
        csr: dict[Side, Csr],
        settings: Settings,
        *,
        seed: int,
        threads: int = 1,
        apply: Apply = map,
    ) -> None:
        """Start a chain for ratings by user and by movie, whose values are standardised.

        ``apply`` calls a function for each piece of rows, in ``threads`` threads.
        """
        self.settings, self.seed, self.apply = settings, seed, apply
        self.sweeps, self.noise = 0, 1.0
        self.bounds: dict[Side, Ints] = {
            side: balanced_bounds(csr[side].indptr, threads) for side in SIDES
        }
        self.sides = {side: self._initial(side, csr[side]) for side in SIDES}

    def _initial(self, side: Side, csr: Csr) -> SideState:
        width = self.settings.width
        count = len(csr.indptr) - 1
        columns = int(csr.columns.max()) + 1
        # With this spread, the products of factors explain a quarter of the variance.
        spread = (4 * width) ** -0.25
        rows = np.float32(spread) * self._normals(INITIAL_ROWS, side, count)
        return SideState(
            csr=csr,
            rows=rows,
            weights=bag_weights(csr),
            vectors=np.zeros((columns, width), np.float32),
            bags=np.zeros_like(rows),
            row_prior=RowPrior(np.zeros(width), np.eye(width) / spread**2),
            bag_prior=BagPrior(np.zeros(width), np.full(width, spread**-2)),
            noise=np.ones(count, np.float32),
        )

    def initialise(self) -> None:
        """Move the rows from random numbers to a fit by ALS, from which the sweeps start.

        Draws from random rows find the factors one after another, in many more sweeps.
        """
        for _ in range(INITIAL_ITERATIONS):
            for side in SIDES:
                self.draw_rows(side, mean=True)
        self.draw_noise()

    def sweep(self) -> None:
        """Draw every parameter once."""
        self.sweeps += 1
        for side in SIDES:
            self.draw_priors(side)
            if self.settings.bags:
                self.draw_bags(side)
            self.draw_rows(side)
        self.draw_noise()

    @property
    def over_relaxation(self) -> float:
        """Return ω of this sweep: 0 during the burn-in, in which draws forget the initial rows."""
        return self.settings.over_relaxation if self.sweeps > self.settings.burn_in else 0.0

    def draw_priors(self, side: Side) -> None:
        """Draw the priors of the rows and of the bag vectors of one side."""
        state, priors = self.sides[side], self.settings.priors
        own = state.rows - state.bags
        state.row_prior = draw_row_prior(self._random(ROW_PRIOR, side), priors, own)
        if self.settings.bags:
            random = self._random(BAG_PRIOR, side)
            state.bag_prior = draw_bag_prior(random, priors, state.vectors)

    def draw_bags(self, side: Side) -> None:
        """Draw the bag vectors of one side, while its rows are fixed."""
        state = self.sides[side]
        state.vectors = redraw_vectors(
            self.sides[other_side(side)].csr,
            state.weights,
            state.rows - state.bags,
            state.row_prior,
            state.bag_prior,
            state.vectors,
            self.over_relaxation,
            self._normals(VECTORS, side, len(state.vectors)),
            self.apply,
        )
        state.bags = bag_sums(state.csr, state.weights, state.vectors)

    def draw_rows(self, side: Side, *, mean: bool = False) -> None:
        """Draw the rows of one side, or set them to their conditional mean."""
        state, other = self.sides[side], self.sides[other_side(side)]
        precision = state.row_prior.precision.astype(np.float32)
        pulls = (state.bags + state.row_prior.mean.astype(np.float32)) @ precision
        count = len(state.rows)
        draws = np.zeros_like(state.rows) if mean else self._normals(ROWS, side, count)
        over_relaxation = 0.0 if mean else self.over_relaxation
        noise = np.float32(self.noise) * state.noise
        roots = np.sqrt(other.noise)
        lanes = lanes_for(self.settings.width)
        fixed, draw_rows = pad_rows(other.rows, lanes), row_sampler(lanes)

        def draw_piece(first: int, last: int, rows: Csr) -> None:
            draw_rows(
                *rows, fixed, roots, noise[first:last], precision, pulls[first:last],
                np.float32(over_relaxation), draws[first:last], state.rows[first:last],
            )  # fmt: skip

        self._over_rows(side, draw_piece)

    def draw_noise(self) -> None:
        """Draw the precision of the noise, and the relative precision of the rows of both sides."""
        priors = self.settings.priors
        for side in SIDES if self.settings.own_noise else ():
            state = self.sides[side]
            squares = self.noise * self.squared_errors(side)
            counts = np.diff(state.csr.indptr)
            drawn = draw_own_noise(self._random(OWN_NOISE, side), priors, counts, squares)
            state.noise = drawn.astype(np.float32)
        total = float(self.squared_errors("user") @ self.sides["user"].noise)
        count = int(self.sides["user"].csr.indptr[-1])
        self.noise = draw_noise(self._random(NOISE, "user"), priors, count, total)

    def fold_in(self, csr: Csr) -> Floats:
        """Draw rows (users, k) of users outside of the fit, given everything else.

        ``csr`` has their standardised ratings of movies of the fit. The relative precision of their
        noise is 1. The state of the chain does not change.
        """
        state, movies = self.sides["user"], self.sides["movie"]
        precision = state.row_prior.precision.astype(np.float32)
        bags = bag_sums(csr, bag_weights(csr), state.vectors)
        count = len(bags)
        rows = np.zeros_like(bags)
        lanes = lanes_for(self.settings.width)
        row_sampler(lanes)(
            *csr, pad_rows(movies.rows, lanes), np.sqrt(movies.noise),
            np.full(count, self.noise, np.float32), precision,
            (bags + state.row_prior.mean.astype(np.float32)) @ precision,
            np.float32(0), self._normals(FOLD_IN, "user", count), rows,
        )  # fmt: skip
        return rows

    def stranger(self, side: Side) -> Floats:
        """Return the row (k,) of a user or movie without ratings: a draw from the prior."""
        prior, random = self.sides[side].row_prior, self._random(STRANGERS, side)
        return draw_normal(random, prior.mean, prior.precision).astype(np.float32)

    def own_variance(self, side: Side, strangers: int) -> Doubles:
        """Return the relative variance of the noise (rows + strangers,) of users or movies.

        Each of the last ``strangers`` values is the mean of this variance in the prior.
        """
        half = self.settings.priors.spread_degrees / 2
        prior_mean = half / (half - 1) if self.settings.own_noise else 1.0
        own = 1 / self.sides[side].noise.astype(np.float64)
        return np.append(own, np.full(strangers, prior_mean))

    def train_rmse(self) -> float:
        """Return the RMSE of the current scores, for standardised ratings."""
        errors = self.squared_errors("user", weighted=False)
        return float(np.sqrt(errors.sum() / self.sides["user"].csr.indptr[-1]))

    def squared_errors(self, side: Side, *, weighted: bool = True) -> Doubles:
        """Return the sum of squared errors (rows,) of each row of one side.

        The weight of an error is the relative precision of the other side's row, or 1.
        """
        state, other = self.sides[side], self.sides[other_side(side)]
        weights = other.noise if weighted else np.ones_like(other.noise)
        sums = np.empty(len(state.rows))

        def sum_piece(first: int, last: int, rows: Csr) -> None:
            squared_errors(*rows, other.rows, weights, state.rows[first:last], sums[first:last])

        self._over_rows(side, sum_piece)
        return sums

    def _over_rows(self, side: Side, work: Callable[[int, int, Csr], None]) -> None:
        """Call ``work`` with the first row, the row after the last, and the ratings of a piece."""
        bounds, csr = self.bounds[side], self.sides[side].csr

        def over_piece(piece: int) -> None:
            first, last = bounds[piece], bounds[piece + 1]
            work(first, last, csr.slice_rows(first, last))

        list(self.apply(over_piece, range(len(bounds) - 1)))

    def _random(self, purpose: int, side: Side) -> Generator:
        return generator(self.seed, self.sweeps, 2 * purpose + SIDES.index(side))

    def _normals(self, purpose: int, side: Side, rows: int) -> Floats:
        return standard_normals(
            self.seed,
            self.sweeps,
            2 * purpose + SIDES.index(side),
            rows,
            self.settings.width,
            self.apply,
        )
