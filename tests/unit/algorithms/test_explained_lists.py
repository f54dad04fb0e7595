"""The rows of a block of users add up to their scores, without Spark."""

import numpy as np
import pyarrow as pa
import pytest

from reelhouse.algorithms.als_settings import settings_from_row
from reelhouse.algorithms.contributions import WeightExplainer, explainer_of_factors
from reelhouse.algorithms.explained_lists import ListExplainer, explain_block
from reelhouse.als.new_users import fold_in
from reelhouse.ranking.catalogues import (
    BlendedCatalogue,
    catalogues_of_blends,
    catalogues_of_factors,
    catalogues_of_weights,
)
from tests.unit.serve.served_lake import ALGORITHMS, FITS, IDS, RELEVANT, WEIGHTS, fit, ratings

MOST, LISTED, USERS = 8, 5, 4
ONES = [
    {"algorithm": "popularity", "protocol": "all", "fold": 0, "id": int(i), "factors": [1.0]}
    for i in IDS
]


def explainer_and_catalogue(name):
    """Return the explainer of an algorithm, and its catalogue."""
    rows = [row | {"fold": 0} for row in fit(name).rows]
    popular = catalogues_of_factors(pa.Table.from_pylist(ONES, FITS), None, 1)
    table = pa.Table.from_pylist(rows, FITS)
    if ALGORITHMS[name]["family"] in ("ease", "item_knn"):
        catalogue = catalogues_of_weights(table, popular)[name, "all", 0]
        movies = catalogue.movies
        return (
            WeightExplainer(
                catalogue.liked_ids, movies.ascending, movies.columns, catalogue.weights
            ),
            catalogue,
        )
    catalogue = catalogues_of_factors(table, None, 1)[name, "all", 0]
    factors = catalogue.factors[catalogue.movies.columns]
    ids = catalogue.movies.ascending
    return explainer_of_factors(ALGORITHMS[name], ids, factors, 1.0), catalogue


def observed(name, given):
    """Return movies and values of a user with ratings (movies,), as the fit has them."""
    if ALGORITHMS[name]["feedback"] == "implicit":
        liked = given >= RELEVANT
        return IDS[liked], np.ones(liked.sum())
    rated = given > 0
    return IDS[rated], np.minimum((given[rated] - 1) / (RELEVANT - 1), 1.0)


def vector(name, explainer, catalogue, given):
    if isinstance(explainer, WeightExplainer):
        return []
    settings = settings_from_row(ALGORITHMS[name], "cholesky")
    factors = catalogue.factors[catalogue.movies.columns]
    ids, values = observed(name, given)
    return fold_in(settings, catalogue.movies.ascending, factors, ids, values).tolist()


@pytest.mark.parametrize("name", ["als_graded", "ease", "item_knn", "blend"])
def test_the_rows_of_a_score_add_up_to_it(name):
    """Weights of ease are negative too, so that zeros are among the largest contributions."""
    parts = sorted(WEIGHTS) if name == "blend" else [name]
    built = {part: explainer_and_catalogue(part) for part in parts}
    catalogue = built[parts[0]][1]
    if name == "blend":
        blend = {"algorithm": "blend", "protocol": "all", "fold": 0, "weights": WEIGHTS}
        catalogues = {(part, "all", 0): of_part for part, (_, of_part) in built.items()}
        catalogue = catalogues_of_blends([blend], catalogues)["blend", "all", 0]
        assert isinstance(catalogue, BlendedCatalogue)
    matrix = ratings()[:USERS]
    block = {
        "user_id": pa.array(range(USERS), pa.int64()),
        "factors": pa.array(
            [
                [number for part in parts for number in vector(part, *built[part], given)]
                for given in matrix
            ],
            pa.list_(pa.float64()),
        ),
        "seen_movie_ids": [IDS[given > 0] for given in matrix],
        "liked_movie_ids": [IDS[given >= RELEVANT] for given in matrix],
        "rated": [
            [
                {"part": number, "movie_id": movie_id, "value": value}
                for number, part in enumerate(parts)
                for movie_id, value in zip(
                    *map(np.ndarray.tolist, observed(part, given)), strict=True
                )
            ]
            for given in matrix
        ],
    }
    scores = catalogue.scores(pa.table(block))
    columns = catalogue.movies.columns
    listed = [IDS[given == 0][:LISTED] for given in matrix]
    own = [
        scores[user, columns[np.searchsorted(IDS, ids)]].astype(float)
        for user, ids in enumerate(listed)
    ]
    table = pa.table({**block, "listed_movie_ids": listed, "scores": own})
    explainer = ListExplainer(catalogue, tuple(built[part][0] for part in parts))
    rows = explain_block(table, explainer, MOST).to_pandas()
    sums = rows.groupby(["user_id", "movie_id"])["contribution"].sum()
    expected = {(u, i): s for u in range(USERS) for i, s in zip(listed[u], own[u], strict=True)}
    assert sums.to_dict() == pytest.approx(expected, rel=1e-4, abs=1e-5)
    named = rows[rows["kind"] == "rating"]
    assert named["rated_movie_id"].notna().all()
    most = named.groupby(["user_id", "movie_id"]).size().max()
    assert most == MOST if name in ("als_graded", "blend") else 1 < most <= MOST
    assert all(
        group["contribution"].is_monotonic_decreasing
        for _, group in named.groupby(["user_id", "movie_id"])
    )
    baselines = rows[rows["kind"] == "baseline"]
    assert baselines["contribution"].any() == (name == "blend")
