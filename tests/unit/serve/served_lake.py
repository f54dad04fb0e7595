"""A lake with the fit of one algorithm to made-up ratings, as a build writes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_matrix

from benchmarks.damped_bias import damped_bias_factors
from reelhouse.algorithms.als_settings import rescaled, settings_from_row
from reelhouse.algorithms.ease import ease_weights
from reelhouse.algorithms.item_knn import item_knn_weights
from reelhouse.algorithms.svd import truncated_svd
from reelhouse.als import LocalRatings, fit_packed
from tests.unit.lakes import build_lake

USERS, MOVIES, DAMPING = 40, 30, 4.0
RELEVANT = 4.0
UNRATED = 1000
"""Id of a movie without a rating; the others have the ids 0, 10, 20 …"""
IDS = np.arange(MOVIES) * 10
ALS = {"family": "als", "factors": 4, "reg": 0.1, "reg_exponent": 0.5, "iterations": 5}
ALGORITHMS: dict[str, dict[str, Any]] = {
    "als_explicit": {**ALS, "feedback": "explicit", "reg_exponent": 1.0},
    "als_implicit": {**ALS, "feedback": "implicit", "alpha": 2.0, "strength_scale": 1.0},
    "als_graded": {**ALS, "feedback": "graded", "unobserved_weight": 0.5},
    "als_residual": {**ALS, "family": "biased_als", "feedback": "explicit"},
    "svd": {"family": "svd", "feedback": "explicit", "factors": 3},
    "ease": {"family": "ease", "feedback": "implicit", "reg": 2.0},
    "item_knn": {"family": "item_knn", "feedback": "implicit", "neighbours": 3, "shrinkage": 1.0},
}
WEIGHTS = {"als_graded": 0.5, "ease": 0.3, "item_knn": 0.2}
"""Weights of a blend of ``ALGORITHMS``."""


class Fitted(NamedTuple):
    """A fit: its rows of a table, and the scores (users, movies) of its own users."""

    table: str
    rows: list[dict[str, Any]]
    scores: np.ndarray


def ratings() -> np.ndarray:
    """Return ratings (users, movies) from 1 to 5, and 0 for missing ones, by a planted taste."""
    rng = np.random.default_rng(2)
    taste = rng.normal(size=(USERS, 2)) @ rng.normal(size=(2, MOVIES))
    given = np.clip(np.round(3.3 + taste + 0.3 * rng.normal(size=taste.shape)), 1, 5)
    return np.where(rng.random(taste.shape) < 0.5, given, 0.0)


def biases() -> tuple[float, np.ndarray, np.ndarray]:
    """Return the mean of the ratings, and the damped biases of users and movies."""
    matrix = ratings()
    users, movies = damped_bias_factors(csr_matrix(matrix), DAMPING)
    mean = float(matrix[matrix > 0].mean())
    return mean, users[:, 0].astype(float), movies[:, 1].astype(float) - mean


def fit(name: str) -> Fitted:
    """Fit an algorithm of ``ALGORITHMS`` to the ratings, without Spark."""
    row, matrix = ALGORITHMS[name], ratings()
    mean, user_biases, movie_biases = biases()
    users, movies = np.nonzero(matrix)
    given = matrix[users, movies]
    residuals = given - mean - user_biases[users] - movie_biases[movies]
    baselines = mean + user_biases[:, None] + movie_biases
    liked = given >= RELEVANT
    likes = csr_matrix((np.ones(liked.sum()), (users[liked], movies[liked])), matrix.shape)
    if row["family"] == "svd":
        sparse = csr_matrix((residuals, (users, movies)), matrix.shape)
        u, m = truncated_svd(sparse, row["factors"])
        return Fitted(
            "int_driver_fits", _factor_rows(name, np.arange(MOVIES), m), baselines + u @ m.T
        )
    if row["family"] == "ease":
        weights = ease_weights(likes, row["reg"])
        lists = [(None, weights[movie].tolist()) for movie in range(MOVIES)]
        return Fitted("int_driver_fits", _weight_rows(name, lists), likes @ weights.T)
    if row["family"] == "item_knn":
        sparse = item_knn_weights(likes, IDS, neighbours=3, shrinkage=1.0, seed=1)
        sparse.sort_indices()
        lists = [(IDS[r.indices].tolist(), r.data.tolist()) for r in sparse]
        return Fitted("int_driver_fits", _weight_rows(name, lists), (likes @ sparse.T).toarray())
    settings = settings_from_row(row, "cholesky")
    spread = float(f"{np.sqrt(np.mean(residuals**2)):.6g}")
    values = {
        "als_explicit": given / spread,
        "als_residual": residuals / spread,
        "als_graded": np.where(liked, 1.0, (given - 1) / (RELEVANT - 1)),
        "als_implicit": np.ones(len(given)),
    }[name]
    kept = liked if name == "als_implicit" else np.ones(len(given), bool)
    fitted = fit_packed(LocalRatings(users[kept], movies[kept], values[kept]), settings, seed=1)
    own_spread = spread if row["feedback"] == "explicit" else 1.0
    u, m = (
        rescaled(settings, side, fitted.factors[side], own_spread) for side in ("user", "movie")
    )
    scores = np.zeros(matrix.shape)
    scores[np.ix_(fitted.ids["user"], fitted.ids["movie"])] = u @ m.T
    scores += baselines if settings.biases else 0.0
    return Fitted("als_factors", _factor_rows(name, fitted.ids["movie"], m), scores)


def lake_of(folder: Path, name: str) -> tuple[Path, np.ndarray]:
    """Write a lake in which an algorithm or ``blend`` ranks; return it, and the users' scores.

    The scores of a blend are standardised over the movies that a user has not rated.
    """
    parts = sorted(WEIGHTS) if name == "blend" else [name]
    fits = {part: fit(part) for part in parts}
    scores = fits[parts[0]].scores
    if name == "blend":
        unseen = ratings() == 0
        standardised = {
            part: _standardised(np.where(unseen, fitted.scores, np.nan))
            for part, fitted in fits.items()
        }
        scores = sum(WEIGHTS[part] * standardised[part] for part in parts)
    plan = [{"algorithm": part, **ALGORITHMS[part]} for part in parts]
    if name == "blend":
        plan.append({"algorithm": "blend", "family": "blend", "blend_weights": json.dumps(WEIGHTS)})
    write_lake(folder, plan, name, list(fits.values()))
    return folder, scores


def write_lake(folder: Path, plan: list[dict[str, Any]], ranking: str, fits: list[Fitted]) -> None:
    """Write the tables that a snapshot reads."""
    build_lake(folder, served_tables(plan, ranking, fits))


def served_tables(
    plan: list[dict[str, Any]], ranking: str, fits: list[Fitted]
) -> dict[str, pa.Table]:
    """Return the tables that a snapshot reads."""
    matrix = ratings()
    users, movies = np.nonzero(matrix)
    mean, user_biases, movie_biases = biases()
    bias_rows = [
        {**FOLD, "side": side, "id": int(i), "rating_count": int(n), "bias": b, "global_mean": mean}
        for side, ids, counts, values in (
            ("user", range(USERS), (matrix > 0).sum(axis=1), user_biases),
            ("movie", IDS, (matrix > 0).sum(axis=0), movie_biases),
        )
        for i, n, b in zip(ids, counts, values.tolist(), strict=True)
    ]
    described = [*zip(IDS.tolist(), range(MOVIES), strict=True), (UNRATED, 0)]
    tables = {
        "int_fit_plan": [
            {**FOLD, "is_ranking_algorithm": row["algorithm"] == ranking, **row} for row in plan
        ],
        "rating_biases": bias_rows,
        "interactions": [
            {"user_id": int(u), "movie_id": int(IDS[m]), "rating": float(matrix[u, m]),
             "strength": None}
            for u, m in zip(users, movies, strict=True)
        ],
        "movies": [
            {"movie_id": i, "source_id": f"m{i}", "title": f"Film {i}, The ({1950 + n})",
             "genres": "Drama", "release_year": 1950 + n, "imdb_id": f"tt{i:07}", "tmdb_id": i}
            for i, n in described
        ],
        "recommendations": [
            {"user_id": user, "rank": rank, "movie_id": rank * 10, "title": f"Film {rank * 10}",
             "reason": "popular", "score": 1 / rank, "predicted_rating": None}
            for user in range(USERS) for rank in (1, 2)
        ],
        "similar_movies": [
            {"movie_id": 10, "rank": 1, "similar_movie_id": 20, "similarity": 0.5}
        ],
        "algorithms": [{"algorithm": "damped_bias", "reg": DAMPING}],
        "int_rating_scale": [
            {"rating_min": 1.0, "rating_max": 5.0, "relevant_rating": RELEVANT, "has_ratings": True,
             "rating_step": 1.0}
        ],
        **{
            table: [row for fitted in fits if fitted.table == table for row in fitted.rows]
            for table in ("als_factors", "int_driver_fits")
        },
    }  # fmt: skip
    fits_schemas = dict.fromkeys(("als_factors", "int_driver_fits"), FITS)
    listed = [("user_id", pa.int64()), ("rank", pa.int64()), ("movie_id", pa.int64())]
    listed += [("title", pa.string()), ("reason", pa.string())]
    listed += [("score", pa.float64()), ("predicted_rating", pa.float64())]
    schemas = {
        "recommendations": pa.schema(listed),
        "int_fit_plan": PLAN,
        "interactions": INTERACTIONS,
        **fits_schemas,
    }
    return {name: pa.Table.from_pylist(rows, schemas.get(name)) for name, rows in tables.items()}


FOLD = {"protocol": "all", "fold": 0}
FITS = pa.schema(
    [
        *[("algorithm", pa.string()), ("protocol", pa.string()), ("fold", pa.int32())],
        *[("side", pa.string()), ("id", pa.int64()), ("factors", pa.list_(pa.float32()))],
        ("neighbour_ids", pa.list_(pa.int64())),
        ("weights", pa.list_(pa.float32())),
    ]
)
INTERACTIONS = pa.schema(
    [
        *[(name, pa.int64()) for name in ("user_id", "movie_id")],
        *[(name, pa.float64()) for name in ("rating", "strength")],
    ]
)
PLAN = pa.schema(
    [
        *[("algorithm", pa.string()), ("protocol", pa.string()), ("fold", pa.int32())],
        *[("family", pa.string()), ("feedback", pa.string())],
        *[(name, pa.int64()) for name in ("factors", "iterations", "neighbours")],
        *[
            (name, pa.float64())
            for name in ("reg", "reg_exponent", "alpha", "unobserved_weight", "strength_scale")
        ],
        *[("shrinkage", pa.float64()), ("blend_weights", pa.string())],
        *[("is_ranking_algorithm", pa.bool_()), ("skipped_because", pa.string())],
    ]
)


def _factor_rows(name: str, movies: np.ndarray, factors: np.ndarray) -> list[dict[str, Any]]:
    return [
        {"algorithm": name, **FOLD, "side": "movie", "id": int(IDS[m]), "factors": vector.tolist()}
        for m, vector in zip(movies, factors, strict=True)
    ]


def _weight_rows(name: str, lists: list[tuple[Any, list[float]]]) -> list[dict[str, Any]]:
    return [
        {"algorithm": name, **FOLD, "side": "movie", "id": int(IDS[m]), "neighbour_ids": ids,
         "weights": weights}
        for m, (ids, weights) in enumerate(lists)
    ]  # fmt: skip


def _standardised(scores: np.ndarray) -> np.ndarray:
    mean, deviation = np.nanmean(scores, 1), np.nanstd(scores, 1)
    return (scores - mean[:, None]) / deviation[:, None]
