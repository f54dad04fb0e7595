"""Algorithms whose scores are added, and their scores for a person who is not in the fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from reelhouse.algorithms.als_settings import RESIDUAL_FAMILIES, is_standardised
from reelhouse.algorithms.contributions import (
    Explainer,
    FactorExplainer,
    SvdExplainer,
    WeightExplainer,
    explainer_of_factors,
)
from reelhouse.als.contributions import Doubles, user_scores
from reelhouse.als.ids import Positions, find_positions
from reelhouse.als.settings import Floats, Ints


class RatedMovies(NamedTuple):
    """The ratings of a person.

    Attributes
    ----------
    movie_ids
        Ids (n,) in ascending order, each once.
    ratings
        Ratings (n,) on the scale of the lake. A movie that is liked without a rating has the
        highest one; for events, all are 0.
    is_liked
        Whether each rating counts as liked (n,).
    """

    movie_ids: Ints
    ratings: Doubles
    is_liked: NDArray[np.bool_]


class Means(NamedTuple):
    """The numbers that are subtracted from ratings: ``biases`` (movies,) of ``movie_ids``."""

    global_mean: float
    damping: float
    movie_ids: Ints
    biases: Doubles


class Part(NamedTuple):
    """An algorithm whose scores are added.

    Attributes
    ----------
    row
        Its row of int_fit_plan, with the ``weight`` in a blend.
    fitted_ids
        Ids (movies,) of the movies of the fit, in ascending order.
    columns
        Positions (movies,) of these movies in the catalogue.
    factors
        Vectors of the movies of the catalogue (all movies, k); None for a part with weights.
    spread
        Number by which the targets were divided.
    explainer
        Divides a score between the ratings.
    """

    row: Mapping[str, Any]
    fitted_ids: Ints
    columns: Positions
    factors: Floats | None
    spread: float
    explainer: Explainer


def part_of_arrays(
    row: dict[str, Any],
    arrays: Mapping[str, NDArray[Any]],
    movie_ids: Ints,
    columns: Positions,
    spread: float,
) -> Part:
    """Return a part from its arrays in a snapshot.

    ``movie_ids`` (movies,) ascend, and ``columns`` (movies,) are their positions in the catalogue.
    """
    if "factors" in arrays:
        own_spread = spread if is_standardised(row) else 1.0
        factors, fitted_ids = arrays["factors"], arrays["fitted_ids"]
        fitted = columns[find_positions(movie_ids, fitted_ids)[0]]
        explainer = explainer_of_factors(row, fitted_ids, factors[fitted], own_spread)
        return Part(row, fitted_ids, fitted, factors, own_spread, explainer)
    liked_ids = arrays["liked_ids"]
    weights = arrays.get("weights")
    if weights is None:
        from scipy.sparse import csr_matrix  # takes a while, and only sparse weights need it

        shape = (len(liked_ids), len(movie_ids))
        weights = csr_matrix((arrays["data"], arrays["indices"], arrays["indptr"]), shape)
    weighted = WeightExplainer(liked_ids, movie_ids, columns, weights)
    return Part(row, liked_ids, columns, None, 1.0, weighted)


def values_of_fit(
    part: Part, rated: RatedMovies, scale: Mapping[str, Any], means: Means
) -> tuple[Ints, Floats]:
    """Return movies and values (n,) as the fit of a part takes them.

    They are the values of ``fit_jobs.training_targets``, without the movies that the fit lacks.
    """
    ids, values = rated.movie_ids, rated.ratings
    if part.row["feedback"] == "implicit":
        ids = ids[rated.is_liked]
        values = np.full(len(ids), part.row["like_value"] or 1.0)
    elif part.row["feedback"] == "graded":
        lowest, relevant = scale["rating_min"] or 0.0, scale["relevant_rating"] or 0.0
        shares = (values - lowest) / max(relevant - lowest, 1e-9)
        values = np.where(rated.is_liked, 1.0, np.minimum(shares, 1.0))
    elif part.row["family"] in RESIDUAL_FAMILIES:
        residuals, bias = _residuals(rated, means)
        values = (residuals - bias) / part.spread
    else:
        values = values / part.spread
    known = find_positions(part.fitted_ids, ids)[1]
    return ids[known], values[known].astype(np.float32)


def scores_of_part(
    part: Part, ids: Ints, values: Floats, rated: RatedMovies, means: Means
) -> Doubles:
    """Return the scores of all movies (movies,).

    ``ids`` and ``values`` come from ``values_of_fit``.
    """
    if isinstance(part.explainer, WeightExplainer):
        rows = part.explainer.weights[find_positions(part.fitted_ids, ids)[0]]
        return np.asarray(rows.sum(axis=0), np.float64).ravel()
    assert part.factors is not None
    rows = find_positions(part.fitted_ids, ids)[0]
    if isinstance(part.explainer, SvdExplainer):
        fitted = part.explainer.factors
        vector = values @ (fitted[rows] / np.maximum((fitted**2).sum(axis=0), 1e-12))
        fitted_scores = fitted @ vector
    else:
        assert isinstance(part.explainer, FactorExplainer)
        fitted_scores = part.spread * user_scores(part.explainer.movies, rows, values)
    scores = np.zeros(len(part.factors))
    scores[part.columns] = fitted_scores
    if part.row["family"] in RESIDUAL_FAMILIES:
        bias = _residuals(rated, means)[1]
        scores += part.factors[:, -2:] @ [means.global_mean + bias, 1.0]
    return scores


def _residuals(rated: RatedMovies, means: Means) -> tuple[Doubles, float]:
    """Return ratings minus the mean and the biases of the movies (n,), and the person's bias."""
    positions, known = find_positions(means.movie_ids, rated.movie_ids)
    biases = np.where(known, means.biases[positions], 0.0)
    residuals = rated.ratings - means.global_mean - biases
    return residuals, float(residuals.sum() / (len(residuals) + means.damping))
