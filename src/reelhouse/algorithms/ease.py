"""EASE and its relatives: score a movie by all liked movies, with weights in closed form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import Row
from scipy.sparse import csr_matrix, diags_array

from reelhouse.algorithms.fit_jobs import FitJob
from reelhouse.algorithms.item_knn import item_knn_weights, neighbour_table
from reelhouse.algorithms.matrices import likes_matrix
from reelhouse.algorithms.sparse_inverse import solve_neighbourhoods
from reelhouse.algorithms.tables import DRIVER_FITS
from reelhouse.als.settings import Floats, check_above_0, check_at_least, check_between
from reelhouse.arrow import constant_table, list_array

DENSE_MOVIES = 4_000
"""With more liked movies than this, each movie has weights of its nearest neighbours only."""
LARGEST_DROPOUT = 0.99
PARAMETERS = ("reg", "dropout", "diagonal_limit", "degree_exponent")


def ease_weights(
    likes: csr_matrix,
    reg: float,
    *,
    dropout: float = 0.0,
    diagonal_limit: float = 0.0,
    degree_exponent: float = 0.0,
) -> Floats:
    """Compute the weights of EASE, EDLAE, RLAE or RDLAE, with the user side of DAN.

    The weights W (movies, movies) with W_jj ≤ diagonal_limit minimise

        Σ over users  w_u · |x_u - W·x_u|² + Σ over movies i, j  c_i · W_ji²

    where the column x_u has the likes of user u. With n_u likes, w_u is proportional to
    n_u^-degree_exponent, and Σ w_u · n_u = Σ n_u. With the Gram matrix G = Σ w_u · x_u·x_uᵀ,
    c_i = reg + dropout / (1 - dropout) · G_ii. With P = (G + diag(c))⁻¹, the solution is

        W_ji = -P_ij · max(c_j, (1 - diagonal_limit) / P_jj)        for i ≠ j.

    Parameters
    ----------
    likes
        Matrix (users, movies) of ones.
    reg
        Regularisation, above 0.
    dropout
        Probability, from 0 to 0.99, with which a like is left out of x_u in the product W·x_u; the
        other likes are divided by 1 - dropout. The expectation over all ways to leave out likes
        adds ``dropout / (1 - dropout) · G_ii`` to c_i.
    diagonal_limit
        Largest weight of a movie for itself, from 0 to 1: 0 as in EASE and EDLAE, between 0 and 1
        as in RLAE and RDLAE, and 1 without this constraint.
    degree_exponent
        Exponent, from 0 to 1, by which users with many likes count less: 0 as in EASE.

    Returns
    -------
    numpy.ndarray
        Weights (movies, movies) float32. The score of movie j is the sum of row j over the movies
        that the user likes. W_jj is returned as 0, since movies that the user has seen are not
        ranked.

    Raises
    ------
    ReelhouseError
        A parameter is missing or invalid.

    References
    ----------
    Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data"; Steck 2020, "Autoencoders
    that don't overfit towards the Identity" (EDLAE); Moon, Kim & Lee 2023, "It's Enough: Relaxing
    Diagonal Constraints in Linear Autoencoders for Recommendation" (RDLAE); Park et al. 2025, "Why
    is Normalization Necessary for Linear Recommenders?" (DAN).

    Examples
    --------
    Two users like movies 0 and 1, one user likes movie 2 alone:

    >>> from scipy.sparse import csr_matrix
    >>> from reelhouse.algorithms.ease import ease_weights
    >>> weights = ease_weights(csr_matrix([[1, 1, 0], [1, 1, 0], [0, 0, 1]]), reg=1.0)
    >>> abs(weights).round(2)
    array([[0.  , 0.67, 0.  ],
           [0.67, 0.  , 0.  ],
           [0.  , 0.  , 0.  ]], dtype=float32)
    """
    _check(reg, dropout, diagonal_limit, degree_exponent)
    gram = (likes.T @ diags_array(user_weights(likes, degree_exponent)) @ likes).toarray()
    penalty = _penalty(np.diag(gram), reg, dropout)
    gram[np.diag_indices_from(gram)] += penalty
    inverse = np.linalg.inv(gram)
    del gram
    multipliers = np.maximum(penalty, (1 - diagonal_limit) / np.diag(inverse))
    inverse *= -multipliers[:, None]
    np.fill_diagonal(inverse, 0)
    weights: Floats = inverse.astype(np.float32)
    return weights


def sparse_ease_weights(
    likes: csr_matrix,
    reg: float,
    *,
    neighbours: int,
    seed: int,
    dropout: float = 0.0,
    diagonal_limit: float = 0.0,
    degree_exponent: float = 0.0,
) -> csr_matrix:
    """Compute the weights of EASE for the nearest neighbours of each movie.

    For each movie, the formula of ``ease_weights`` is applied to the movie and its ``neighbours``
    nearest movies by cosine alone. P is then the inverse of a small matrix, and no matrix of all
    pairs of movies is in memory. If every other movie is a neighbour, the weights are those of
    ``ease_weights``. Movies without a common user are never neighbours.

    Parameters
    ----------
    likes, reg, dropout, diagonal_limit, degree_exponent
        As in ``ease_weights``.
    neighbours
        Number of weights of a movie, 1 or more.
    seed
        Seed of the order of equally near neighbours.

    Returns
    -------
    scipy.sparse.csr_matrix
        Weights (movies, movies) float32, with ascending columns in each row.

    Raises
    ------
    ReelhouseError
        A parameter is missing or invalid.

    References
    ----------
    Steck 2019, "Markov Random Fields for Collaborative Filtering".
    """
    _check(reg, dropout, diagonal_limit, degree_exponent)
    movie_ids = np.arange(likes.shape[1])
    nearest = item_knn_weights(likes, movie_ids, neighbours=neighbours, shrinkage=0, seed=seed)
    nearest.sort_indices()
    users = user_weights(likes, degree_exponent)
    by_movie = likes.T.tocsr()
    penalty = _penalty(by_movie @ users, reg, dropout)
    values = solve_neighbourhoods(nearest, by_movie, users, penalty, 1 - diagonal_limit)
    return csr_matrix((values, nearest.indices, nearest.indptr), nearest.shape)


def user_weights(likes: csr_matrix, degree_exponent: float) -> NDArray[np.float64]:
    """Return the weight w_u (users,) of each user in the Gram matrix."""
    degrees = np.asarray(likes.sum(axis=1), np.float64).ravel()
    weights = np.maximum(degrees, 1) ** -degree_exponent
    total = float(weights @ degrees)
    return weights * (degrees.sum() / total if total else 1.0)


def fit_item_weights(likes: csr_matrix, row: Row, *, seed: int) -> Any:
    """Fit a row of seeds/algorithms.csv of the family ``ease``.

    Return dense weights (movies, movies) up to ``DENSE_MOVIES`` movies, and sparse ones above.
    """
    parameters = {name: row[name] for name in PARAMETERS}
    check_at_least("neighbours", row["neighbours"], 1)
    if likes.shape[1] <= DENSE_MOVIES:
        return ease_weights(likes, **parameters)
    return sparse_ease_weights(likes, neighbours=row["neighbours"], seed=seed, **parameters)


def fit_ease(job: FitJob, *, seed: int) -> pa.Table:
    """Run a fit job of the family ``ease``; return a row of weights per liked movie.

    Dense weights are those of every liked movie of the job, in ascending order of their ids, and
    the ``neighbour_ids`` are null.
    """
    movies, likes = likes_matrix(job)
    weights = fit_item_weights(likes, job.algorithm, seed=seed)
    if isinstance(weights, csr_matrix):
        return neighbour_table(job, movies, weights)
    return constant_table(
        DRIVER_FITS, len(movies), **job.labels, side="movie", id=movies, weights=list_array(weights)
    )


def _penalty(diagonal_of_gram: NDArray[np.float64], reg: float, dropout: float) -> Any:
    return reg + dropout / (1 - dropout) * diagonal_of_gram


def _check(reg: float, dropout: float, diagonal_limit: float, degree_exponent: float) -> None:
    check_above_0("reg", reg)
    check_between("dropout", dropout, 0, LARGEST_DROPOUT)
    check_between("diagonal_limit", diagonal_limit, 0, 1)
    check_between("degree_exponent", degree_exponent, 0, 1)
