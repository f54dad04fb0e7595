"""Bags: the part of a user's row that the rated movies contribute, and likewise for movies.

The row of user u is its own part plus w · Σ y_j over the movies j that u has rated, with w = 1/√n.
The bags hold train rows only. Koren 2008, "Factorization Meets the Neighborhood", has such a bag
for users (SVD++); myFM and libFM can have both.
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
    """Draw the bag vectors given the rows of their side, whose sums with the bags are held fixed.

    Since the rows are fixed, so are all scores: the values of the ratings do not matter. Rows minus
    their mean, (rows, k), follow N(bag, precision⁻¹). In the basis of the generalised eigenvectors
    of the two precisions, all columns are independent, and are drawn in groups of ``LANES``.

    Parameters
    ----------
    members
        The rows of each vector: the observations by column.
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
        Standard normal numbers (columns, k); with zeros and without
        over-relaxation, the conditional means are taken.

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
