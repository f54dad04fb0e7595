"""Which parameters are tried, by a build, a grid or random draws, and the cache keys of trials."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from reelhouse.algorithms.als_settings import ALS_FAMILIES
from reelhouse.errors import ReelhouseError

FAMILIES = (*ALS_FAMILIES, "bayesian_mf", "svd", "item_knn", "ease")
"""Families whose parameters `make tune` searches."""
WHOLE_NUMBERS = ("factors", "neighbours")
"""Parameters that are whole numbers."""
PARAMETERS = (
    *("factors", "reg", "reg_exponent", "alpha", "unobserved_weight", "strength_scale"),
    *("neighbours", "shrinkage", "dropout", "diagonal_limit", "degree_exponent"),
    *("sweeps", "burn_in"),
)
"""Columns of seeds/algorithms.csv on which the result of a trial depends."""
STRENGTHS = (1.0, 1 / 3, 3.0)
"""A build tries the regularisation of an algorithm times each of these numbers."""
REGULARISATION = {
    **dict.fromkeys((*ALS_FAMILIES, "ease"), "reg"),
    **{"item_knn": "shrinkage", "svd": "factors"},
    # A chain of bayesian_mf draws the strength of its regularisation.
    **dict.fromkeys(("bayesian_mf", "bias", "mean", "popularity")),
}
"""Families that a build tries, and the parameter that regularises a family; None for no parameter.

The baselines are among them, so that `popularity` ranks, or a baseline predicts, if every other
algorithm is worse.
"""
ENGINE_SOURCES = (
    "als/*.py",
    "bayes/*.py",
    "algorithms/*.py",
    "ranking/all_users.py",
    "ranking/movie_columns.py",
    "ranking/top_n.py",
    "tuning/*.py",
)
"""Modules on which the result of a trial depends."""


@cache
def engine_version(package: Path = Path(__file__).parents[1]) -> str:
    """Return a fingerprint of the source code on which the result of a trial depends.

    Trials of different versions are not compared; trials of an earlier version are repeated.
    Libraries do not count, since another version of a library changes errors by rounding only.
    """
    files = sorted(file for pattern in ENGINE_SOURCES for file in package.glob(pattern))
    # Read as text, since Git may check files out with other line ends.
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


class Trial(NamedTuple):
    """An algorithm (a row of seeds/algorithms.csv) and the parameter values to try."""

    algorithm: Row
    parameters: dict[str, float]

    def key(self, inputs: str) -> str:
        """Return the cache key of the trial; ``inputs`` is the fingerprint of its inputs."""
        row = self.row.asDict()
        names = ("algorithm", "family", "feedback", *PARAMETERS)
        text = json.dumps([[row.get(name) for name in names], self.defaults, inputs])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def defaults(self) -> int:
        """Return the fingerprint of the row of seeds/algorithms.csv, which Spark has computed.

        After a change of the row, trials with another fingerprint do not count.
        """
        return int(self.algorithm["defaults"])

    @property
    def row(self) -> Row:
        """Return the row of seeds/algorithms.csv with these parameters."""
        return Row(**{**self.algorithm.asDict(), **self.parameters})


def with_defaults(algorithms: DataFrame) -> list[Row]:
    """Return the enabled rows of seeds/algorithms.csv, each with its fingerprint ``defaults``.

    The model ``int_fit_plan`` computes the same fingerprint.
    """
    columns = ("family", "feedback", *PARAMETERS)
    enabled = algorithms.where("enabled").withColumn("defaults", F.xxhash64(*columns))
    rows: list[Row] = enabled.collect()
    return rows


def propose_strengths(
    algorithms: list[Row], known: Mapping[str, Mapping[str, Any]], inputs: str
) -> Iterator[Trial]:
    """Yield the trials of a build: a few strengths of regularisation of each algorithm.

    The strengths are multiples of the parameter in seeds/algorithms.csv or, if the algorithm has
    trials with other inputs, in the best of them. Trials with the same inputs do not count, so that
    a build of unchanged ratings proposes the same. The trials with a multiple of 1 come first.

    Parameters
    ----------
    algorithms
        Rows of ``with_defaults``.
    known
        Rows of earlier trials by cache key.
    inputs
        Fingerprint of the inputs of the trials.
    """
    known = {key: each for key, each in known.items() if each["inputs"] != inputs}
    rows = sorted(algorithms, key=lambda row: str(row["algorithm"]))
    current = {row["algorithm"]: _best_known(row, known) for row in rows}
    for strength in STRENGTHS:
        for row in rows:
            name = REGULARISATION.get(row["family"])
            parameters = current[row["algorithm"]]
            if name is not None:
                value = parameters.get(name, row[name]) * strength
                parameters = {**parameters, name: _rounded(name, value)}
            elif strength != 1 or row["family"] not in REGULARISATION:
                continue
            yield Trial(row, parameters)


def _best_known(row: Row, known: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Return the parameters of the best trial of a row on its newest inputs; empty if none."""
    mine = [
        each
        for each in known.values()
        if each["algorithm"] == row["algorithm"] and each["defaults"] == row["defaults"]
    ]
    if not mine:
        return {}
    newest = max(mine, key=lambda each: each["asked_at"])["inputs"]
    best = min(
        (each for each in mine if each["inputs"] == newest),
        key=lambda each: (each["error"], each["trial"]),
    )
    return dict(json.loads(best["parameters"]))


def _rounded(name: str, value: float) -> float:
    return max(1, round(value)) if name in WHOLE_NUMBERS else float(f"{value:.3g}")


def propose_trials(
    algorithms: list[Row], grid: list[Row], *, draws: int, seed: int
) -> Iterator[Trial]:
    """Yield the trials of a grid: every combination of candidates, or random draws.

    The current parameters of an algorithm come first, for comparison.

    Parameters
    ----------
    algorithms
        Rows of seeds/algorithms.csv.
    grid
        Rows of seeds/parameter_grid.csv: ``algorithm, parameter, candidates, lowest, highest``.
    draws
        Number of random draws per algorithm; 0 for every combination.
    seed
        Seed of the draws.

    Raises
    ------
    ReelhouseError
        The grid has an algorithm whose family is not in ``FAMILIES``, or a candidate that is not a
        number.
    """
    for algorithm in sorted(algorithms, key=lambda row: str(row["algorithm"])):
        parameters = [row for row in grid if row["algorithm"] == algorithm["algorithm"]]
        if not parameters:
            continue
        if algorithm["family"] not in FAMILIES:
            raise ReelhouseError(
                f"seeds/parameter_grid.csv: {algorithm['algorithm']} has the"
                f" family {algorithm['family']}, and only these have trials: {', '.join(FAMILIES)}"
            )
        names = [row["parameter"] for row in parameters]
        candidates = [_candidates(row) for row in parameters]
        if draws:
            name = str(algorithm["algorithm"]).encode()
            random = np.random.default_rng([seed, *name])
            combinations: Any = (
                [
                    _draw_value(row, values, random)
                    for row, values in zip(parameters, candidates, strict=True)
                ]
                for _ in range(draws)
            )
        else:
            combinations = itertools.product(*candidates)
        current = tuple(algorithm[name] for name in names)
        if None not in current:
            yield Trial(algorithm, dict(zip(names, current, strict=True)))
        for combination in combinations:
            if tuple(combination) != current:
                yield Trial(algorithm, dict(zip(names, combination, strict=True)))


def _candidates(row: Row) -> list[float]:
    kind = int if row["parameter"] in WHOLE_NUMBERS else float
    try:
        return [kind(text) for text in row["candidates"].split("|")]
    except ValueError as error:
        raise ReelhouseError(
            f"seeds/parameter_grid.csv: the candidates of {row['parameter']} of {row['algorithm']}"
            f" are {row['candidates']}: write numbers with | between them"
        ) from error


def _draw_value(row: Row, candidates: list[float], random: np.random.Generator) -> float:
    if row["lowest"] is None:
        return candidates[random.integers(len(candidates))]
    value = float(np.exp(random.uniform(np.log(row["lowest"]), np.log(row["highest"]))))
    return _rounded(row["parameter"], value)
