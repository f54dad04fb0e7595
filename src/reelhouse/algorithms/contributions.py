"""Scores as sums over the ratings of the user, by family of algorithms, without Spark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from reelhouse.algorithms.als_settings import ALS_FAMILIES, rescaled, settings_from_row
from reelhouse.als.biases import BIAS
from reelhouse.als.contributions import Doubles, MovieSide, movie_side, rating_contributions
from reelhouse.als.ids import Positions, find_positions
from reelhouse.als.settings import Floats, Ints

if TYPE_CHECKING:
    from pyspark.sql import Row

EXPLAINED_FAMILIES = (*ALS_FAMILIES, "svd", "ease", "item_knn")
"""Families whose scores are sums over the ratings of a user, who need not be in the fit."""


class Explainer(Protocol):
    """Divides the score of a movie between the ratings of the user and a baseline."""

    def contributions(self, rated_ids: Ints, values: Floats, scored_ids: Ints) -> Doubles:
        """Return how much each rating adds to the score of each movie (ratings, scored).

        ``rated_ids`` (ratings,) are the rated movies, ``values`` (ratings,) their values in the
        fit, and ``scored_ids`` (scored,) the scored movies. Contributions are 0 if the fit lacks
        the rated or the scored movie.
        """

    def baselines(self, user: Doubles, movies: Doubles) -> Doubles:
        """Return the part of the score of each movie (scored,) that comes from no single rating.

        ``user`` (k,) and ``movies`` (scored, k) are the vectors whose dot product is the score.
        """


class FactorExplainer(NamedTuple):
    """Explains the families ``als`` and ``biased_als``.

    ``movie_ids`` (movies,) are the movies of the fit in ascending order, and ``spread`` is the
    number by which the targets were divided.
    """

    movie_ids: Ints
    movies: MovieSide
    spread: float

    def contributions(self, rated_ids: Ints, values: Floats, scored_ids: Ints) -> Doubles:
        """Return how much each rating adds to the score of each movie (ratings, scored)."""
        rated, has_rated = find_positions(self.movie_ids, rated_ids)
        scored, has_scored = find_positions(self.movie_ids, scored_ids)
        result = np.zeros((len(rated_ids), len(scored_ids)))
        if has_rated.any():
            rated, scored = rated[has_rated], scored[has_scored]
            added = rating_contributions(self.movies, rated, values[has_rated], scored)
            result[np.ix_(has_rated, has_scored)] = self.spread * added
        return result

    def baselines(self, user: Doubles, movies: Doubles) -> Doubles:
        """Return the biases of the movies (scored,): the fitted one, and the damped ones."""
        if not self.movies.settings.biases:
            return np.zeros(len(movies))
        of_movie = BIAS["movie"]
        biases: Doubles = user[of_movie] * movies[:, of_movie] + _damped_biases(user, movies)
        return biases


class SvdExplainer(NamedTuple):
    """Explains the family ``svd``: the vector of a user is the row of residuals times V/√S."""

    movie_ids: Ints
    factors: Doubles

    def contributions(self, rated_ids: Ints, values: Floats, scored_ids: Ints) -> Doubles:
        """Return how much each rating adds to the score of each movie (ratings, scored)."""
        rated, has_rated = find_positions(self.movie_ids, rated_ids)
        scored, has_scored = find_positions(self.movie_ids, scored_ids)
        inverse = self.factors[rated] / np.maximum((self.factors**2).sum(axis=0), 1e-12)
        added: Doubles = values[:, None] * (inverse @ self.factors[scored].T)
        added *= has_rated[:, None] * has_scored
        return added

    def baselines(self, user: Doubles, movies: Doubles) -> Doubles:
        """Return the damped biases of the user and the movies (scored,)."""
        return _damped_biases(user, movies)


class WeightExplainer(NamedTuple):
    """Explains the families ``ease`` and ``item_knn``, whose scores are sums of weights.

    ``liked_ids`` (liked,) and ``movie_ids`` (movies,) ascend; ``columns`` (movies,) are the columns
    of the movies in ``weights`` (liked, movies), which may be sparse.
    """

    liked_ids: Ints
    movie_ids: Ints
    columns: Positions
    weights: Any

    def contributions(self, rated_ids: Ints, values: Floats, scored_ids: Ints) -> Doubles:
        """Return the weights of the liked movies for each movie (ratings, scored)."""
        rows, liked = find_positions(self.liked_ids, rated_ids)
        columns = self.columns[find_positions(self.movie_ids, scored_ids)[0]]
        weights = self.weights[rows[liked]][:, columns]
        result = np.zeros((len(rated_ids), len(scored_ids)))
        result[liked] = weights if isinstance(weights, np.ndarray) else weights.toarray()
        return result

    def baselines(self, user: Doubles, movies: Doubles) -> Doubles:
        """Return 0 for each movie: the weights are the whole score."""
        return np.zeros(len(movies))


def explainer_of_factors(
    algorithm: Row | dict[str, Any], fitted_ids: Ints, factors: Floats, spread: float
) -> FactorExplainer | SvdExplainer:
    """Return the explainer of a fit of factors.

    Parameters
    ----------
    algorithm
        A row of seeds/algorithms.csv of the family ``als``, ``biased_als`` or ``svd``.
    fitted_ids
        Ids (movies,) of the movies of the fit, in ascending order.
    factors
        Their vectors (movies, k), whose dot product with the vector of a user is the score.
    spread
        Number by which the targets were divided.
    """
    if algorithm["family"] == "svd":
        # The two numbers at the end of a vector are the damped biases.
        return SvdExplainer(fitted_ids, factors[:, :-2].astype(np.float64))
    settings = settings_from_row(algorithm, "cholesky")
    unscaled = rescaled(settings, "movie", factors[:, : settings.width], 1 / spread)
    return FactorExplainer(fitted_ids, movie_side(settings, unscaled), spread)


def largest_first(contributions: Doubles, most: int) -> Positions:
    """Return the positions (up to ``most``, scored) of the largest contributions to each score."""
    order = np.argsort(-contributions, axis=0, kind="stable")[:most]
    return order.astype(np.int32)


def _damped_biases(user: Doubles, movies: Doubles) -> Doubles:
    """Return the sums of the damped biases, which follow the factors in the vectors."""
    biases: Doubles = movies[:, -2:] @ user[-2:]
    return biases
