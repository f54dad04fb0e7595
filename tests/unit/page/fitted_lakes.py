"""Lakes with small ALS fits, and the scores that Python computes for a new user."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from reelhouse.algorithms.als import rescaled, settings_from_row
from reelhouse.als import LocalRatings, Settings, fit_packed, fold_in
from reelhouse.arrow import list_array
from reelhouse.project import seed_rows
from tests.unit.lakes import build_lake

USERS, MOVIES = 80, 40
RELEVANT, DAMPING = 4.0, 4.0
STRENGTH = 30.0
"""Median strength of the events."""
GENRES = ("Comedy", "Drama", "Sci-Fi")
NAMES = [f"Film {chr(65 + i % 26)}{i:02}" for i in range(MOVIES)]
NAMES[5] = 'Film 5" disc, quoted'
TITLES = [f"{name}, The ({1950 + i})" for i, name in enumerate(NAMES)]
SHOWN = [f"The {name}" for name in NAMES]
"""The titles as the page shows them."""


class FittedLake(NamedTuple):
    """A lake, its fit, and what its ratings were reduced by before the fit."""

    folder: Path
    row: dict[str, Any]
    settings: Settings
    factors: np.ndarray
    """Factors (movies, k) in the units of the fit."""
    spread: float
    mean: float
    biases: np.ndarray
    """Damped biases (movies,), or zeros if the fit has ratings as targets."""

    def scores(self, ratings: Mapping[int, float]) -> np.ndarray:
        """Return the score of each movie for a user who rated movies by position; 1 is a like."""
        positions = np.array(list(ratings))
        values = np.array(list(ratings.values()))
        bias = (values - self.mean - self.biases[positions]).sum() / (len(values) + DAMPING)
        targets = target_values(self.row, values, self.mean + bias + self.biases[positions])
        used = np.isfinite(targets)
        ids = np.arange(MOVIES)
        targets = targets[used] / self.spread
        user = fold_in(self.settings, ids, self.factors, ids[positions[used]], targets)
        scores = self.spread * (self.factors @ user).astype(np.float64)
        if self.row["family"] == "biased_als":
            scores += self.mean + bias + self.biases
        return scores


def target_values(row: Mapping[str, Any], ratings: np.ndarray, baseline: np.ndarray) -> np.ndarray:
    """Return the values that a fit takes; NaN for a rating that it leaves out."""
    if row["events"] and row["feedback"] == "implicit":
        strengths = np.log1p(ratings * STRENGTH / row["strength_scale"])
        return strengths / math.log1p(1 / row["strength_scale"])
    if row["events"]:
        return np.ones_like(ratings, np.float64)
    if row["feedback"] == "implicit":
        return np.where(ratings >= RELEVANT, 1.0, np.nan)
    if row["feedback"] == "graded":
        return np.minimum((ratings - 1) / (RELEVANT - 1), 1)
    return ratings - baseline if row["family"] == "biased_als" else ratings


def fitted_lake(
    folder: Path,
    algorithm: str,
    *,
    events: bool = False,
    titles: list[str] = TITLES,
    genres: tuple[str, ...] = GENRES,
    served: Mapping[str, str] | None = None,
    **parameters: Any,
) -> FittedLake:
    """Fit an algorithm of seeds/algorithms.csv to ratings of a planted taste, and write a lake.

    ``parameters`` replace those of the seed, and ``served`` names the algorithms that serve.
    """
    row = {**_seed_row(algorithm), "factors": 8, "events": events, **parameters}
    settings = settings_from_row(row, "cholesky")
    users, movies, ratings = _planted_ratings()
    if events:
        ratings = np.ones_like(ratings)
    counts = np.bincount(movies, minlength=MOVIES)
    mean = float(ratings.mean())
    movie_biases = np.bincount(movies, ratings - mean, MOVIES) / (counts + DAMPING)
    user_counts = np.bincount(users, minlength=USERS)
    user_biases = np.bincount(users, ratings - mean - movie_biases[movies], USERS)
    user_biases /= user_counts + DAMPING
    baseline = mean + movie_biases[movies] + user_biases[users]
    explicit = row["feedback"] == "explicit"
    spread = float(f"{np.sqrt(np.mean((ratings - baseline) ** 2)):.6g}") if explicit else 1.0
    values = target_values(row, ratings, baseline)
    used = np.isfinite(values)
    packed = LocalRatings(users[used], movies[used], values[used] / spread)
    fitted = fit_packed(packed, settings, seed=1)
    assert list(fitted.ids["movie"]) == list(range(MOVIES))
    factors = fitted.factors["movie"]
    served = served or {"ranking": algorithm, "similarity": algorithm}
    no_rating = pa.nulls(len(ratings), pa.float64())
    strengths = no_rating if not events else pa.array([STRENGTH] * len(ratings))
    split = {"protocol": ["all"] * len(users), "split": ["train"] * len(users)}
    sides = {
        "movie": (range(MOVIES), movie_biases, counts),
        "user": (range(USERS), user_biases, user_counts),
    }
    rated = {"user_id": users, "movie_id": movies, "rating": no_rating if events else ratings}
    scale = [None] * 3 if events else [1.0, 5.0, RELEVANT]
    tables = {
        "served_algorithms": pa.table({"use": list(served), "algorithm": list(served.values())}),
        "int_fit_plan": _plan(row, served),
        "als_factors": pa.table(
            {
                "algorithm": [algorithm] * MOVIES,
                "protocol": ["all"] * MOVIES,
                "side": ["movie"] * MOVIES,
                "id": pa.array(range(MOVIES), pa.int64()),
                "factors": list_array(rescaled(settings, "movie", factors, spread)),
            }
        ),
        "movies": pa.table(
            {
                "movie_id": pa.array(range(MOVIES), pa.int64()),
                "source_id": [str(movie) for movie in range(MOVIES)],
                "title": titles,
                "genres": ["|".join(genres[: 1 + i % len(genres)]) for i in range(MOVIES)],
                "release_year": pa.array([1950 + i for i in range(MOVIES)], pa.int32()),
                "rating_count": pa.array(counts, pa.int64()),
                "mean_rating": [None] * MOVIES if events else np.bincount(movies, ratings) / counts,
            },
            schema=pa.schema(
                [
                    *(("movie_id", pa.int64()), ("source_id", pa.string())),
                    *(("title", pa.string()), ("genres", pa.string())),
                    *(("release_year", pa.int32()), ("rating_count", pa.int64())),
                    ("mean_rating", pa.float64()),
                ]
            ),
        ),
        "int_rating_scale": pa.table(
            {
                name: pa.array([value], pa.float64())
                for name, value in zip(
                    ("rating_min", "rating_max", "relevant_rating", "rating_step"),
                    [*scale, None if events else 1.0],
                    strict=True,
                )
            }
        ),
        "interactions": pa.table({**rated, "strength": strengths}),
        "rating_splits": pa.table({**rated, **split}),
        "rating_biases": pa.concat_tables(
            pa.table(
                {
                    "protocol": ["all"] * len(ids),
                    "side": [side] * len(ids),
                    "id": pa.array(ids, pa.int64()),
                    "bias": biases,
                    "global_mean": [mean] * len(ids),
                }
            )
            for side, (ids, biases, _) in sides.items()
        ),
        "algorithms": pa.table({"algorithm": ["damped_bias"], "reg": [DAMPING]}),
        "raw_files": pa.table({"data": ["/home/person/planted"]}),
        "model_comparison": pa.table(
            {
                "protocol": ["random"] * 2,
                "algorithm": [algorithm, "popularity"],
                **{name: [0.3, 0.1] for name in ("ndcg_at_10", "rmse")},
                **{f"ndcg_at_10_ci_{end}": [0.3, 0.1] for end in ("lower", "upper")},
            }
        ),
    }
    lake = build_lake(folder, tables)
    damped = movie_biases if row["family"] == "biased_als" else np.zeros(MOVIES)
    return FittedLake(lake, row, settings, factors, spread, mean, damped)


def _seed_row(algorithm: str) -> dict[str, Any]:
    """Return a row of the seed with numbers instead of their texts."""
    row = next(row for row in seed_rows("algorithms") if row["algorithm"] == algorithm)
    texts = {"algorithm", "family", "feedback", "enabled"}
    return {
        name: text if name in texts else json.loads(text) if text else None
        for name, text in row.items()
    }


def _plan(row: Mapping[str, Any], served: Mapping[str, str]) -> pa.Table:
    """Return rows of int_fit_plan for the fit, and for the other algorithms that serve."""
    others = [_seed_row(name) for name in set(served.values()) - {row["algorithm"]}]
    names = ("factors", "reg", "reg_exponent", "alpha", "unobserved_weight", "strength_scale")
    columns = {name: pa.float64() for name in names}
    columns |= {"factors": pa.int64(), "iterations": pa.int64()}
    columns |= {name: pa.string() for name in ("algorithm", "family", "feedback", "protocol")}
    rows = [{**each, "protocol": "all"} for each in (row, *others)]
    return pa.table(
        {name: pa.array([each[name] for each in rows], kind) for name, kind in columns.items()}
    )


def _planted_ratings() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return users, movies and ratings (n,) of people who each rated half of the movies."""
    rng = np.random.default_rng(7)
    taste = rng.normal(size=(USERS, 2)) @ rng.normal(size=(MOVIES, 2)).T
    ratings = np.clip(np.round(3.2 + 0.8 * taste + 0.3 * rng.normal(size=taste.shape)), 1, 5)
    users, movies = np.nonzero(rng.random(taste.shape) < np.linspace(0.9, 0.3, MOVIES))
    return users, movies, ratings[users, movies]
