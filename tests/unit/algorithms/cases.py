"""What every family of seeds/algorithms.csv is compared with, and what it refuses."""

from functools import partial
from typing import NamedTuple

import pytest

from reelhouse.algorithms.als import fit_als
from reelhouse.algorithms.driver_fits import DRIVER_FAMILIES, fit_on_driver
from reelhouse.project import seed_rows

ALGORITHMS = {row["algorithm"]: row for row in seed_rows("algorithms")}
NO_PARAMETERS = {"algorithm", "family", "feedback", "rating_limit", "enabled"}
MIDPOINT = "the midpoint of the scale"


class Case(NamedTuple):
    """The algorithm that a family beats, by its feedback, and an invalid value by parameter.

    No algorithm is worse than ``random``.
    """

    naive: dict[str, str]
    invalid: dict[str, object]


ALS = {
    **{"factors": 0, "iterations": 0, "reg": 0.0, "reg_exponent": 2.0},
    **{"alpha": 0.0, "unobserved_weight": -1.0, "strength_scale": 0.0},
}
EASE = {
    **{"reg": 0.0, "neighbours": 0},
    **{"dropout": 1.0, "diagonal_limit": -1.0, "degree_exponent": 2.0},
}
# The SQL models compute these families under the names in the seed alone.
OTHER_NAME = {"algorithm": "another"}
CASES = {
    "random": Case({}, OTHER_NAME),
    "popularity": Case({"": "random"}, OTHER_NAME),
    "recent_popularity": Case({"": "popularity"}, {"window_days": 0}),
    "mean": Case({"explicit": MIDPOINT}, OTHER_NAME),
    "bias": Case({"explicit": "movie_mean"}, OTHER_NAME | {"reg": -1.0}),
    "svd": Case({"explicit": "damped_bias"}, {"factors": 0}),
    "als": Case({"explicit": "damped_bias", "implicit": "popularity", "graded": "popularity"}, ALS),
    "biased_als": Case({"explicit": "damped_bias"}, ALS),
    "bayesian_mf": Case({"explicit": "damped_bias"}, {"factors": 0, "sweeps": 0, "burn_in": -1}),
    "item_knn": Case({"implicit": "popularity"}, {"neighbours": 0, "shrinkage": -1.0}),
    "ease": Case({"implicit": "popularity"}, EASE),
    "blend": Case({"": "popularity"}, OTHER_NAME),
}
FITS = {
    "als": partial(fit_als, seed=1, solver="cg"),
    "biased_als": partial(fit_als, seed=1, solver="cg"),
    **dict.fromkeys(DRIVER_FAMILIES, partial(fit_on_driver, splits=None, seed=1)),
}
"""The fits in Python, without test rows; the other families are computed in SQL."""


def case_of(name: str) -> Case:
    """Return the case of an algorithm; fail if its family has none."""
    family = ALGORITHMS[name]["family"]
    if family not in CASES:
        pytest.fail(
            f"{name} in seeds/algorithms.csv has the family {family}, which has no case in"
            " tests/unit/algorithms/cases.py: add one to CASES",
            pytrace=False,
        )
    return CASES[family]


def invalid_rows() -> list[tuple[str, str, object]]:
    """Return algorithm, parameter and invalid value; a parameter that is missing is None."""
    return [
        (name, parameter, value)
        for name, row in ALGORITHMS.items()
        if row["family"] in CASES
        for parameter, invalid in CASES[row["family"]].invalid.items()
        if row[parameter]
        for value in ([invalid] if parameter == "algorithm" else [invalid, None])
    ]
