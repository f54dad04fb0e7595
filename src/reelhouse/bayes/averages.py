"""Averages over the sweeps of a chain: predictions of pairs, and factors of the averaged scores."""

from __future__ import annotations

from typing import Literal

import numpy as np

from reelhouse.als.biases import Side
from reelhouse.als.ids import find_positions
from reelhouse.als.settings import Floats, Ints
from reelhouse.bayes.kernels import score_pairs
from reelhouse.bayes.random_numbers import Doubles
from reelhouse.bayes.sampler import SIDES, Sampler

Group = Literal["user", "movie", "folded_in"]
"""The users and movies of the fit, and users outside of it."""
GROUPS: tuple[Group, ...] = ("user", "movie", "folded_in")
# Factors of this number of sweeps are collected before they are compressed.
BATCH = 8


class PairAverages:
    """Averages of the scores of some pairs of user and movie."""

    def __init__(self, ids: dict[Side, Ints], pairs: dict[Side, Ints]) -> None:
        """Find the users and movies (n,) of the ``pairs`` in ``ids``.

        ``ids`` are in the order of the rows: first those of the fit, then folded-in users. A user
        or movie without a row gets the position after the last one.
        """
        self.positions = {}
        for side in SIDES:
            order = np.argsort(ids[side])
            places, known = find_positions(ids[side][order], pairs[side])
            positions = np.append(order, 0)[places]
            self.positions[side] = np.where(known, positions, len(order)).astype(np.int32)
        self.count = 0
        self.sum, self.squares, self.noise = np.zeros((3, len(pairs["user"])))

    def add(self, sampler: Sampler, folded_in: Floats) -> None:
        """Add scores and noise of the current sweep, with rows (users, k) of folded-in users."""
        users, movies = self.positions["user"], self.positions["movie"]
        scores = np.empty(len(users), np.float32)
        user_rows = [sampler.sides["user"].rows, folded_in, sampler.stranger("user")]
        movie_rows = [sampler.sides["movie"].rows, sampler.stranger("movie")]
        score_pairs(users, movies, np.vstack(user_rows), np.vstack(movie_rows), scores)
        self.count += 1
        # Welford's update loses no digits, unlike a difference of large sums.
        change = scores - self.sum / max(self.count - 1, 1)
        self.sum += scores
        self.squares += change * (scores - self.sum / self.count)
        user_variance = sampler.own_variance("user", strangers=len(folded_in) + 1)
        movie_variance = sampler.own_variance("movie", strangers=1)
        self.noise += user_variance[users] * movie_variance[movies] / sampler.noise

    @property
    def mean(self) -> Doubles:
        """Return the average scores (n,)."""
        mean: Doubles = self.sum / self.count
        return mean

    @property
    def variance(self) -> Doubles:
        """Return the predictive variances (n,): that of the scores plus the average noise."""
        variance: Doubles = (self.squares + self.noise) / self.count
        return variance


class FactorAverages:
    """Factors whose dot products are the scores, averaged over sweeps.

    The factors of two sweeps cannot be averaged one by one, since a rotation of all factors changes
    no score. The average of products Σ u·m / sweeps is a matrix (users, movies) of a higher rank.
    Its best approximation of a lower rank is its truncated singular value decomposition (Eckart &
    Young 1936), which is computed from the factors, without the matrix. The factors of folded-in
    users follow from those of the movies and do not change them.
    """

    def __init__(self, factors: int) -> None:
        """Average to ``factors`` factors of each user and movie."""
        self.factors, self.count = factors, 0
        self.biases: dict[Group, Doubles] = {}
        self.batches: dict[Group, list[Floats]] = {group: [] for group in GROUPS}

    def add(self, sampler: Sampler, folded_in: Floats) -> None:
        """Add the rows of the current sweep, bags included, and rows of folded-in users."""
        self.count += 1
        users, movies = sampler.sides["user"].rows, sampler.sides["movie"].rows
        for group, rows in zip(GROUPS, (users, movies, folded_in), strict=True):
            self.biases[group] = self.biases.get(group, 0) + rows[:, 0].astype(np.float64)
            self.batches[group].append(rows[:, 1:].copy())
        if len(self.batches["user"]) > BATCH:
            self._compress()

    def result(self) -> tuple[dict[Group, Floats], dict[Group, Floats]]:
        """Return the average biases (rows,) and factors (rows, factors) of each group."""
        self._compress()
        root = np.float32(np.sqrt(self.count))
        biases = {
            group: (total / self.count).astype(np.float32) for group, total in self.biases.items()
        }
        return biases, {group: parts[0] / root for group, parts in self.batches.items()}

    def _compress(self) -> None:
        users, movies, folded_in = (np.hstack(self.batches[group]) for group in GROUPS)
        kept_users, kept_movies = truncated_product(users, movies, self.factors)
        # The columns of the movies' factors are orthogonal, so that this projects the scores of the
        # folded-in users on them.
        squares = np.maximum((kept_movies**2).sum(axis=0), np.float32(1e-12))
        kept_folded_in = folded_in @ (movies.T @ kept_movies / squares)
        self.batches = {
            "user": [kept_users], "movie": [kept_movies], "folded_in": [kept_folded_in]
        }  # fmt: skip


def truncated_product(left: Floats, right: Floats, rank: int) -> tuple[Floats, Floats]:
    """Return factors of the best approximation of left·rightᵀ whose rank is at most ``rank``.

    ``left`` (n, k) and ``right`` (m, k) become (n, rank) and (m, rank). Both have the same Gram
    matrix, and columns of zeros after the last singular value above 0.
    """
    left_basis, left_core = np.linalg.qr(left)
    right_basis, right_core = np.linalg.qr(right)
    u, singular, v = np.linalg.svd(left_core @ right_core.T)
    kept = min(rank, len(singular))
    root = np.sqrt(singular[:kept])
    halves = left_basis @ u[:, :kept] * root, right_basis @ v[:kept].T * root
    first, second = (np.pad(half, ((0, 0), (0, rank - kept))) for half in halves)
    return first, second
