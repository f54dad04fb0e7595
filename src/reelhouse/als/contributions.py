"""How much each rating of a user adds to the user's scores, for the factors of an ALS fit."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reelhouse.als.biases import remove_ones
from reelhouse.als.confidence import targets_and_weights
from reelhouse.als.settings import Floats, Settings

Doubles = NDArray[np.float64]


class MovieSide(NamedTuple):
    """The movies of a fit, in the form that the equations of its users need.

    Attributes
    ----------
    settings
        Settings of the fit.
    vectors
        Factors (movies, k). With biases, the first number of a row is the constant 1.
    biases
        Biases (movies,), which are subtracted from the targets; 0 without biases.
    gram
        The part w₀ · MᵀM (k, k) of the equations, which is the same for all users.
    """

    settings: Settings
    vectors: Doubles
    biases: Doubles
    gram: Doubles


def movie_side(settings: Settings, movie_factors: Floats) -> MovieSide:
    """Return the movies of a fit from their factors (movies, k), as the fit returns them."""
    vectors = remove_ones(settings, {"movie": movie_factors})["movie"].astype(np.float64)
    gram = settings.weight_of_all_pairs * (vectors.T @ vectors)
    biases = np.zeros(len(vectors))
    if settings.biases:
        biases = vectors[:, 0].copy()
        vectors[:, 0] = 1
    return MovieSide(settings, vectors, biases, gram)


def rating_contributions(
    movies: MovieSide, rated: NDArray[np.int32], values: Floats, scored: NDArray[np.int32]
) -> Doubles:
    """Return how much each rating adds to the scores of some movies (ratings, scored).

    The last half-step of a fit solves the user exactly, so that u = A⁻¹ Σ a·b·m. The score of a
    movie i is therefore the sum of a·b·mᵀA⁻¹mᵢ over the ratings, plus the bias of the movie.

    Parameters
    ----------
    movies
        The movies of the fit.
    rated
        Positions (ratings,) of the movies that the user rated.
    values
        Values (ratings,) of the ratings, as the fit takes them.
    scored
        Positions (scored,) of the movies whose scores are explained.

    Examples
    --------
    The user's score of movie 1 comes from the rating of movie 0, which is similar:

    >>> import numpy as np
    >>> from reelhouse.als import Settings
    >>> from reelhouse.als.contributions import movie_side, rating_contributions
    >>> settings = Settings(factors=2, reg=0.1, iterations=10, feedback="explicit")
    >>> factors = np.array([[1.0, 0.0], [1.0, 0.2], [0.0, 1.0]], np.float32)
    >>> rated, values = np.array([0, 2]), np.array([5.0, 1.0], np.float32)
    >>> rating_contributions(movie_side(settings, factors), rated, values, np.array([1])).round(2)
    array([[4.17],
           [0.17]])
    """
    matrix, right = _equations(movies, rated, values)
    contributions: Doubles = right @ np.linalg.solve(matrix, movies.vectors[scored].T)
    return contributions


def user_scores(movies: MovieSide, rated: NDArray[np.int32], values: Floats) -> Doubles:
    """Return the scores of all movies (movies,) for the user with these ratings.

    The arguments are as in ``rating_contributions``. The user is solved in float64 and without the
    compiled kernels of ``fold_in``, which take longer to load than one user to solve.
    """
    matrix, right = _equations(movies, rated, values)
    scores: Doubles = movies.vectors @ np.linalg.solve(matrix, right.sum(axis=0)) + movies.biases
    return scores


def _equations(
    movies: MovieSide, rated: NDArray[np.int32], values: Floats
) -> tuple[Doubles, Doubles]:
    """Return the matrix A (k, k) and the summands a·b·m (ratings, k) of the right side."""
    targets, weights = targets_and_weights(movies.settings, values)
    ratings = movies.vectors[rated]
    weighted = ratings * weights[:, None] if len(weights) else ratings
    matrix = movies.gram + weighted.T @ ratings
    counts = np.array([len(rated)])
    matrix[np.diag_indices_from(matrix)] += movies.settings.ridge(counts, len(movies.vectors))
    return matrix, (targets - movies.biases[rated])[:, None] * weighted
