"""The algorithms whose scores are added for a person: a fit, and the vector of the person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from reelhouse.algorithms.als_settings import (
    ALS_FAMILIES,
    RESIDUAL_FAMILIES,
    is_standardised,
    rescaled,
    settings_from_row,
)
from reelhouse.algorithms.contributions import Explainer, explainer_of_fit
from reelhouse.als.contributions import Doubles
from reelhouse.als.csr import find_positions
from reelhouse.als.fold_in import fold_in
from reelhouse.als.settings import Floats, Ints
from reelhouse.ranking.catalogues import Catalogue, CatalogueColumns, WeightedCatalogue

FOLDED_IN_FAMILIES = (*ALS_FAMILIES, "svd", "ease", "item_knn")
"""Families that can score a person whose ratings were not in the fit."""


class RatedMovies(NamedTuple):
    """What a person has rated.

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
    """An algorithm that scores: its row of int_fit_plan, its movies, and its explainer.

    ``fitted_ids`` (movies,) are the movies of the fit in ascending order, and ``spread`` is the
    number by which the targets were divided.
    """

    row: Mapping[str, Any]
    catalogue: Catalogue | WeightedCatalogue
    fitted_ids: Ints
    spread: float
    explainer: Explainer


def part_of_arrays(
    row: dict[str, Any],
    arrays: Mapping[str, NDArray[Any]],
    movies: CatalogueColumns,
    spread: float,
) -> Part:
    """Return a part from its arrays in a snapshot."""
    own_spread = spread if is_standardised(row) else 1.0
    if "factors" in arrays:
        factors = Catalogue(movies, arrays["factors"])
        fitted_ids = arrays["fitted_ids"]
        explainer = explainer_of_fit(row, factors, fitted_ids, own_spread)
        return Part(row, factors, fitted_ids, own_spread, explainer)
    liked_ids = arrays["liked_ids"]
    weights = arrays.get("weights")
    if weights is None:
        shape = (len(liked_ids), len(movies.movie_ids))
        weights = csr_matrix((arrays["data"], arrays["indices"], arrays["indptr"]), shape)
    weighted = WeightedCatalogue(movies, liked_ids, weights)
    return Part(row, weighted, liked_ids, 1.0, explainer_of_fit(row, weighted, liked_ids, 1.0))


def values_of_fit(
    part: Part, rated: RatedMovies, scale: Mapping[str, Any], means: Means
) -> tuple[Ints, Floats]:
    """Return movies and values (n,) as the fit of a part takes them.

    They are the values of ``fit_jobs.training_targets``, without the movies that the fit lacks.
    """
    ids, values = rated.movie_ids, rated.ratings
    if part.row["feedback"] == "implicit":
        ids = ids[rated.is_liked]
        values = np.ones(len(ids))
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


def vector_of_person(
    part: Part, ids: Ints, values: Floats, rated: RatedMovies, means: Means
) -> Doubles:
    """Return the vector (k,) of a person: its dot product with a movie's factors is the score.

    ``ids`` and ``values`` come from ``values_of_fit``. A part with weights needs no vector.
    """
    if isinstance(part.catalogue, WeightedCatalogue):
        return np.zeros(0)
    positions, _ = find_positions(part.catalogue.movies.ascending, part.fitted_ids)
    factors = part.catalogue.factors[part.catalogue.movies.columns[positions]]
    if part.row["family"] == "svd":
        movies = factors[:, :-2].astype(np.float64)
        rows = movies[find_positions(part.fitted_ids, ids)[0]]
        vector: Doubles = values @ (rows / np.maximum((movies**2).sum(axis=0), 1e-12))
    else:
        settings = settings_from_row(dict(part.row), "cholesky")
        unscaled = rescaled(settings, "movie", factors[:, : settings.width], 1 / part.spread)
        solved = fold_in(settings, part.fitted_ids, unscaled, ids, values)
        vector = rescaled(settings, "user", solved[None], part.spread)[0].astype(np.float64)
    if part.row["family"] in RESIDUAL_FAMILIES:
        bias = _residuals(rated, means)[1]
        vector = np.append(vector, [means.global_mean + bias, 1.0])
    return vector


def _residuals(rated: RatedMovies, means: Means) -> tuple[Doubles, float]:
    """Return ratings minus the mean and the biases of the movies (n,), and the person's bias."""
    positions, known = find_positions(means.movie_ids, rated.movie_ids)
    biases = np.where(known, means.biases[positions], 0.0)
    residuals = rated.ratings - means.global_mean - biases
    return residuals, float(residuals.sum() / (len(residuals) + means.damping))
