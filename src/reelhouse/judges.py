"""Judges of a fit by rows that it does not see: the error after an iteration, smaller is better."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from reelhouse.als.alternate import Judge
from reelhouse.als.csr import Csr, Positions, both_sides, found_among
from reelhouse.als.packed import EMPTY, Side
from reelhouse.als.settings import Floats, Ints
from reelhouse.errors import ReelhouseError
from reelhouse.topn import rank_all, tie_order

CUTOFF = 10


class Rows(NamedTuple):
    """Rows (n,) of user ids, movie ids and values."""

    user_ids: Ints
    movie_ids: Ints
    values: NDArray[Any]


def judge_of_errors(ids: dict[Side, Ints], held_out: Rows) -> Judge:
    """Root mean squared error over the held-out rows whose user and movie the fit knows."""
    users, movies, known = _positions(ids, held_out)
    values = held_out.values[known]

    def judge(user_factors: Floats, movie_factors: Floats) -> float:
        scores = np.einsum("ij,ij->i", user_factors[users], movie_factors[movies])
        return float(np.sqrt(np.mean((scores - values) ** 2, dtype=np.float64)))

    return judge


def judge_of_lists(
    ids: dict[Side, Ints], held_out: Rows, seen: Rows, *, seed: int, threads: int = 1
) -> Judge:
    """1 - NDCG@10 of the users of the held-out rows, which are relevant; ``seen`` is not listed.

    Ties are broken as in ``rank_movies`` with this seed.
    """
    order = tie_order(ids["movie"], seed)
    columns = np.argsort(order).astype(np.int32)
    users, movies, _ = _positions(ids, held_out)
    judged = np.unique(users)
    relevant = _rows_of(judged, users, columns[movies], len(order))
    seen_users, seen_movies, _ = _positions(ids, seen)
    hidden = _rows_of(judged, seen_users, columns[seen_movies], len(order))
    counts = np.minimum(np.diff(relevant.indptr), CUTOFF)
    discounts = 1 / np.log2(np.arange(CUTOFF) + 2)
    ideal = np.cumsum(discounts)[counts - 1]
    # A pair as one number, so that hits are found at once.
    width = np.int64(len(ids["movie"]))
    pairs = np.repeat(np.arange(len(judged)), np.diff(relevant.indptr)) * width + relevant.columns

    def judge(user_factors: Floats, movie_factors: Floats) -> float:
        lists, _ = rank_all(
            user_factors[judged],
            movie_factors[order],
            hidden.indptr,
            hidden.columns,
            CUTOFF,
            threads,
        )
        listed = np.arange(len(judged))[:, None] * width + lists
        hits = np.isin(listed, pairs) & (lists >= 0)
        return float(1 - np.mean(hits @ discounts / ideal))

    return judge


def _positions(ids: dict[Side, Ints], rows: Rows) -> tuple[Positions, Positions, NDArray[np.bool_]]:
    """Positions of users and movies, of the rows of which both are known, and which those are."""
    places, known = [], np.ones(len(rows.values), bool)
    for distinct, some in ((ids["user"], rows.user_ids), (ids["movie"], rows.movie_ids)):
        place, here = found_among(distinct, some)
        known &= here
        places.append(place)
    if not known.any():
        raise ReelhouseError(
            "no validation row has a user and a movie of the train rows: there is nothing to judge"
            " a fit by"
        )
    return places[0][known], places[1][known], known


def _rows_of(judged: Positions, users: Positions, movies: Positions, movie_count: int) -> Csr:
    """The movies of the judged users, in their order; ``judged`` ascends."""
    place, mine = found_among(judged, users)
    rows, columns = place[mine], movies[mine]
    values = np.ones(len(rows), np.float32)
    by_user, _ = both_sides(rows, columns, values, EMPTY, len(judged), movie_count)
    return by_user
