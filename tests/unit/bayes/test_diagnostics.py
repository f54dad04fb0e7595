"""The effective sample size of chains with a known autocorrelation."""

import numpy as np
import pytest

from reelhouse.bayes.diagnostics import effective_sample_size


@pytest.mark.parametrize("correlation", [-0.5, 0.0, 0.5, 0.9])
def test_an_autoregressive_chain_has_its_known_size(correlation):
    random = np.random.default_rng(5)
    values = random.normal(size=40_000)
    for i in range(1, len(values)):
        values[i] += correlation * values[i - 1]
    expected = len(values) * (1 - correlation) / (1 + correlation)
    assert effective_sample_size(values) == pytest.approx(expected, rel=0.15)


def test_equal_values_are_all_independent():
    assert effective_sample_size([2.0] * 10) == 10
