"""Bags: the sum of vectors of the rated movies in a user's row, and likewise for movies.

The row of user u is its own part plus w · Σ y_j over the n movies j that u has rated, with w =
1/√n. Only train rows count. Koren 2008, "Factorization Meets the Neighborhood", has such bags for
users (SVD++); myFM and libFM can have the bags of both sides.
"""

from __future__ import annotations

import numpy as np

from reelhouse.als.csr import Csr
from reelhouse.als.settings import Floats
from reelhouse.bayes.kernels import LANES, draw_bag_vectors, sum_bags
from reelhouse.bayes.priors import BagPrior, RowPrior
from reelhouse.bayes.random_numbers import Apply


def bag_weights(csr: Csr) -> Floats:
    """Return 1/√n (rows,) for rows with n observations, and 0 for rows without any."""
    counts = np.diff(csr.indptr)
    weights: Floats = ((counts > 0) / np.sqrt(np.maximum(counts, 1))).astype(np.float32)
    return weights


def redraw_vectors(
    members: Csr,
    weights: Floats,
    own: Floats,
    row_prior: RowPrior,
    bag_prior: BagPrior,
    vectors: Floats,
    over_relaxation: float,
    draws: Floats,
    apply: Apply,
) -> Floats:
    """Draw the bag vectors while the rows of their side, bags included, are held fixed.

    No score changes, so the ratings are not needed. Rows minus the mean of their prior, (rows, k),
    have the distribution N(bag, precision⁻¹). In the basis of the generalised eigenvectors of both
    precisions, all columns are independent of each other. Groups of ``LANES`` columns are drawn.

    Parameters
    ----------
    members
        The rows whose bags contain each vector: the observations by column.
    weights
        Weights (rows,) of the bags.
    own
        Rows (rows, k) without their bags.
    row_prior, bag_prior
        Priors of the rows and of the vectors.
    vectors
        Vectors (columns, k) before the draw.
    over_relaxation
        ω of the module ``kernels``; 0 for independent draws.
    draws
        Standard normal numbers (columns, k). With zeros and without over-relaxation, the result is
        the conditional means.

    Returns
    -------
    numpy.ndarray
        Vectors (columns, k) after the draw.
    """
    size = own.shape[1]
    scale = np.sqrt(bag_prior.precision)
    eigenvalues, basis = np.linalg.eigh(row_prior.precision / np.outer(scale, scale))
    there = scale[:, None] * basis
    back = basis.T / scale
    padded = -(-size // LANES) * LANES

    def in_lanes(array: Floats) -> Floats:
        """Return columns of (n, k) as (groups, n, LANES), with zeros after the last column."""
        wide = np.zeros((len(array), padded), np.float32)
        wide[:, :size] = array
        return np.ascontiguousarray(wide.reshape(len(array), -1, LANES).transpose(1, 0, 2))

    there32 = there.astype(np.float32)
    centred = own - row_prior.mean.astype(np.float32)
    pulls = in_lanes((centred * weights[:, None]) @ there32)
    precision = in_lanes(eigenvalues[None].astype(np.float32))[:, 0]
    means = in_lanes((bag_prior.mean @ there)[None].astype(np.float32))[:, 0]
    groups = in_lanes(vectors @ there32)
    random = in_lanes(draws)

    def draw(group: int) -> None:
        draw_bag_vectors(
            members.indptr,
            members.columns,
            weights**2,
            pulls[group],
            precision[group],
            means[group],
            np.float32(over_relaxation),
            random[group],
            groups[group],
        )

    list(apply(draw, range(len(groups))))
    drawn = groups.transpose(1, 0, 2).reshape(len(vectors), padded)[:, :size]
    return np.ascontiguousarray(drawn @ back.astype(np.float32))


def bag_sums(csr: Csr, weights: Floats, vectors: Floats) -> Floats:
    """Return the bags (rows, k): weight · Σ of the vectors (columns, k) of the rated columns."""
    sums = np.empty((len(weights), vectors.shape[1]), np.float32)
    sum_bags(csr.indptr, csr.columns, weights, vectors, sums)
    return sums
