"""Diagnostics of a chain: the number of independent draws that are as exact as its sweeps."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def effective_sample_size(values: ArrayLike) -> float:
    """Return the number of independent draws whose mean is as exact as the mean of ``values``.

    ``values`` (n,) are those of one parameter after the burn-in, such as ``Sweep.noise``. The sum
    of autocorrelations ends before the first pair of lags whose sum is not above 0 (Geyer 1992,
    "Practical Markov Chain Monte Carlo"). The result is n if all values are equal.
    """
    array = np.asarray(values, np.float64)
    deviations = array - array.mean()
    count, variance = len(deviations), float(np.mean(deviations**2))
    if variance == 0:
        return float(count)
    spectrum = np.fft.rfft(deviations, 2 * count)
    correlations = np.fft.irfft(np.abs(spectrum) ** 2)[:count] / (count * variance)
    pairs = correlations[: count // 2 * 2].reshape(-1, 2).sum(axis=1)
    ends = np.flatnonzero(pairs <= 0)
    time = 2 * pairs[: ends[0] if len(ends) else None].sum() - 1
    # A chain that oscillates around its mean can be worth more than its number of sweeps.
    return float(count / max(time, 1 / count))
