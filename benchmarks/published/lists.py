"""Evaluate ranking algorithms with parameters that are chosen on validation rows.

Ratings are matrices (users, movies), with an entry for each rating and the movies in the order of
ties. As in a build, each algorithm is fitted with three strengths of regularisation, and a blend
adds the standardised scores of the best two or three.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from benchmarks.published.metrics import Hits, Metric
from benchmarks.published.rankers import (
    THREADS,
    Parameters,
    dense,
    fit_ranker,
    parameters_of,
    rows_of,
)
from benchmarks.published.splits import SEED
from reelhouse.algorithms.held_out_lists import Factors, HeldOutLists, Popularity
from reelhouse.als.biases import Side
from reelhouse.als.settings import Floats, Ints
from reelhouse.ranking.top_n import BLOCK_USERS, add_standardised, top_n
from reelhouse.tuning.blend import BLENDED, MOST_PARTS, choose_weights
from reelhouse.tuning.search import REGULARISATION, STRENGTHS

ALGORITHMS = ("popularity", "item_knn", "ease", "als_implicit", "als_graded")


class Rows(NamedTuple):
    """Ratings of a protocol.

    Attributes
    ----------
    fitted
        Ratings of the fit.
    known
        Ratings of the users to evaluate from which their vectors are computed.
    hidden
        Ratings of these users whose movies are not listed.
    tested
        Ratings of these users that a list should have, at least one for each user.
    """

    fitted: csr_matrix
    known: csr_matrix
    hidden: csr_matrix
    tested: csr_matrix


class Choice(NamedTuple):
    """The best parameters of each algorithm, and the weights of the parts of a blend."""

    parameters: dict[str, Parameters]
    weights: dict[str, float]


def choose(rows: Rows, liked_from: float) -> Choice:
    """Return the parameters and weights with the highest NDCG@10 on ``rows.tested``."""
    users, movies = (np.arange(length) for length in rows.known.shape)
    ids: dict[Side, Ints] = {"user": users, "movie": movies}
    counts = np.bincount(rows.fitted.indices, minlength=len(movies))
    lists = HeldOutLists(
        rows_of(rows.tested),
        rows_of(rows.hidden),
        Popularity(movies, counts),
        seed=SEED,
        threads=THREADS,
    )
    metric = lists.metric(ids)
    best: dict[str, tuple[float, Parameters, Factors]] = {}
    for row in _trials():
        model = fit_ranker(row, rows.fitted, liked_from)
        factors = Factors(ids, dense(model.vectors(rows.known)), dense(model.movies))
        error = metric(factors.users, factors.movies)
        if row["algorithm"] not in best or error < best[row["algorithm"]][0]:
            best[row["algorithm"]] = error, row, factors
    blended = [name for name, (_, row, _) in best.items() if row["family"] in BLENDED]
    parts = sorted(blended, key=lambda name: best[name][0])[:MOST_PARTS]
    weights, _, _ = choose_weights(lists, [best[name][2] for name in parts])
    return Choice(
        {name: row for name, (_, row, _) in best.items()}, dict(zip(parts, weights, strict=True))
    )


def _trials() -> Iterator[Parameters]:
    for algorithm in ALGORITHMS:
        row = parameters_of(algorithm)
        name = REGULARISATION[row["family"]]
        if name is None:
            yield row
            continue
        for strength in STRENGTHS:
            yield {**row, name: row[name] * strength}


def evaluate(
    choice: Choice, rows: Rows, liked_from: float, metrics: Mapping[str, tuple[Metric, int]]
) -> Iterator[tuple[str, str, float]]:
    """Fit the chosen algorithms and their blend; yield algorithm, metric and value.

    ``metrics``: name → function, and length k of the list.
    """
    models = {
        name: fit_ranker(row, rows.fitted, liked_from) for name, row in choice.parameters.items()
    }
    longest = max(k for _, k in metrics.values())
    hits: dict[str, list[Hits]] = {name: [] for name in (*models, "blend")}
    for first in range(0, rows.known.shape[0], BLOCK_USERS):
        known, hidden, tested = (
            each[first : first + BLOCK_USERS] for each in (rows.known, rows.hidden, rows.tested)
        )
        total = np.zeros(known.shape, np.float32)
        for name, model in models.items():
            scores = model.scores(known, hidden)
            hits[name].append(_hits(scores, tested, longest))
            if choice.weights.get(name):
                add_standardised(total, scores, choice.weights[name])
        hits["blend"].append(_hits(total, tested, longest))
    relevant = np.diff(rows.tested.indptr)
    for name, blocks in hits.items():
        found = np.concatenate(blocks)
        for metric, (function, k) in metrics.items():
            yield name, metric, function(found[:, :k], relevant)


def _hits(scores: Floats, tested: csr_matrix, k: int) -> Hits:
    """Return whether each of the ``k`` best movies of every user is in ``tested``."""
    lists, _ = top_n(scores, k)
    relevant = tested.toarray() > 0
    hits: Hits = np.take_along_axis(relevant, lists, axis=1) & (lists >= 0)
    return hits
