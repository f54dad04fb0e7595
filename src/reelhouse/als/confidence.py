"""Targets of observed pairs, and their weights: the confidence of Hu, Koren & Volinsky (2008)."""

from __future__ import annotations

import numpy as np

from reelhouse.als.settings import Floats, Settings


def targets_and_weights(settings: Settings, values: Floats) -> tuple[Floats, Floats]:
    """Return targets (n,) and weights of finite values (n,).

    Weights are (n,), or (0,) if every observation has the weight 1. Since every pair already has
    the weight 1, an observation with Hu's confidence 1 + alpha · r gets the additional weight
    alpha · r and the target (1 + alpha · r) / (alpha · r). Up to a constant, this gives Hu's
    objective.
    """
    if settings.feedback != "implicit":
        return values, values[:0]
    if settings.alpha is None:
        if (values == 1).all():
            return values, values[:0]
        return np.ones_like(values), values
    strengths = np.float32(settings.alpha) * values
    return (1 + strengths) / strengths, strengths
