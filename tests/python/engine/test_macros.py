"""Statistics that macros compute in SQL, by scipy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from jinja2 import Environment
from pyspark.sql import SparkSession
from scipy import stats

MACROS = Path(__file__).parents[3] / "macros"


def rendered(expression: str) -> str:
    """SQL of an expression that calls macros of the project that need no dbt."""
    names = ("student_t_quantile", "series_of_t", "student_t_p_value", "binomial_margin")
    files = [next(MACROS.rglob(f"{name}.sql")) for name in names]
    macros = "\n".join(file.read_text() for file in files)
    return Environment(autoescape=False).from_string(macros + expression).render()  # noqa: S701


def computed(spark: SparkSession, rows: pd.DataFrame, expression: str) -> np.ndarray:
    """The expression for each row."""
    spark.createDataFrame(rows).createOrReplaceTempView("macro_arguments")
    query = f"select {rendered(expression)} as value from macro_arguments"
    return spark.sql(query).toPandas()["value"].to_numpy(float)


def test_the_quantile_of_student_is_that_of_scipy(spark: SparkSession) -> None:
    degrees = np.unique(np.r_[1:200, np.geomspace(200, 1e6, 50).astype(int)])
    found = computed(spark, pd.DataFrame({"df": degrees}), "{{ student_t_quantile('df') }}")
    assert found == pytest.approx(stats.t.ppf(0.975, degrees), rel=2e-7)
    # One user, or none, has no interval.
    assert np.isnan(
        computed(spark, pd.DataFrame({"df": [0, -1]}), "{{ student_t_quantile('df') }}")
    ).all()


def test_the_quantile_is_where_the_p_value_is_0_05(spark: SparkSession) -> None:
    degrees = pd.DataFrame({"df": [1, 2, 5, 20, 21, 1000]})
    p_value = "{{ student_t_p_value('(' ~ student_t_quantile('df') ~ ')', 'df') }}"
    assert computed(spark, degrees, p_value) == pytest.approx(0.05, rel=1e-6)


def test_chance_hardly_ever_exceeds_the_binomial_margin(spark: SparkSession) -> None:
    """Four standard deviations, with a row to spare, were exceeded once in 2,000 builds."""
    shapes = [(n, p) for n in (1, 5, 30, 200, 2_000, 100_000, 10_000_000) for p in (0.001, 0.1, 0.5)]
    rows = pd.DataFrame(shapes, columns=["n", "p"])
    margin = computed(spark, rows, "{{ binomial_margin('n', 'p') }}")
    mean = rows.n * rows.p
    drawn = stats.binom(rows.n, rows.p)
    exceeded = drawn.cdf(np.ceil(mean - margin) - 1) + drawn.sf(np.floor(mean + margin))
    assert (exceeded < 1e-12).all()
    # A hash that leaves a tenth too much or too little of 100,000 rows is found.
    assert margin[shapes.index((100_000, 0.1))] < 1_000
    nothing_to_chance = pd.DataFrame({"n": [100, 100], "p": [0.0, 1.0]})
    assert (computed(spark, nothing_to_chance, "{{ binomial_margin('n', 'p') }}") == 0).all()
