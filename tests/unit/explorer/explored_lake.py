"""A small lake with all tables of the explorer's pages, and its server."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import requests

from tests.unit.explorer.evaluated import SPLIT, evaluation_tables
from tests.unit.lakes import REELHOUSE, add_release, build_lake
from tests.unit.serve.served_lake import (
    ALGORITHMS,
    IDS,
    MOVIES,
    RELEVANT,
    USERS,
    fit,
    ratings,
    served_tables,
)

COLD = USERS
"""Id of a user without a rating."""
HOSTILE = [
    "<img src=x onerror=\"document.title = 'hacked'\">",
    "</script><script>document.title = 'hacked'</script>",
    "{{ content }} {% raw %} ${1} `code`",
    "\"Quotes\" & 'apostrophes' &lt; <!-- <b>",
]
GENRES = ["<b>Bold</b>", "{{ style }}", "Sci-Fi"]
TITLES = [*HOSTILE, *(f"Film {n:02}" for n in range(len(HOSTILE), MOVIES))]
"""Titles without their years, in the order of the ids."""
LISTS = {"als_graded": [4, 5, 6, 7], "popularity": [6, 8, 9]}
"""Algorithm → positions of the movies in its list for each user."""
START = datetime(1997, 9, 20, tzinfo=UTC)


def explored_tables() -> dict[str, pa.Table]:
    """Return tables as a build writes them; the lists come from a real fit."""
    plan = [{"algorithm": "als_graded", **ALGORITHMS["als_graded"]}]
    tables = served_tables(plan, "als_graded", [fit("als_graded")])
    matrix = ratings()
    users, movies = np.nonzero(matrix)
    counts = (matrix > 0).sum(axis=0)
    tables["interactions"] = pa.table(
        {
            "user_id": users,
            "movie_id": IDS[movies],
            "rating": matrix[users, movies],
            "strength": pa.nulls(len(users), pa.float64()),
            "event_count": pa.nulls(len(users), pa.int64()),
            "is_relevant": matrix[users, movies] >= RELEVANT,
            "rated_at": [START + timedelta(days=int(n) % 90) for n in range(len(users))],
        }
    )
    tables["movies"] = pa.table(
        {
            "movie_id": IDS,
            "source_id": [f"m{i}" for i in IDS],
            "title": [f"{title} ({1950 + n})" for n, title in enumerate(TITLES)],
            "genres": ["|".join(GENRES[: 1 + n % len(GENRES)]) for n in range(MOVIES)],
            "release_year": pa.array([1950 + n for n in range(MOVIES)], pa.int32()),
            "rating_count": pa.array(counts, pa.int64()),
            "mean_rating": matrix.sum(axis=0) / counts,
            "tags": ["<i>tag</i>|noir"] * MOVIES,
            "imdb_id": [f"tt{i:07}" for i in IDS],
            "tmdb_id": pa.array(IDS, pa.int64()),
        }
    )
    return {**tables, **_lists(matrix), **evaluation_tables(), **_people(matrix)}


def event_tables() -> dict[str, pa.Table]:
    """Return the tables of the same lake for events, of products without a year."""
    tables = explored_tables()

    def replaced(name: str, **columns: Any) -> pa.Table:
        table = tables[name]
        for column, values in columns.items():
            array = values if isinstance(values, list) else [values] * table.num_rows
            kind = table.schema.field(column).type
            place = table.column_names.index(column)
            table = table.set_column(place, column, pa.array(array, kind))
        return table

    scale = dict.fromkeys(("rating_min", "rating_max", "relevant_rating", "rating_step"))
    return tables | {
        "int_rating_scale": replaced("int_rating_scale", **scale, has_ratings=False),
        "interactions": replaced(
            "interactions", rating=None, strength=2.0, event_count=2, is_relevant=True
        ),
        "movies": replaced("movies", mean_rating=None, release_year=None),
        "users": replaced("users", mean_rating=None),
        "recommendations": replaced("recommendations", predicted_rating=None),
        "rating_splits": replaced("rating_splits", rating=None),
    }


def _people(matrix: np.ndarray) -> dict[str, pa.Table]:
    counts = [*(matrix > 0).sum(axis=1).tolist(), 0]
    sums = [*matrix.sum(axis=1).tolist(), 0.0]
    ids = range(USERS + 1)
    return {
        "users": pa.table(
            {
                "user_id": pa.array(ids, pa.int64()),
                "source_id": [f"u{i}<b>" if i == 7 else f"u{i}" for i in ids],
                "gender": pa.array(["F"] * len(ids)),
                "occupation": ["<u>clerk</u>"] * len(ids),
                "age": pa.array([30] * len(ids), pa.int32()),
                "rating_count": pa.array(counts, pa.int64()),
                "mean_rating": [s / c if c else None for s, c in zip(sums, counts, strict=True)],
                "first_rated_at": [START if c else None for c in counts],
                "last_rated_at": [START + timedelta(days=89) if c else None for c in counts],
            }
        )
    }


def _lists(matrix: np.ndarray) -> dict[str, pa.Table]:
    """Return the lists of the fit for users, and popular movies for the cold user."""
    scores = fit("als_graded").scores
    rows: list[dict[str, Any]] = []
    for user in range(USERS):
        order = np.argsort(-np.where(matrix[user] > 0, -np.inf, scores[user]), kind="stable")
        rows += [
            _listed(user, rank, movie, "personal", float(scores[user, movie]))
            for rank, movie in enumerate(order[:5].tolist(), start=1)
        ]
    popular = np.argsort(-(matrix > 0).sum(axis=0), kind="stable")[:5].tolist()
    rows += [
        _listed(COLD, rank, movie, "cold", 1 / rank) for rank, movie in enumerate(popular, start=1)
    ]
    explanations = [
        {
            "user_id": row["user_id"],
            "movie_id": row["movie_id"],
            "position": position,
            "kind": kind,
            "rated_title": title,
            "rating": rating,
            "contribution": part,
        }
        for row in rows
        if row["user_id"] != COLD
        for position, (kind, title, rating, part) in enumerate(
            [
                ("rating", f"{TITLES[0]} (1950)", 5.0, 0.75 * row["score"]),
                ("other ratings", None, None, 0.25 * row["score"]),
            ],
            start=1,
        )
    ]
    compared = [
        {"algorithm": name, **SPLIT, "user_id": user, "rank": rank, "movie_id": int(IDS[movie])}
        for name, movies in LISTS.items()
        for user in range(USERS)
        for rank, movie in enumerate(movies, start=1)
    ]
    return {
        "recommendations": pa.Table.from_pylist(rows),
        "recommendation_explanations": pa.Table.from_pylist(explanations),
        "evaluated_recommendations": pa.Table.from_pylist(compared),
        "similar_movies": pa.table(
            {
                "movie_id": [10, 10],
                "rank": [1, 2],
                "similar_movie_id": [20, 0],
                "similarity": [0.5, 0.25],
            }
        ),
    }


def _listed(user: int, rank: int, movie: int, strategy: str, score: float) -> dict[str, Any]:
    return {
        "user_id": user,
        "rank": rank,
        "movie_id": int(IDS[movie]),
        "title": TITLES[movie],
        "genres": GENRES[0],
        "strategy": strategy,
        "algorithm": "als_graded",
        "reason": f"because you rated {TITLES[0]} 5",
        "score": score,
        "predicted_rating": 4.5,
    }


class Server(NamedTuple):
    """A running `reelhouse app`."""

    lake: Path
    address: str

    def get(self, path: str, **parameters: Any) -> Any:
        """Return the JSON of a path below /api."""
        answer = requests.get(f"{self.address}/api/{path}", params=parameters, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, value: Any) -> requests.Response:
        """Send JSON to a path below /api."""
        return requests.post(f"{self.address}/api/{path}", json=value, timeout=30)


def write_explored_lake(folder: Path, tables: Mapping[str, pa.Table] | None = None) -> Path:
    """Write the lake with one release."""
    lake = build_lake(folder, tables or explored_tables())
    add_release(lake, 1)
    return lake


@contextmanager
def serving(lake: Path, **variables: str) -> Iterator[Server]:
    """Serve a lake until the end of the block, with these environment variables."""
    process = subprocess.Popen(
        [REELHOUSE, "app", "--port", "0"],
        env={**os.environ, "REELHOUSE_LAKE": str(lake), **variables},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield Server(lake, process.stdout.readline().split()[1])
    finally:
        process.terminate()
        process.communicate()
