"""Plots of odd figures."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from matplotlib.figure import Figure

from reelhouse.commands import report


@pytest.mark.parametrize("plot", [report._losses, report._trials])
def test_a_perfect_fit_is_plotted_too(plot: Callable[..., None]) -> None:
    axes = Figure().subplots()
    plot(axes, [("als_graded", 1, 0.0), ("als_graded", 2, 0.0), ("svd", 1, 0.5)])
    assert list(axes.lines[0].get_ydata()) == [0, 0]
