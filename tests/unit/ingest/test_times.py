"""Written times: which are read without a pattern, and the pattern that is suggested for others."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reelhouse.ingest import times
from reelhouse.ingest.sources import find_source
from reelhouse.ingest.times import is_time, pattern_of
from reelhouse.project import project_vars
from tests.unit.ingest.ratings_files import refused, write


@pytest.mark.parametrize(
    ("text", "is_read", "pattern"),
    [
        ("978300760", True, None),
        ("978300760123.0", True, None),
        ("2005-04-02T23:53:47.5+02:00", True, None),
        ("2005-4-2", True, "yyyy-M-d"),
        ("8/23/2012 10:30:15 PM", True, "M/d/yyyy h:mm:ss a"),
        ("23.08.2012, 22:30", True, "d.M.yyyy, H:mm"),
        ("2012/08/23", True, "yyyy/M/d"),
        ("2005-04-02 10:30 PM", False, "yyyy-M-d h:mm a"),
        ("2005-13-04", False, "yyyy-d-M"),
        ("8/23/12 9:05", False, "M/d/yy H:mm"),
        ("Apr 2, 2005 10:30 PM", True, "MMM d, yyyy h:mm a"),
        ("April 2 2005", True, "MMMM d yyyy"),
        ("04 2, 2005", False, "MM d, yyyy"),
        ("2-Apr-2005", True, "d-MMM-yyyy"),
        ("Tue Apr 03 18:00:09 +0000 2012", True, None),
        ("Tue, 3 April 2012 18:00:09 GMT", True, None),
        ("Tuesday Apr. 3 18:00 2012", True, None),
        ("02/Apr/2005 9:30pm", True, None),
        ("Apr 2", False, None),
        ("April 2005", False, None),
        ("Apr 2 2005 at noon", False, None),
        ("20050402", False, "yyyyMMdd"),
        ("soon", False, None),
        ("12:30", False, None),
        ("0", False, None),
    ],
)
def test_a_time_is_read_or_has_a_pattern(text: str, is_read: bool, pattern: str | None) -> None:
    assert (is_time(text), pattern_of(text)) == (is_read, pattern)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "2005-04-02 7",
            "2005-4-2 7:5",
            "2005-04-02T23:53:47.5Z",
            "2005-04-02 23:53:47.123456789",
        ),
        *("2005-04-02 23:53:47 UTC", "2005-04-02 23:53:47+0200", "2005-04-02 23:53:47 GMT+2"),
        *("2005-04-02 23:53:47 Europe/Paris", "2005-04-02 23:53:47.", "2005-04-02 00:00:00 EST"),
        *("31/12/2012", "12/31/2012 23:59:59", "12.31.2012 12:00 am", "2012/12/31, 0:00"),
        *("Dec 31, 2012 23:59", "31 Dec 2012 12:59 PM"),
    ],
)
def test_times_that_spark_reads_are_times(text: str) -> None:
    assert is_time(text)


@pytest.mark.parametrize(
    "text",
    [
        *("2005-13-02", "2005-04-32", "2005-13-40", "2005-00-01", "2005-04-00"),
        *("2005-04-02 99:99", "2005-04-02 24:00", "2005-04-02 23:60", "2005-04-02 23:53:60"),
        *("2005-04-02 23:53:47,500", "2005-04-02 23:53 UTC", "2005-04-02 23:53+02:00"),
        *("2005-04-02 23:53:47 at noon", "2005-04-02  23:53", "2005-04-02T"),
        *("13/13/2012", "32/12/2012", "0/12/2012", "2012/13/01", "2012/01/32"),
        *("12/31/2012 24:00", "12/31/2012 13:00 PM", "12/31/2012 0:30 AM", "12/31/2012 9:60"),
        *("Dec 32, 2012", "0 Dec 2012", "Dec 31, 2012 24:10", "31 Dec 2012 13:00 PM"),
    ],
)
def test_times_that_spark_cannot_read_are_no_times(text: str) -> None:
    assert not is_time(text)


def test_a_comma_before_the_fraction_is_refused_with_a_pattern(tmp_path: Path) -> None:
    """Python's logging writes such times."""
    refused_times(
        tmp_path,
        *(f'"2005-04-02 23:53:4{n},500"' for n in range(9)),
        what="times such as '2005-04-02 23:53:40,500', .* \"yyyy-M-d H:mm:ss,SSS\"",
    )


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        (
            "04 2, 2005",
            r"rated_at_format: \"MM d, yyyy\" in dbt_project\.yml; or COLUMNS='rated_at",
        ),
        ("3/4/05", r"rated_at_format: \"M/d/yy\" \(d/M if the day comes first\)"),
        ("20050402", r"rated_at_format: \"yyyyMMdd\""),
        ("two days ago", r"their pattern, such as \"M/d/yyyy h:mm a\", as rated_at_format"),
    ],
)
def test_times_of_an_unknown_pattern_are_refused(tmp_path: Path, text: str, remedy: str) -> None:
    content = (
        "user,item,rating,time\n"
        + f'1,2,3,"{text}"\n' * 3
        + "1,2,3,978300760\n1,2,3,\n1,2,3,NULL\n" * 2
    )
    file = write(tmp_path, **{"mine.csv": content}) / "mine.csv"
    refused(file, f"has times such as '{text}', whose pattern is not known: write .*{remedy}")


def refused_times(folder: Path, *times: str, what: str) -> None:
    lines = "".join(f"1,2,3,{time}\n" for time in times)
    file = write(folder, **{"mine.csv": f"user,item,rating,time\n{lines}"}) / "mine.csv"
    refused(file, what)


@pytest.mark.parametrize(
    ("times", "pattern"),
    [
        (["03/04/2020", "12/12/2020"], "M/d/yyyy"),
        (["3.4.2020 22:30", ""], "M.d.yyyy H:mm"),
        (["03-04-2020", "2020-04-03", "04-04-2020"], "M-d-yyyy"),
    ],
)
def test_dates_are_refused_if_no_day_shows_their_order(
    tmp_path: Path, times: list[str], pattern: str
) -> None:
    order = "and no day above 12 shows whether the day or the month comes first: write"
    swapped = f"{pattern[2]}{pattern[1]}{pattern[0]}"
    what = rf'{order} rated_at_format: "{pattern}" \({swapped} if the day comes first\)'
    refused_times(tmp_path, *times, what=what)


def test_dates_of_two_orders_are_refused(tmp_path: Path) -> None:
    what = "dates of different orders, such as '(13/01|01/13)/2020' and '(13/01|01/13)/2020'"
    refused_times(tmp_path, "13/01/2020", "01/13/2020", "01/02/2020", what=what)


@pytest.mark.parametrize("shows", ["first", "late", "in another part"])
def test_one_day_above_12_anywhere_shows_the_order(tmp_path: Path, shows: str) -> None:
    lines = ["1,2,3,01/02/2020\n", "1,2,4,01/02/2020\n"] * 15_000
    line = "1,2,3,01/13/2020\n"
    header = "user,item,rating,time\n"
    parts = {
        "first": [[line, *lines]], "late": [[*lines, line]], "in another part": [lines, [line]]
    }[shows]  # fmt: skip
    write(tmp_path, **{f"{n}.csv": header + "".join(part) for n, part in enumerate(parts)})
    assert find_source(str(tmp_path)).files


def test_a_date_that_shows_its_order_is_the_example(tmp_path: Path) -> None:
    refused_times(tmp_path, "2/3/96 4:05", "23/3/96 4:05", what='rated_at_format: "d/M/yy H:mm"')


@pytest.mark.parametrize("time", ["4", "2012", "-1", "1e30"])
def test_numbers_that_are_no_times_are_refused(tmp_path: Path, time: str) -> None:
    what = f"times such as '{time}', .* a number is read as seconds, .*; COLUMNS='rated_at='"
    refused_times(tmp_path, time, time, "978300760", what=what)


def test_the_vars_say_which_numbers_are_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = project_vars() | {"rated_at_from": "1970-01-01"}
    monkeypatch.setattr(times, "project_vars", lambda: variables)
    file = write(tmp_path, **{"mine.csv": "user,item,rating,time\n1,2,3,86400\n"}) / "mine.csv"
    assert find_source(str(file)).files


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_times_of_every_format_are_checked(tmp_path: Path, format: str) -> None:
    rows = [{"user": 1, "item": 2, "rating": 3, "date": date} for date in (None, "04 2, 2005")]
    file = tmp_path / f"mine.{format}"
    if format == "jsonl":
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        pq.write_table(pa.Table.from_pylist(rows), file)
    refused(file, 'times such as .04 2, 2005., .*rated_at_format: "MM d, yyyy"')
    assert find_source(str(file), "rated_at=").files


def test_a_few_faulty_times_are_left_to_the_build(tmp_path: Path) -> None:
    times = ["0", "soon", "NULL", *["978300760"] * 9]
    content = "user,item,rating,time\n" + "".join(f"1,2,3,{time}\n" for time in times)
    assert find_source(str(write(tmp_path, **{"mine.csv": content}) / "mine.csv")).files
