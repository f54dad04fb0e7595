"""A 0 that stands for a missing rating, and a 0 that is a rating."""

from __future__ import annotations

from pathlib import Path

import pytest

from reelhouse.ingest import samples
from reelhouse.ingest.sources import find_source
from reelhouse.project import Vars, project_vars
from tests.unit.ingest.ratings_files import refused, write


def counted(folder: Path, counts: dict[float, int]) -> Path:
    ratings = [f"{rating:g}" for rating, count in counts.items() for _ in range(count)]
    rows = (f"{n % 7},{n % 11},{rating}\n" for n, rating in enumerate(ratings))
    return write(folder, **{"mine.csv": "user,item,rating\n" + "".join(rows)}) / "mine.csv"


@pytest.mark.parametrize(
    ("counts", "scale"),
    [
        (
            {0: 62, 1: 1, 2: 1, 5: 5, 8: 20, 10: 11},
            "rating_min: 1, rating_max: 10 and rejected_share_limit: 0.7",
        ),
        (
            {0: 45, 4: 5, 5: 10, 7: 20, 10: 20},  # 1 is not among the first ratings
            "rating_min: 1, rating_max: 10 and rejected_share_limit: 0.5",
        ),
        ({0: 12, 1: 8, 2: 50, 3: 80, 4: 90, 5: 160}, "rating_min: 1 and rating_max: 5"),
        (
            {0: 30, 0.5: 1, 1: 2, 3: 30, 5: 37},
            "rating_min: 0.5, rating_max: 5 and rejected_share_limit: 0.4",
        ),
    ],
)
def test_a_0_that_is_too_frequent_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, counts: dict[float, int], scale: str
) -> None:
    file = counted(tmp_path, counts)
    refused(file, f"ratings of 0 .* many more than of the next rating; .*write {scale} in dbt")
    refused(file, "or COLUMNS='rating=', which takes .* rating, write rating_min: 0 and rating_max")
    assert find_source(str(file), "rating=").files
    variables = Vars(project_vars() | {"rating_min": 0, "rating_max": 10})
    monkeypatch.setattr(samples, "project_vars", lambda: variables)
    assert find_source(str(file)).files


@pytest.mark.parametrize(
    "counts",
    [
        {0: 3, 1: 4, 2: 6, 5: 20, 8: 60, 10: 40},
        {0: 20, 1: 30, 2: 40},
        {0: 12, 1: 8, 2: 10, 3: 20, 4: 30},
        {0: 120, 0.2: 60, 0.4: 110, 0.6: 240, 0.8: 280, 1: 190},
        {-2: 5, -1: 20, 0: 60, 1: 20, 2: 10},
        {0: 8, 1: 20, 2: 30, 3: 40, 4: 50, 5: 60},
    ],
)
def test_a_0_that_fits_the_scale_is_a_rating(tmp_path: Path, counts: dict[float, int]) -> None:
    assert find_source(str(counted(tmp_path, counts))).files
