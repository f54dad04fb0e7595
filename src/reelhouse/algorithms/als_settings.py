"""Settings of ALS from a row of seeds/algorithms.csv, and the scale of targets and factors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reelhouse.als.biases import BIAS, Side, other_side
from reelhouse.als.settings import Floats, Settings, Solver, check_above_0

if TYPE_CHECKING:
    from pyspark.sql import Row

ALS_FAMILIES = ("als", "biased_als")
"""Families whose explicit targets are standardised: divided by the spread of the residuals."""
RESIDUAL_FAMILIES = ("biased_als", "svd")
"""Families whose target is the residual: the rating minus the damped biases."""


def settings_from_row(row: Row | dict[str, Any], solver: Solver) -> Settings:
    """Return the settings in a row of seeds/algorithms.csv.

    Raises
    ------
    ReelhouseError
        A parameter has a value that it cannot have.
    """
    if row["family"] == "als" and row["feedback"] == "implicit":
        check_above_0("strength_scale", row["strength_scale"])
    parameters: dict[str, Any] = {n: row[n] for n in Settings.__dataclass_fields__ if n in row}
    return Settings(**parameters, biases=row["family"] == "biased_als", solver=solver)


def is_standardised(algorithm: Row | dict[str, Any]) -> bool:
    """Return whether the targets of an algorithm are divided by the spread of the residuals.

    With standardised targets, one regularisation suits ratings from 1 to 5 and from 0 to 100.
    """
    return algorithm["family"] in ALS_FAMILIES and algorithm["feedback"] == "explicit"


def rescaled(settings: Settings, side: Side, factors: Floats, spread: float) -> Floats:
    """Return factors (rows, k) whose scores are ``spread`` times those of ``factors``.

    The factors of users and movies are multiplied by the square root of ``spread``. A bias is
    multiplied by ``spread``, because the dot product multiplies it by the constant 1.
    """
    if spread == 1:
        return factors
    powers = np.full(settings.width, 0.5)
    if settings.biases:
        powers[BIAS[side]], powers[BIAS[other_side(side)]] = 1, 0
    scaled: Floats = (factors * spread**powers).astype(np.float32)
    return scaled
