"""Divide the scores of ranked lists between the ratings of the users, without Spark."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from reelhouse.algorithms.contributions import Explainer, largest_first
from reelhouse.als.contributions import Doubles
from reelhouse.als.ids import find_positions
from reelhouse.als.settings import Floats, Ints
from reelhouse.ranking.catalogues import BlendedCatalogue, Catalogue, WeightedCatalogue
from reelhouse.ranking.top_n import moments

KINDS = ("rating", "other ratings", "baseline")


class ListExplainer(NamedTuple):
    """An algorithm that ranks, and the explainers of its parts.

    A blend has several parts; any other algorithm has one part, itself. Without parts, the score of
    a movie is not a sum over the ratings.
    """

    catalogue: Catalogue | WeightedCatalogue | BlendedCatalogue | None
    parts: tuple[Explainer, ...]


def explain_block(block: pa.Table, explainer: ListExplainer, most: int) -> pa.Table:
    """Return rows of ``EXPLAINED_COLUMNS`` for a block of users."""
    columns = ("listed_movie_ids", "scores", "factors")
    users = zip(
        block["user_id"].to_pylist(),
        *(_lists(block[column]) for column in columns),
        _ratings_of_parts(block["rated"], len(explainer.parts)),
        *_scales(block, explainer),
        strict=True,
    )
    rows = []
    for user_id, listed, scores, vector, ratings, scales, offset in users:
        rated_ids = np.unique(np.concatenate([listed[:0], *(rated for rated, _ in ratings)]))
        total = np.zeros((len(rated_ids), len(listed)))
        for part, scale, (rated, values) in zip(explainer.parts, scales, ratings, strict=True):
            added = scale * part.contributions(rated, values, listed)
            total[np.searchsorted(rated_ids, rated)] += added
        baselines = _baselines(explainer, vector, listed) + offset if explainer.parts else scores
        rows.append(_rows_of_user(user_id, listed, rated_ids, total, baselines, most))
    user_ids, movie_ids, positions, kinds, rated_ids, contributions = (
        np.concatenate(column) for column in zip(*rows, strict=True)
    )
    return pa.table(
        {
            "user_id": user_ids,
            "movie_id": movie_ids,
            "position": positions.astype(np.int32),
            "kind": pa.array(KINDS).take(pa.array(kinds)),
            "rated_movie_id": pa.array(rated_ids, mask=kinds > 0),
            "contribution": contributions,
        }
    )


def _baselines(explainer: ListExplainer, vector: Doubles, listed: Ints) -> Doubles:
    """Return the baseline of each score (listed,); it is 0 for the parts of a blend."""
    catalogue = explainer.catalogue
    if not isinstance(catalogue, Catalogue):
        return np.zeros(len(listed))
    positions, _ = find_positions(catalogue.movies.ascending, listed)
    vectors = catalogue.factors[catalogue.movies.columns[positions]].astype(np.float64)
    return explainer.parts[0].baselines(vector, vectors)


def _scales(block: pa.Table, explainer: ListExplainer) -> tuple[Doubles, Doubles]:
    """Return the factor of each part's scores (users, parts), and a summand (users,).

    A blend subtracts the mean of a part's scores and divides by their standard deviation. For other
    algorithms, the factors are 1 and the summands 0.
    """
    scales = np.ones((block.num_rows, len(explainer.parts)))
    offsets = np.zeros(block.num_rows)
    if explainer.parts and isinstance(explainer.catalogue, BlendedCatalogue):
        for number, (part, scores) in enumerate(explainer.catalogue.part_scores(block)):
            means, deviations = moments(scores)
            divided = np.divide(
                part.weight, deviations, out=np.zeros_like(means), where=deviations > 0
            )
            scales[:, number] = divided
            offsets -= divided * means
    return scales, offsets


def _rows_of_user(
    user_id: int, listed: Ints, rated_ids: Ints, total: Doubles, baselines: Doubles, most: int
) -> tuple[NDArray[Any], ...]:
    """Return user, movie, position, number of the kind, rated movie and contribution of each row.

    ``total`` (rated, listed) has the contribution of each rating to each score. The rows are the
    ``most`` largest contributions, the sum of the others, and the baseline. A row whose
    contribution is 0 is left out, but every listed movie has at least one row.
    """
    order = largest_first(total, most)
    named = len(order)
    largest = np.take_along_axis(total, order, axis=0)
    others = total.sum(axis=0) - largest.sum(axis=0)
    counts = np.count_nonzero(total, axis=0)
    others_count = counts - np.count_nonzero(largest, axis=0)
    contributions = np.vstack([largest, others, baselines])
    has_row = np.vstack([largest != 0, others_count > 0, (baselines != 0) | (counts == 0)])
    rated = np.vstack([rated_ids[order], np.zeros((2, len(listed)), np.int64)])
    movies, rows = np.nonzero(has_row.T)
    return (
        np.full(len(movies), user_id),
        listed[movies],
        rows + 1,
        np.maximum(rows - named + 1, 0),
        rated[rows, movies],
        contributions[rows, movies],
    )


def _lists(column: pa.ChunkedArray) -> Iterator[NDArray[Any]]:
    """Yield the lists of a column as arrays."""
    lengths = pc.list_value_length(column).to_numpy()
    return iter(np.split(pc.list_flatten(column).to_numpy(), np.cumsum(lengths)[:-1]))


def _ratings_of_parts(column: pa.ChunkedArray, parts: int) -> Iterator[list[tuple[Ints, Floats]]]:
    """Yield, for each user, the rated movies and their values in each part of the algorithm.

    ``column`` has lists of ``part, movie_id, value``.
    """
    flat = pc.list_flatten(column).combine_chunks()
    numbers, movie_ids, values = (flat.field(i).to_numpy() for i in range(3))
    stops = np.cumsum(pc.list_value_length(column).to_numpy())
    for first, last in zip(np.append(0, stops[:-1]), stops, strict=True):
        own = [np.flatnonzero(numbers[first:last] == part) + first for part in range(parts)]
        yield [(movie_ids[rows], values[rows].astype(np.float32)) for rows in own]
