"""Trials: which values of an algorithm's parameters are tried, and their cache keys."""

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

from reelhouse.errors import ReelhouseError

ALS_FAMILIES = ("als", "biased_als")
FAMILIES = (*ALS_FAMILIES, "bias", "svd", "item_knn", "ease")
WHOLE = ("factors", "neighbours")
"""Parameters that are whole numbers."""
NOT_TRIED = ("iterations", "enabled", "rating_limit")
"""Columns of seeds/algorithms.csv that a trial does not depend on."""
SOURCES = ("als/*.py", "algorithms/*.py", "ranking/top_n.py", "tuning/*.py")
"""Modules that decide the result of a trial."""


@cache
def engine_version(package: Path = Path(__file__).parents[1]) -> str:
    """Fingerprint of the source text of the modules that decide the result of a trial.

    With another version of the engine, trials are repeated, and not compared with earlier ones.
    Libraries are left out, since another version of them changes an error by rounding only.
    """
    files = sorted(file for pattern in SOURCES for file in package.glob(pattern))
    text = "".join(file.read_text(encoding="utf-8") for file in files)  # any newline as \n
    return hashlib.sha256(text.encode()).hexdigest()[:8]


class Trial(NamedTuple):
    """An algorithm, and the values of the parameters that are tried."""

    algorithm: Row
    parameters: dict[str, float]

    def key(self, inputs: str) -> str:
        """Cache key of the trial."""
        named = {name: value for name, value in self.row.asDict().items() if name not in NOT_TRIED}
        text = json.dumps([sorted(named.items(), key=str), inputs], default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def others(self) -> str:
        """A fingerprint of the parameters that are not tried: trials are compared by the same."""
        untried = {
            n: v for n, v in self.row.asDict().items() if n not in (*self.parameters, *NOT_TRIED)
        }
        text = json.dumps(sorted(untried.items()), default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    @property
    def row(self) -> Row:
        """The row of seeds/algorithms.csv with these parameters."""
        return Row(**{**self.algorithm.asDict(), **self.parameters})


def trials(algorithms: list[Row], grid: list[Row], *, draws: int, seed: int) -> Iterator[Trial]:
    """Yield every combination of candidates of each algorithm, or ``draws`` random ones.

    The current parameters of an algorithm come first, for comparison.
    ``grid``: ``algorithm, parameter, candidates, lowest, highest``.
    """
    for algorithm in sorted(algorithms, key=lambda row: str(row["algorithm"])):
        mine = [row for row in grid if row["algorithm"] == algorithm["algorithm"]]
        if not mine:
            continue
        if algorithm["family"] not in FAMILIES:
            raise ReelhouseError(
                f"seeds/parameter_grid.csv: {algorithm['algorithm']} is of the family"
                f" {algorithm['family']}, and trials are of {', '.join(FAMILIES)}"
            )
        names = [row["parameter"] for row in mine]
        values = [_candidates(row) for row in mine]
        if draws:
            name = str(algorithm["algorithm"]).encode()
            random = np.random.default_rng([seed, *name])
            combinations: Any = (
                [_drawn(row, some, random) for row, some in zip(mine, values, strict=True)]
                for _ in range(draws)
            )
        else:
            combinations = itertools.product(*values)
        present = tuple(algorithm[name] for name in names)
        if None not in present:
            yield Trial(algorithm, dict(zip(names, present, strict=True)))
        for combination in combinations:
            if tuple(combination) != present:
                yield Trial(algorithm, dict(zip(names, combination, strict=True)))


def _candidates(row: Row) -> list[float]:
    kind = int if row["parameter"] in WHOLE else float
    try:
        return [kind(text) for text in row["candidates"].split("|")]
    except ValueError as error:
        raise ReelhouseError(
            f"seeds/parameter_grid.csv: the candidates of {row['parameter']} of {row['algorithm']}"
            f" are {row['candidates']}: write numbers with | between them"
        ) from error


def _drawn(row: Row, candidates: list[float], random: np.random.Generator) -> float:
    if row["lowest"] is None:
        return candidates[random.integers(len(candidates))]
    value = float(np.exp(random.uniform(np.log(row["lowest"]), np.log(row["highest"]))))
    return round(value) if row["parameter"] in WHOLE else float(f"{value:.3g}")
