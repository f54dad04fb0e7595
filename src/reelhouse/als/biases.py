"""The two sides of a fit, and the constant 1 by which the bias of the other side is multiplied."""

from __future__ import annotations

from typing import Literal

import numpy as np

from reelhouse.als.settings import Floats, Settings

Side = Literal["user", "movie"]
# Position of a side's bias in its own factors; the other side has a 1 in this position.
BIAS: dict[Side, int] = {"user": 0, "movie": 1}


def other_side(side: Side) -> Side:
    """Return the side whose factors are fixed while ``side`` is solved."""
    return "movie" if side == "user" else "user"


def insert_ones(settings: Settings, factors: dict[Side, Floats]) -> dict[Side, Floats]:
    """Return factors (rows, width) with the constant 1 inserted, if there are biases."""
    if not settings.biases:
        return dict(factors)
    return {
        side: np.insert(rows, BIAS[other_side(side)], 1, axis=1) for side, rows in factors.items()
    }


def remove_ones(settings: Settings, factors: dict[Side, Floats]) -> dict[Side, Floats]:
    """Return the rows (bias, factors …) without the constant 1: the inverse of ``insert_ones``."""
    if not settings.biases:
        return dict(factors)
    return {side: np.delete(rows, BIAS[other_side(side)], axis=1) for side, rows in factors.items()}
