"""Ranking metrics, each as in the macro of the same name in macros/metrics.

All of them take ``hits`` (users, k), whether each movie of a list is relevant, and ``relevant``
(users,), the number of relevant movies of each user, 1 or more. They return the mean over users.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Hits = NDArray[np.bool_]
Counts = NDArray[np.int64]
Metric = Callable[[Hits, Counts], float]


def precision(hits: Hits, relevant: Counts) -> float:
    """Return the share of relevant movies in a list."""
    return float(np.mean(hits))


def recall(hits: Hits, relevant: Counts) -> float:
    """Return the share of a user's relevant movies that the list has."""
    return float(np.mean(hits.sum(axis=1) / relevant))


def capped_recall(hits: Hits, relevant: Counts) -> float:
    """Return the hits divided by the relevant movies or by k, whichever is lower.

    Liang et al. 2018, "Variational Autoencoders for Collaborative Filtering".
    """
    return float(np.mean(hits.sum(axis=1) / np.minimum(relevant, hits.shape[1])))


def ndcg(hits: Hits, relevant: Counts) -> float:
    """Return the NDCG as in the macro ``ndcg``: the ideal list has at most k relevant movies."""
    return _ndcg(hits, np.minimum(relevant, hits.shape[1]))


def ndcg_with_full_ideal(hits: Hits, relevant: Counts) -> float:
    """Return the NDCG whose ideal list has all relevant movies, even if they are more than k.

    Ferrari Dacrema et al. 2021, "A Troubling Analysis of Reproducibility and Progress in
    Recommender Systems Research".
    """
    return _ndcg(hits, relevant)


def _ndcg(hits: Hits, ideal_lengths: Counts) -> float:
    discounts = 1 / np.log2(np.arange(max(hits.shape[1], ideal_lengths.max())) + 2)
    gains = hits @ discounts[: hits.shape[1]]
    return float(np.mean(gains / np.cumsum(discounts)[ideal_lengths - 1]))
