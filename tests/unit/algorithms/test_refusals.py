"""An invalid parameter of any family is refused by name: by its fit, and before by a build."""

import pytest
import yaml
from pyspark.errors import PySparkException
from pyspark.sql import functions as F

from reelhouse.algorithms.fit_jobs import FitJob
from reelhouse.errors import ReelhouseError
from reelhouse.paths import ROOT
from tests.unit.algorithms.cases import ALGORITHMS, FITS, NO_PARAMETERS, case_of, invalid_rows
from tests.unit.algorithms.dbt_models import DbtModels

SEED = yaml.safe_load((ROOT / "seeds" / "algorithms.yml").read_text())["seeds"][0]
TYPES = SEED["config"]["column_types"]
INVALID = invalid_rows()
FITTED = [row for row in INVALID if ALGORITHMS[row[0]]["family"] in FITS]


@pytest.fixture(scope="module")
def rows(spark):
    """The rows of the seed, and those with an invalid value, with the types of the seed."""
    changed = [(f"{n} {p} {v}", {**ALGORITHMS[n], p: v}) for n, p, v in INVALID]
    texts = [
        (key, *(None if row[column] in ("", None) else str(row[column]) for column in TYPES))
        for key, row in [*ALGORITHMS.items(), *changed]
    ]
    columns = ["key", *TYPES]
    frame = spark.createDataFrame(texts, ", ".join(f"{column} string" for column in columns))
    return frame.select("key", *(F.col(name).cast(type) for name, type in TYPES.items())).cache()


@pytest.fixture(scope="module")
def arguments():
    """The arguments of the seed's data test of valid values."""
    (found,) = (
        test["every_row_satisfies"]["arguments"]
        for test in SEED["data_tests"]
        if "every_row_satisfies" in test
    )
    return found


@pytest.fixture(scope="module")
def refusals(rows, arguments):
    """The conditions of the seed's data test that are false, by key of the row."""
    conditions = arguments["conditions"]
    broken = rows.select("key", *(F.expr(f"not ({condition})") for condition in conditions))
    return {
        key: [text for text, is_broken in zip(conditions, values, strict=True) if is_broken]
        for key, *values in broken.collect()
    }


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_family_and_every_parameter_has_a_case(name):
    filled = {column for column, text in ALGORITHMS[name].items() if text}
    assert filled - NO_PARAMETERS <= case_of(name).invalid.keys()


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_build_accepts_the_seed(refusals, name):
    assert refusals[name] == []


@pytest.mark.parametrize(("name", "parameter", "value"), INVALID)
def test_a_build_refuses_an_invalid_parameter_by_name(refusals, name, parameter, value):
    broken = refusals[f"{name} {parameter} {value}"]
    assert any(parameter in condition for condition in broken)


def test_a_failed_build_names_the_file_the_row_and_the_condition(spark, rows, arguments):
    models = DbtModels(spark, {})
    invalid = "als_graded iterations 0"
    models.add("algorithms", rows.where(F.col("key") == invalid))
    with pytest.raises(PySparkException, match=r"seeds/algorithms\.csv, row als_graded:") as raised:
        models.data_test("every_row_satisfies", model="algorithms", **arguments).collect()
    assert "iterations >= 1" in str(raised.value)
    models.add("algorithms", rows.where(F.col("key").isin(*ALGORITHMS)))
    assert models.data_test("every_row_satisfies", model="algorithms", **arguments).count() == 0


@pytest.fixture(scope="module")
def observations(spark):
    columns = "split string, user_id bigint, movie_id bigint, value double"
    return spark.createDataFrame([("train", 1, 1, 1.0), ("train", 2, 2, 1.0)], columns).cache()


@pytest.fixture(scope="module")
def invalid(rows):
    return {row["key"]: row for row in rows.collect()}


@pytest.mark.parametrize(("name", "parameter", "value"), FITTED)
def test_a_fit_refuses_an_invalid_parameter_by_name(invalid, observations, name, parameter, value):
    row = invalid[f"{name} {parameter} {value}"]
    job = FitJob(row, "random", 0, observations, 1.0, "")
    with pytest.raises(ReelhouseError, match=f"^{name} random 0: .*{parameter}"):
        FITS[row["family"]]([job]).read_all()
