"""Averages over the sweeps of a chain: predictions of pairs, and factors of the averaged scores."""

from __future__ import annotations

import numpy as np

from reelhouse.als.csr import find_positions
from reelhouse.als.half_steps import Side
from reelhouse.als.settings import Floats, Ints
from reelhouse.bayes.kernels import score_pairs
from reelhouse.bayes.random_numbers import Doubles
from reelhouse.bayes.sampler import SIDES, Sampler

# Factors of this number of sweeps are collected before they are compressed.
BATCH = 8


class PairAverages:
    """Averages of the scores of some pairs of user and movie."""

    def __init__(self, ids: dict[Side, Ints], pairs: dict[Side, Ints]) -> None:
        """Find the pairs, ids (n,) of users and movies, in the ``ids`` of the fit.

        A user or movie that the fit does not have gets the position after the last.
        """
        self.positions = {}
        for side in SIDES:
            positions, known = find_positions(ids[side], pairs[side])
            self.positions[side] = np.where(known, positions, len(ids[side])).astype(np.int32)
        self.count = 0
        self.sum, self.squares, self.noise = np.zeros((3, len(pairs["user"])))

    def add(self, sampler: Sampler) -> None:
        """Add the state of a chain."""
        users, movies = self.positions["user"], self.positions["movie"]
        scores = np.empty(len(users), np.float32)
        score_pairs(
            users, movies, sampler.with_stranger("user"), sampler.with_stranger("movie"), scores
        )
        self.count += 1
        # Welford's update loses no digits, unlike a difference of large sums.
        change = scores - self.sum / max(self.count - 1, 1)
        self.sum += scores
        self.squares += change * (scores - self.sum / self.count)
        self.noise += sampler.noise_variance(users, movies)

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
    Young 1936), which is computed from the factors, without the matrix.
    """

    def __init__(self, factors: int) -> None:
        """Keep ``factors`` factors."""
        self.factors, self.count = factors, 0
        self.biases: dict[Side, Doubles] = {}
        self.batches: dict[Side, list[Floats]] = {side: [] for side in SIDES}

    def add(self, sampler: Sampler) -> None:
        """Add the rows of a chain, with their bags."""
        self.count += 1
        for side in SIDES:
            rows = sampler.sides[side].rows
            self.biases[side] = self.biases.get(side, 0) + rows[:, 0].astype(np.float64)
            self.batches[side].append(rows[:, 1:].copy())
        if len(self.batches["user"]) > BATCH:
            self._compress()

    def result(self) -> tuple[dict[Side, Floats], dict[Side, Floats]]:
        """Return the average biases (rows,) and factors (rows, factors) of both sides."""
        self._compress()
        root = np.float32(np.sqrt(self.count))
        biases = {
            side: (total / self.count).astype(np.float32) for side, total in self.biases.items()
        }
        return biases, {side: parts[0] / root for side, parts in self.batches.items()}

    def _compress(self) -> None:
        users, movies = truncated_product(
            np.hstack(self.batches["user"]), np.hstack(self.batches["movie"]), self.factors
        )
        self.batches = {"user": [users], "movie": [movies]}


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
