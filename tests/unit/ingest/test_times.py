"""Written times: which are read without a pattern, and the pattern that is suggested for others."""

from __future__ import annotations

from pathlib import Path

import pytest

from reelhouse.ingest.sources import find_source
from reelhouse.ingest.times import is_time, pattern_of
from tests.unit.ingest.ratings_files import refused, write


@pytest.mark.parametrize(
    ("text", "is_read", "pattern"),
    [
        ("978300760", True, None),
        ("978300760123.0", True, None),
        ("2005-04-02T23:53:47.5+02:00", True, None),
        ("2005-4-2", True, "yyyy-M-d"),
        ("8/23/2012 10:30:15 PM", True, "M/d/yyyy h:mm:ss a"),
        ("23.08.2012, 22:30", True, "M.d.yyyy, H:mm"),
        ("2012/08/23", True, "yyyy/M/d"),
        ("2005-04-02 10:30 PM", False, "yyyy-M-d h:mm a"),
        ("8/23/12 9:05", False, "M/d/yy H:mm"),
        ("Apr 2, 2005 10:30 PM", False, "MMM d, yyyy h:mm a"),
        ("April 2 2005", False, "MMMM d yyyy"),
        ("2-Apr-2005", False, "d-MMM-yyyy"),
        ("20050402", False, "yyyyMMdd"),
        ("soon", False, None),
        ("12:30", False, None),
        ("0", False, None),
    ],
)
def test_a_time_is_read_or_has_a_pattern(text: str, is_read: bool, pattern: str | None) -> None:
    assert (is_time(text), pattern_of(text)) == (is_read, pattern)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        (
            "Apr 2 2005",
            r"rated_at_format: \"MMM d yyyy\" in dbt_project\.yml; or COLUMNS='rated_at",
        ),
        ("3/4/05", r"rated_at_format: \"M/d/yy\" \(d/M if the day comes first\)"),
        ("20050402", r"rated_at_format: \"yyyyMMdd\""),
        ("two days ago", r"their pattern, such as \"M/d/yyyy h:mm a\", as rated_at_format"),
    ],
)
def test_times_of_an_unknown_pattern_are_refused(tmp_path: Path, text: str, remedy: str) -> None:
    content = (
        "user,item,rating,time\n"
        + f"1,2,3,{text}\n" * 3
        + "1,2,3,978300760\n1,2,3,\n1,2,3,NULL\n" * 2
    )
    file = write(tmp_path, **{"mine.csv": content}) / "mine.csv"
    refused(file, f"has times such as '{text}', whose pattern is not known: write .*{remedy}")


def test_a_few_faulty_times_are_left_to_the_build(tmp_path: Path) -> None:
    content = (
        "user,item,rating,time\n"
        + "1,2,3,0\n1,2,3,978300760\n1,2,3,soon\n1,2,3,\n1,2,3,\n1,2,3,NULL\n" * 3
    )
    assert find_source(str(write(tmp_path, **{"mine.csv": content}) / "mine.csv")).files
