"""Quality of factors on held-out ratings, with the metrics of Reelhouse for every system."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.task import Rows
from reelhouse.algorithms.held_out_lists import HeldOutLists, Popularity
from reelhouse.algorithms.rating_rows import RatingRows
from reelhouse.algorithms.validation import HeldOut, rmse_metric
from reelhouse.als import LocalRatings, Settings, fit_packed
from reelhouse.als.biases import Side
from reelhouse.als.csr import index_ids
from reelhouse.als.ids import find_positions
from reelhouse.als.settings import Floats, Ints

LOWEST, HIGHEST, MIDDLE = 0.5, 5.0, 3.5
ROWS_AT_ONCE = 1_000_000


class Evaluation:
    """Metrics of factors whose rows are in ascending order of the ids of the train rows."""

    def __init__(self, train: Rows, test: Rows, *, seed: int, threads: int) -> None:
        """Index the ids of the train rows, and find the lists to rank.

        Every held-out movie is relevant, since the implicit objective has all ratings as positive.
        """
        users, self._users = index_ids(train.users)
        movies, self._movies = index_ids(train.movies)
        self.ids: dict[Side, Ints] = {"user": users, "movie": movies}
        self.counts: dict[Side, Ints] = {
            "user": np.bincount(self._users),
            "movie": np.bincount(self._movies),
        }
        self.train_count, self.test_count = len(train.users), len(test.users)
        self._train, self._test, self._threads, self._seed = train, test, threads, seed
        lists = HeldOutLists(
            RatingRows(*test),
            RatingRows(*train),
            Popularity(movies, self.counts["movie"]),
            seed=seed,
            threads=threads,
        )
        self._ndcg_error = lists.metric(self.ids)

    def ndcg(self, users: Floats, movies: Floats) -> float:
        """Return NDCG@10 of the lists of all users with held-out ratings."""
        return 1 - self._ndcg_error(users, movies)

    def rmse(self, users: Floats, movies: Floats) -> float:
        """Return the RMSE of predictions that are clipped to the scale.

        The prediction is 3.5 for the few held-out ratings whose user or movie has no factors.
        """
        baselines = np.full(len(self._test.values), MIDDLE)
        held_out = HeldOut(RatingRows(*self._test), baselines, LOWEST, HIGHEST)
        return rmse_metric(self.ids, held_out, predicts_residuals=False)(users, movies)

    def objective(self, settings: Settings, users: Floats, movies: Floats) -> float:
        """Return the objective of module ``systems``, in float64."""
        total = 0.0
        for first in range(0, len(self._users), ROWS_AT_ONCE):
            piece = slice(first, first + ROWS_AT_ONCE)
            scores = np.einsum("ij,ij->i", users[self._users[piece]], movies[self._movies[piece]])
            values = self._train.values[piece].astype(np.float64)
            if settings.alpha is None:
                total += float(np.sum((values - scores) ** 2))
            else:
                confidences = 1 + settings.alpha * values
                total += float(np.sum(confidences * (1 - scores) ** 2 - scores.astype(float) ** 2))
        if settings.alpha is not None:
            # Σ (u·m)² over all pairs is the sum of the products of both Gram matrices.
            total += float(np.sum(_gram(users) * _gram(movies)))
        sides: list[tuple[Side, Floats]] = [("user", users), ("movie", movies)]
        for side, factors in sides:
            ridge = settings.ridge(self.counts[side], 0).astype(np.float64)
            total += float(ridge @ np.einsum("ij,ij->i", factors, factors))
        return total

    def rmse_curve(self, settings: Settings) -> list[float]:
        """Return the RMSE that Reelhouse has after 1, 2, … iterations, as LIBMF computes it.

        Predictions are not clipped, and only ratings whose user and movie are in the fit count.
        """
        user_rows, has_user = find_positions(self.ids["user"], self._test.users)
        movie_rows, has_movie = find_positions(self.ids["movie"], self._test.movies)
        known = has_user & has_movie
        user_rows, movie_rows = user_rows[known], movie_rows[known]
        values = self._test.values[known]

        def metric(users: Floats, movies: Floats) -> float:
            scores = np.einsum("ij,ij->i", users[user_rows], movies[movie_rows])
            return float(np.sqrt(np.mean((scores - values) ** 2)))

        packed = LocalRatings(*self._train, threads=self._threads)
        fitted = fit_packed(
            packed,
            settings,
            seed=self._seed,
            validation_metric=metric,
            patience=settings.iterations,
        )
        return [step.error for step in fitted.iterations if step.error is not None]


def _gram(factors: Floats) -> NDArray[np.float64]:
    gram: NDArray[np.float64] = factors.astype(np.float64).T @ factors.astype(np.float64)
    return gram
