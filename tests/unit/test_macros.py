"""Statistics that macros compute in SQL, compared with scipy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from jinja2 import Environment
from pyspark.sql import SparkSession
from scipy import stats

Rows = Sequence[tuple[float, ...]]
MACROS = Path(__file__).parents[2] / "macros"


def rendered(expression: str) -> str:
    """Render an expression with macros of the project that do not need dbt."""
    names = ("student_t_quantile", "series_of_t", "student_t_p_value", "binomial_margin")
    files = [next(MACROS.rglob(f"{name}.sql")) for name in names]
    macros = "\n".join(file.read_text() for file in files)
    return Environment().from_string(macros + expression).render()


def computed(spark: SparkSession, rows: Rows, names: str, expression: str) -> np.ndarray:
    """Return the values (rows,) of the expression, with NaN for null."""
    value = spark.createDataFrame(rows, names).selectExpr(f"{rendered(expression)} as value")
    return value.toArrow()["value"].to_numpy()


def test_the_quantile_of_student_is_that_of_scipy(spark: SparkSession) -> None:
    degrees = np.unique(np.r_[1:200, np.geomspace(200, 1e6, 50).astype(int)])
    # There is no interval for one user or none.
    rows = [(int(df),) for df in [*degrees, 0, -1]]
    found = computed(spark, rows, "df bigint", "{{ student_t_quantile('df') }}")
    assert found[:-2] == pytest.approx(stats.t.ppf(0.975, degrees), rel=2e-7)
    assert np.isnan(found[-2:]).all()


def test_the_quantile_is_where_the_p_value_is_0_05(spark: SparkSession) -> None:
    rows = [(1,), (2,), (5,), (20,), (21,), (1000,)]
    p_value = "{{ student_t_p_value('(' ~ student_t_quantile('df') ~ ')', 'df') }}"
    assert computed(spark, rows, "df bigint", p_value) == pytest.approx(0.05, rel=1e-6)


def test_chance_hardly_ever_exceeds_the_binomial_margin(spark: SparkSession) -> None:
    """A margin of four standard deviations and one row is exceeded in one of 2,000 builds."""
    counts, shares = (1, 5, 30, 200, 2_000, 100_000, 10_000_000), (0.001, 0.1, 0.5)
    rows = [(n, p) for n in counts for p in shares]
    certain = [(100, 0.0), (100, 1.0)]
    expression = "{{ binomial_margin('n', 'p') }}"
    margins = computed(spark, [*rows, *certain], "n bigint, p double", expression)
    assert (margins[-2:] == 0).all()
    for (n, p), margin in zip(rows, margins[:-2], strict=True):
        drawn = stats.binom(n, p)
        below, above = np.ceil(n * p - margin) - 1, np.floor(n * p + margin)
        assert drawn.cdf(below) + drawn.sf(above) < 1e-12
    # The margin is small enough to notice a part that is a tenth too large or too small.
    assert margins[rows.index((100_000, 0.1))] < 1_000
