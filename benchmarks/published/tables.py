"""Which tables of papers a source fits, and our figures in them."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.published.lists import choose, evaluate
from benchmarks.published.metrics import (
    Metric,
    capped_recall,
    ndcg,
    ndcg_with_full_ideal,
    precision,
    recall,
)
from benchmarks.published.protocols import Protocol, given_pair, mult_vae, recbole
from benchmarks.published.ratings import rmse_of_fold
from benchmarks.published.read import Source
from benchmarks.published.splits import Fold, folds_in_file_order, random_folds, random_tenth
from reelhouse.errors import ReelhouseError

FIGURES = Path(__file__).with_name("figures.csv")
RELEASES = {"ml-100k": 100_000, "ml-1m": 1_000_209, "ml-10m": 10_000_054, "ml-20m": 20_000_263}
"""Number of ratings of the releases of MovieLens."""
LOWER_IS_BETTER = ("rmse",)

Figures = Iterator[tuple[str, str, float]]
"""Algorithm, metric and value."""


class Table(NamedTuple):
    """A table of a paper: its protocol and its metrics, in words, and a function that fills it."""

    name: str
    protocol: str
    fill: Callable[[Source], Figures]


def _rmse(name: str, protocol: str, split: Callable[[Source], Iterable[Fold]]) -> Table:
    def fill(source: Source) -> Figures:
        errors = defaultdict(list)
        for fold in split(source):
            for algorithm, rmse in rmse_of_fold(fold):
                errors[algorithm].append(rmse)
        for algorithm, values in errors.items():
            yield algorithm, "rmse", float(np.mean(values))

    return Table(name, protocol, fill)


def _lists(
    name: str,
    protocol: str,
    split: Callable[[Source], Protocol],
    metrics: Mapping[str, tuple[Metric, int]],
) -> Table:
    def fill(source: Source) -> Figures:
        rows = split(source)
        choice = choose(rows.validated, rows.liked_from)
        yield from evaluate(choice, rows.evaluated, rows.liked_from, metrics)

    used = ", ".join(
        f"{metric} is {function.__name__}" for metric, (function, _) in metrics.items()
    )
    return Table(name, f"{protocol}; {used}", fill)


U1_TO_U5 = _rmse(
    "ml-100k u1-u5",
    "five folds, consecutive fifths of u.data",
    lambda source: source.folds or folds_in_file_order(source.ratings),
)
DACREMA = _lists(
    "ml-100k dacrema 2021 table 46",
    "the given train and test rows, all ratings positive, all unseen movies are candidates",
    lambda source: given_pair(source.folds[0]),
    {
        "precision_at_10": (precision, 10),
        "recall_at_10": (recall, 10),
        "ndcg_at_10": (ndcg_with_full_ideal, 10),
    },
)
_MULT_VAE = (
    "ratings from 4 up, test users that the fit does not have, four fifths of their ratings known",
    lambda source: mult_vae(source.ratings),
    {
        "ndcg_at_100": (ndcg, 100),
        "recall_at_20": (capped_recall, 20),
        "recall_at_50": (capped_recall, 50),
    },
)
TABLES = {
    "ml-100k": [U1_TO_U5],
    "ml-1m": [
        _lists(
            "ml-1m recbole",
            "ratings from 3 up, 10 or more of each user and movie, each user's rows 8 : 1 : 1",
            lambda source: recbole(source.ratings),
            {"ndcg_at_10": (ndcg, 10), "recall_at_10": (recall, 10)},
        ),
        _lists("ml-1m mult-vae", *_MULT_VAE),
        _rmse("ml-1m 90/10", "a random tenth", lambda source: random_tenth(source.ratings)),
        _rmse("ml-1m five folds", "random fifths", lambda source: random_folds(source.ratings)),
    ],
    "ml-10m": [
        _rmse("ml-10m 90/10", "a random tenth", lambda source: random_tenth(source.ratings))
    ],
    "ml-20m": [_lists("ml-20m mult-vae", *_MULT_VAE)],
}
"""The tables that fit all ratings of a release."""


def tables_of(source: Source) -> list[Table]:
    """Return the tables that a source fits, by its number of ratings and of folds.

    Raises
    ------
    ReelhouseError
        There is none.
    """
    count = len(source.ratings.values)
    release = next(
        (name for name, ratings in RELEASES.items() if abs(count / ratings - 1) < 0.01), None
    )
    if release == "ml-100k" and len(source.folds) == 1:
        return [DACREMA]
    if release == "ml-100k" and len(source.folds) == 5:
        return [U1_TO_U5]
    if release and not source.folds:
        return TABLES[release]
    folds = f" (number of given folds: {len(source.folds)})" if source.folds else ""
    raise ReelhouseError(
        f"no published table fits {count:,} ratings{folds}: name a folder with MovieLens 100k, its"
        " files u1.base to u5.test, a train and a test file of it, or MovieLens 1M, 10M or 20M"
    )


def filled(table: Table, source: Source) -> Iterator[dict[str, Any]]:
    """Yield our figures: ``table, algorithm, metric, value, published, source``.

    ``published`` is the figure of the same model if the table has one, and else the best figure
    of the table; ``source`` says which. Both are null if the table has no figure of the metric.
    """
    with FIGURES.open(newline="", encoding="utf-8") as file:
        figures = [row for row in csv.DictReader(file) if row["table"] == table.name]
    for algorithm, metric, value in table.fill(source):
        ours = [row for row in figures if row["metric"] == metric]
        choose_best = min if metric in LOWER_IS_BETTER else max
        same = [row for row in ours if row["algorithm"] == algorithm]
        best = choose_best(same or ours, key=lambda row: float(row["value"]), default=None)
        yield {
            "table": table.name,
            "algorithm": algorithm,
            "metric": metric,
            "value": value,
            "published": float(best["value"]) if best else None,
            "source": f"{best['system']}: {best['source']}" if best else None,
        }
