"""The var rated_at_format: patterns that are refused, and times that do not have the pattern."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reelhouse.cli import main
from reelhouse.errors import ReelhouseError
from reelhouse.ingest import time_patterns
from reelhouse.ingest.sources import find_source
from reelhouse.ingest.time_patterns import declared_pattern, has_pattern
from reelhouse.project import Vars, project_vars
from tests.unit.ingest.ratings_files import refused, write

VALID = [
    ("M/d/yyyy h:mm a", "8/3/2012 9:30 PM"),
    ("yyyy-MM-dd HH:mm:ss", "2012-08-03 21:30:00"),
    ("yyyy-MM-dd'T'HH:mm:ss[.SSS]XXX", "2012-08-03T21:30:00+02:00"),
    ("yyyy-MM-dd'T'HH:mm:ss[.SSS]XXX", "2012-08-03T21:30:00.123Z"),
    ("d-MMM-yyyy", "2-Apr-2005"),
    ("MMMM d, yyyy", "April 2, 2005"),
    ("yyyyMMdd", "20050402"),
    ("dd.MM.yy", "02.04.05"),
    ("yyyy 'o''clock' H", "2005 o'clock 3"),
]


def declare(monkeypatch: pytest.MonkeyPatch, pattern: object) -> None:
    variables = Vars(project_vars() | {"rated_at_format": pattern})
    monkeypatch.setattr(time_patterns, "project_vars", lambda: variables)


@pytest.mark.parametrize(("pattern", "text"), VALID)
def test_a_time_has_its_pattern(monkeypatch: pytest.MonkeyPatch, pattern: str, text: str) -> None:
    declare(monkeypatch, pattern)
    assert declared_pattern() == pattern
    assert has_pattern(f" {text} ", pattern)
    assert not has_pattern(f"{text} x", pattern)


@pytest.mark.parametrize(("pattern", "text"), VALID)
def test_spark_reads_a_time_that_has_the_pattern(spark, pattern: str, text: str) -> None:
    query = "select to_timestamp(:text, :pattern) is not null"
    assert spark.sql(query, {"text": text, "pattern": pattern}).first()[0]


FAULTY = [
    ("%d/%m/%Y", "Y is no letter of a pattern"),
    ("DD/MM/yyyy", "D is the day of the year"),
    ("dd/mm/yyyy", "it has no month"),
    ("yyyy-MM-ddTHH:mm", "T is no letter of a pattern"),
    ("yyyy-MM-dd hh:mm:ss", "h is the hour of a half day, which needs a"),
    ("H:mm:ss", "it has no year"),
    ("yyyy-MM-ddd", "ddd has too few or too many letters"),
    ("yyyy-MM-dd'T", "a quote is not closed"),
    ("yyyy]", "a bracket ] has no [ before it"),
    ("{yyyy}", "{ needs quotes"),
    ("soon", "o is no letter"),
    (2005, "it is no text in quotes"),
]


@pytest.mark.parametrize(("pattern", "fault"), FAULTY)
def test_a_faulty_pattern_is_one_sentence_with_an_example(
    monkeypatch: pytest.MonkeyPatch, pattern: object, fault: str
) -> None:
    declare(monkeypatch, pattern)
    start, end = "the var rated_at_format is .*, and ", '.*such as "M/d/yyyy h:mm a"'
    what = start + re.escape(fault) + end
    with pytest.raises(ReelhouseError, match=what) as raised:
        declared_pattern()
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("pattern", ["%d/%m/%Y", "yyyy-MM-ddTHH:mm", "yyyy-MM-ddd", "yyyy]"])
def test_spark_refuses_such_a_pattern_too(spark, pattern: str) -> None:
    with pytest.raises(Exception, match=r"(?i)pattern|datetime"):
        spark.sql("select to_timestamp('2005', :pattern)", {"pattern": pattern}).collect()


def test_a_build_ends_before_spark_starts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    declare(monkeypatch, "%d/%m/%Y")
    monkeypatch.setenv("REELHOUSE_LAKE", str(tmp_path / "lake"))
    assert main(["build"]) == 1
    assert capsys.readouterr().err.startswith("error: the var rated_at_format is")


def test_times_without_the_declared_pattern_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines = "user,item,rating,time\n1,2,3,03/04/2020\n2,3,4,05/06/2020\n"
    file = write(tmp_path, **{"mine.csv": lines}) / "mine.csv"
    declare(monkeypatch, "d/M/yyyy")
    assert find_source(str(file)).files  # no date needs to show the order
    declare(monkeypatch, "d.M.yyyy")
    refused(
        file, "times such as '03/04/2020', which do not have the pattern 'd.M.yyyy' of rated_at"
    )
    write(tmp_path, **{"mine.csv": "user,item,rating,time\n1,2,3,978300760\n"})
    refused(file, "times such as '978300760', .*if rated_at_format in dbt_project.yml is null")
