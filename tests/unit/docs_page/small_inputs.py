"""Small inputs of the Python models: eight users, ten movies, one fit of each algorithm."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import yaml  # type: ignore[import-untyped]

from reelhouse.paths import ROOT
from reelhouse.project import seed_rows

Tables = dict[str, pa.Table]
USERS, MOVIES, UNRATED = range(1, 9), range(101, 111), 110
LARGE = {"factors": 2, "iterations": 2, "sweeps": 4, "burn_in": 1, "neighbours": 2}
"""Smaller parameters than those of the seed, for quick fits."""
BLEND = {"als_graded": 0.5, "als_implicit": 0.2, "ease": 0.3}
TYPES = {
    "string": pa.string(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
}
FIT = {"protocol": "all", "fold": 0}
FLOATS, LONGS = pa.list_(pa.float64()), pa.list_(pa.int64())


def table(rows: list[dict[str, Any]], **types: Any) -> pa.Table:
    """Return rows as a table; ``types`` are those of columns whose values do not show them."""
    found = pa.Table.from_pylist(rows)
    fields = [field.with_type(types.get(field.name, field.type)) for field in found.schema]
    return pa.Table.from_pylist(rows, pa.schema(fields))


def seed(name: str) -> tuple[list[dict[str, Any]], pa.Schema]:
    """Return the rows and the schema of a seed."""
    (described,) = yaml.safe_load((ROOT / "seeds" / f"{name}.yml").read_text())["seeds"]
    types = {column: TYPES[kind] for column, kind in described["config"]["column_types"].items()}
    rows = [
        {column: _value(text, types[column]) for column, text in row.items()}
        for row in seed_rows(name)
    ]
    return rows, pa.schema(types.items())


def _value(text: str, kind: pa.DataType) -> Any:
    if not text:
        return None
    if pa.types.is_boolean(kind):
        return text == "true"
    return text if pa.types.is_string(kind) else pa.scalar(text).cast(kind).as_py()


def algorithms(*names: str) -> pa.Table:
    """Return rows of the seed algorithms with small parameters; all rows without ``names``."""
    rows, schema = seed("algorithms")
    small = [
        row | {name: least for name, least in LARGE.items() if row[name] is not None}
        for row in rows
        if not names or row["algorithm"] in names
    ]
    return pa.Table.from_pylist(small, schema)


def ratings() -> list[dict[str, Any]]:
    """Return ratings of most pairs of users and movies, with the strength of an event each."""
    rng = np.random.default_rng(5)
    pairs = [(user, movie) for user in USERS for movie in MOVIES if movie != UNRATED]
    kept = [pair for pair in pairs if rng.random() < 0.6]
    values = rng.integers(1, 6, len(kept)).astype(float)
    return [
        {
            **FIT,
            "user_id": user,
            "movie_id": movie,
            "split": "train",
            "rating": value,
            "strength": 1.0 + place % 4,
            "residual": value - 3.2 + 0.1 * (movie % 3),
            "is_relevant": value >= 4,
        }
        for place, ((user, movie), value) in enumerate(zip(kept, values.tolist(), strict=True))
    ]


def in_other_folds(rows: pa.Table, **kept: str) -> pa.Table:
    """Return rows, and copies of them under another protocol and under another fold.

    ``kept`` restricts the copies under another protocol to the rows with a value of a column.
    """
    original = rows.to_pylist()
    copies = [row | {"protocol": "allx"} for row in original if row.items() >= kept.items()]
    if not kept:
        copies += [row | {"fold": 1} for row in original]
    return pa.Table.from_pylist(original + copies, rows.schema)


def targets() -> pa.Table:
    """Return int_training_targets: the ratings, also under another protocol and fold."""
    rows = ratings()
    return in_other_folds(table(rows, fold=pa.int32()))


def scale() -> pa.Table:
    return table(
        [
            {
                "rating_min": 1.0,
                "rating_max": 5.0,
                "rating_step": 1.0,
                "relevant_rating": 4.0,
                "is_relevance_inferred": False,
                "has_times": True,
                "has_ratings": True,
                "has_strengths": True,
                "has_splits": False,
                "fold_count": 0,
            }
        ]
    )


def plan(ranking: str, similarity: str) -> pa.Table:
    """Return int_fit_plan: a fit of each algorithm, and which of them serve."""
    seeds = algorithms()
    rows = [
        {
            **row,
            **FIT,
            "blend_weights": json.dumps(BLEND) if row["family"] == "blend" else None,
            "trial": None,
            "is_ranking_algorithm": row["algorithm"] == ranking,
            "is_rating_algorithm": row["algorithm"] == "bayesian_mf",
            "is_similarity_algorithm": row["algorithm"] == similarity,
            "skipped_because": None,
        }
        for row in seeds.to_pylist()
    ]
    more = {"protocol": pa.string(), "fold": pa.int32(), "blend_weights": pa.string()}
    words = {"trial": pa.string(), "skipped_because": pa.string()}
    flags = ("is_ranking_algorithm", "is_rating_algorithm", "is_similarity_algorithm")
    types = more | words | dict.fromkeys(flags, pa.bool_())
    return pa.Table.from_pylist(rows, pa.schema([*seeds.schema, *types.items()]))


def vectors(*names: str, width: int = 4) -> pa.Table:
    """Return int_scoring_vectors: random factors of some algorithms, one number for popularity."""
    rng = np.random.default_rng(6)
    rows = [
        {
            "algorithm": name,
            **FIT,
            "side": side,
            "id": number,
            "factors": rng.normal(size=1 if name == "popularity" else width).tolist(),
        }
        for name in (*names, "popularity")
        for side, ids in (("user", USERS), ("movie", MOVIES[:-1]))
        for number in ids
    ]
    return table(rows, fold=pa.int32(), factors=FLOATS)


def driver_fits(*names: str) -> pa.Table:
    """Return int_driver_fits: weights of each movie for its three nearest movies."""
    rng = np.random.default_rng(7)
    rows = [
        {
            "algorithm": name,
            **FIT,
            "side": "movie",
            "id": movie,
            "factors": None,
            "neighbour_ids": sorted(rng.choice(MOVIES[:-1], 3, replace=False).tolist()),
            "weights": rng.random(3).tolist(),
            "test_movie_ids": [movie],
            "train_rmses": [1.0],
        }
        for name in names
        for movie in MOVIES[:-1]
    ]
    types = {"factors": FLOATS, "neighbour_ids": LONGS, "weights": FLOATS}
    return table(rows, fold=pa.int32(), test_movie_ids=LONGS, train_rmses=FLOATS, **types)


def requests(scorers: dict[str, int]) -> pa.Table:
    """Return int_ranking_requests of every user, by algorithm and the length of its vectors."""
    rng = np.random.default_rng(8)
    rated = ratings()
    rows = [
        {
            "algorithm": name,
            "scored_by": name,
            **FIT,
            "user_id": user,
            "factors": rng.normal(size=width).tolist(),
            "seen_movie_ids": [row["movie_id"] for row in rated if row["user_id"] == user],
            "liked_movie_ids": [
                row["movie_id"] for row in rated if row["user_id"] == user and row["is_relevant"]
            ],
        }
        for name, width in scorers.items()
        for user in USERS
    ]
    return table(rows, fold=pa.int32(), factors=FLOATS, seen_movie_ids=LONGS, liked_movie_ids=LONGS)


def lists(name: str) -> pa.Table:
    """Return int_recommendations_reranked: two movies per user, for one user by popularity."""
    rated = {(row["user_id"], row["movie_id"]) for row in ratings()}
    rows = [
        {
            "algorithm": name,
            "scored_by": "popularity" if user == USERS[-1] else name,
            **FIT,
            "user_id": user,
            "rank": rank + 1,
            "movie_id": movie,
            "score": 5.0 - rank - 0.1 * user,
        }
        for user in USERS
        for rank, movie in enumerate(
            [movie for movie in MOVIES[:-1] if (user, movie) not in rated][:2]
        )
    ]
    return table(rows, fold=pa.int32(), rank=pa.int32())


def movies() -> pa.Table:
    return table([{"movie_id": movie, "title": f"Movie {movie}"} for movie in MOVIES[:-1]])


def forgotten() -> pa.Table:
    return table(
        [
            {
                "role": "ratings",
                "format": "text",
                "has_header": True,
                "splits": "{}",
                "has_line_breaks": False,
                "parts": None,
                "forgotten_count": 3,
            }
        ],
        parts=LONGS,
    )
