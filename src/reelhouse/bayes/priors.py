"""Draws of the parameters of the priors, given the rows or the bag vectors that they describe.

The prior of rows is that of Salakhutdinov & Mnih 2008, "Bayesian Probabilistic Matrix Factorization
using Markov Chain Monte Carlo".
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from reelhouse.als.settings import Floats
from reelhouse.bayes.random_numbers import Doubles, draw_normal, draw_wishart
from reelhouse.bayes.settings import Priors


class RowPrior(NamedTuple):
    """Rows have the distribution N(mean, precision⁻¹): ``mean`` (k,), ``precision`` (k, k)."""

    mean: Doubles
    precision: Doubles


class BagPrior(NamedTuple):
    """Column f of the bag vectors has N(mean_f, 1 / precision_f): both are (k,)."""

    mean: Doubles
    precision: Doubles


def draw_row_prior(random: Generator, priors: Priors, rows: Floats) -> RowPrior:
    """Draw the mean and precision of rows (n, k), without bags, from their posterior.

    Without rows, (0, k), the draw comes from the prior:

        precision ~ Wishart(row_degrees + k, I)     mean ~ N(0, (mean_strength · precision)⁻¹)
    """
    count, size = rows.shape
    strength = priors.mean_strength
    total = rows.sum(axis=0, dtype=np.float64)
    mean = total / max(count, 1)
    centred = rows - mean
    inverse_scale = (
        np.eye(size)
        + centred.T @ centred
        + count * strength / (count + strength) * np.outer(mean, mean)
    )
    scale = np.linalg.inv(inverse_scale)
    precision = draw_wishart(random, priors.row_degrees + size + count, (scale + scale.T) / 2)
    drawn = draw_normal(random, total / (strength + count), (strength + count) * precision)
    return RowPrior(drawn, precision)


def draw_bag_prior(random: Generator, priors: Priors, vectors: Floats) -> BagPrior:
    """Draw the means and precisions of bag vectors (n, k), column by column.

    Without vectors, (0, k), the draw comes from the prior:

        precision ~ Gamma(bag_shape, bag_rate)      mean ~ N(0, 1 / (mean_strength · precision))
    """
    count, size = vectors.shape
    strength = priors.mean_strength
    total = vectors.sum(axis=0, dtype=np.float64)
    squares = np.einsum("ij,ij->j", vectors, vectors, dtype=np.float64)
    rate = priors.bag_rate + (squares - total**2 / (strength + count)) / 2
    precision = random.gamma(priors.bag_shape + count / 2, size=size) / rate
    scale = np.sqrt((strength + count) * precision)
    return BagPrior(total / (strength + count) + random.standard_normal(size) / scale, precision)


def draw_noise(random: Generator, priors: Priors, count: int, squares: float) -> float:
    """Draw the precision of the noise, given the sum of squares of ``count`` errors."""
    shape = priors.noise_shape + count / 2
    return float(random.gamma(shape) / (priors.noise_rate + squares / 2))


def draw_own_noise(random: Generator, priors: Priors, counts: Doubles, squares: Doubles) -> Doubles:
    """Draw the relative noise precision (rows,) of each user or movie.

    ``counts`` (rows,) are the numbers of errors. ``squares`` (rows,) are the sums of their squares,
    each times the precision of its noise without the drawn factor.
    """
    half = priors.spread_degrees / 2
    drawn: Doubles = random.gamma(half + counts / 2) / (half + squares / 2)
    return drawn
