"""Numbers of a fit that the scores of a new user need, and that no table of the lake has."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from reelhouse.lake.session import LakeSession

FOLD = "protocol = 'all'"
"""The rows of the fits from which recommendations come; this protocol has one fold."""


def residual_spread(session: LakeSession) -> float:
    """Return the root mean square of the residuals of all ratings; 1 if all residuals are 0.

    Spark adds the same squares in another order, so the fit uses six digits.
    """
    spread = session.scalar(
        f"""select sqrt(avg(power(i.rating - u.global_mean - u.bias - m.bias, 2)))
        from interactions i
        join (from rating_biases where {FOLD} and side = 'user') u on u.id = i.user_id
        join (from rating_biases where {FOLD} and side = 'movie') m on m.id = i.movie_id"""
    )
    return float(f"{spread or 1.0:.6g}")


def damping(session: LakeSession) -> float:
    """Return the number of additional ratings at the mean in the bias of a user."""
    return float(session.scalar("select reg from algorithms where algorithm = 'damped_bias'"))


def like_value(session: LakeSession, row: Mapping[str, Any]) -> float | None:
    """Return the value of a like under events: that of an event of median strength.

    ``row`` is a row of int_fit_plan. The result is None if the lake has ratings.
    """
    strength = session.scalar("select median(strength) from interactions")
    if strength is None:
        return None
    if row["feedback"] != "implicit" or row["family"] != "als":
        return 1.0
    scale = row["strength_scale"]
    return math.log1p(strength / scale) / math.log1p(1 / scale)
