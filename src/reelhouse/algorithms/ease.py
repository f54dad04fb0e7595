"""EASE: score a movie by all liked movies, with weights in closed form (Steck 2019)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_matrix

from reelhouse.algorithms.fit_jobs import FitJob
from reelhouse.algorithms.matrices import likes_matrix
from reelhouse.algorithms.tables import DRIVER_FITS
from reelhouse.als.settings import Floats, check_above_0
from reelhouse.arrow import constant_table, list_array


def ease_weights(likes: csr_matrix, reg: float) -> Floats:
    """Compute the weights of EASE.

    Parameters
    ----------
    likes
        Matrix (users, movies) of ones.
    reg
        Regularisation, above 0.

    Returns
    -------
    numpy.ndarray
        Weights (movies, movies) float32. The score of movie j is the sum of row j over the movies
        that the user likes. With P = (likesᵀ·likes + reg · I)⁻¹, the weight of movie i for movie j
        is -P_ij / P_jj, and 0 for j itself.

    Raises
    ------
    ReelhouseError
        ``reg`` is not above 0.

    References
    ----------
    Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data".

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
    check_above_0("reg", reg)
    gram = (likes.T @ likes).toarray().astype(np.float64)
    gram[np.diag_indices_from(gram)] += reg
    inverse = np.linalg.inv(gram)
    weights = -inverse / np.diag(inverse)[:, None]
    np.fill_diagonal(weights, 0)
    scaled: Floats = weights.astype(np.float32)
    return scaled


def fit_ease(job: FitJob) -> pa.Table:
    """Run a fit job of the family ``ease``; return a row of weights per liked movie.

    A row has a weight for every liked movie of the job, in ascending order of their ids, and its
    ``neighbour_ids`` are null.
    """
    movies, likes = likes_matrix(job)
    weights = list_array(ease_weights(likes, job.algorithm["reg"]))
    return constant_table(
        DRIVER_FITS, len(movies), **job.labels, side="movie", id=movies, weights=weights
    )
