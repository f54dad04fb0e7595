"""Data tests that compare a build with the last release."""

from __future__ import annotations

import json
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from reelhouse.lake.releases import releases_of
from reelhouse.lake.session import LakeSession
from tests.e2e.conftest import Lake

METRICS = "no_served_metric_falls_below_the_last_release"
ROWS = "no_table_loses_half_of_its_rows"


def audit(lake: Lake, **variables: float) -> str:
    return replace(lake, variables=json.dumps(variables)).dbt(
        "test", "--select", METRICS, ROWS, check=False
    )


def test_a_release_says_who_made_it(tiny: Lake) -> None:
    (release,) = releases_of(tiny.folder)
    assert release.started_at is not None
    assert release.started_at < release.published_at
    assert release.code_version


def test_a_build_with_fewer_rows_fails(tiny: Lake) -> None:
    said = audit(tiny, release_row_share=1.01)

    assert f"FAIL 4 {ROWS}" in said
    assert f"PASS {METRICS}" in said


@pytest.mark.parametrize(
    ("half_width", "drop", "fails"),
    [
        (0.01, 0.05, True),
        # A single user has no confidence interval.
        pytest.param(None, 0.05, True, marks=pytest.mark.slow),
        pytest.param(0.5, 0.05, False, marks=pytest.mark.slow),
        pytest.param(0.01, 2, False, marks=pytest.mark.slow),
    ],
)
def test_a_lower_metric_fails_unless_chance_or_the_var_explains_it(
    tiny: Lake, half_width: float | None, drop: float, fails: bool
) -> None:
    """Lower the NDCG to a tenth of the last release's, with another confidence interval."""
    served = tiny.table("served_algorithms").to_pylist()
    ranks = next(row["algorithm"] for row in served if row["use"] == "ranking")
    with LakeSession(tiny.folder) as session:
        best = f"select max(ndcg_at_10) from model_comparison where algorithm = '{ranks}'"
        last = session.scalar(best)
    with tiny.catalog() as catalog:
        table = catalog.load_table("reelhouse.model_comparison")
        rows = table.scan().to_arrow()
        is_served = pc.equal(rows["algorithm"], ranks)
        for name, value in {
            "ndcg_at_10": last / 10,
            "ndcg_at_10_ci_lower": None if half_width is None else last / 10 - half_width,
            "ndcg_at_10_ci_upper": None if half_width is None else last / 10 + half_width,
        }.items():
            changed = pc.if_else(is_served, pa.scalar(value, pa.float64()), rows[name])
            rows = rows.set_column(rows.schema.get_field_index(name), name, changed)
        table.overwrite(rows)

    said = audit(tiny, release_metric_drop=drop)

    assert ("FAIL" in said) == fails, said
