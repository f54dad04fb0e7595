"""The random search: which values of an algorithm's parameters are tried, and their cache keys."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from pyspark.sql import Row

from reelhouse.algorithms.fit_jobs import ALS_FAMILIES
from reelhouse.errors import ReelhouseError

FAMILIES = (*ALS_FAMILIES, "bias", "svd", "item_knn", "ease")
WHOLE_NUMBERS = ("factors", "neighbours")
"""Parameters that are whole numbers."""
UNUSED_COLUMNS = ("iterations", "enabled", "rating_limit")
"""Columns of seeds/algorithms.csv that a trial does not depend on."""
ENGINE_SOURCES = ("als/*.py", "algorithms/*.py", "ranking/top_n.py", "tuning/*.py")
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
        named = {
            name: value for name, value in self.row.asDict().items() if name not in UNUSED_COLUMNS
        }
        text = json.dumps([sorted(named.items(), key=str), inputs], default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def untuned_fingerprint(self) -> str:
        """Return a fingerprint of the parameters that are not tried.

        Trials are compared only if these parameters are equal.
        """
        untuned = {
            name: value
            for name, value in self.row.asDict().items()
            if name not in (*self.parameters, *UNUSED_COLUMNS)
        }
        text = json.dumps(sorted(untuned.items()), default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    @property
    def row(self) -> Row:
        """Return the row of seeds/algorithms.csv with these parameters."""
        return Row(**{**self.algorithm.asDict(), **self.parameters})


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
        The grid has an algorithm of a family without trials, or a candidate that is not a number.
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
    return round(value) if row["parameter"] in WHOLE_NUMBERS else float(f"{value:.3g}")
