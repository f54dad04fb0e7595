import io
from typing import Any

import duckdb
import pytest

from reelhouse.lake.result_formats import (
    display_width,
    format_value,
    write_csv,
    write_json,
    write_table,
)


def table(query: str, width: int | None = None) -> list[str]:
    out = io.StringIO()
    cursor = duckdb.connect().execute(query)
    write_table(cursor, cursor.fetchall(), out, width)
    return out.getvalue().splitlines()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "NULL"),
        (4.0, "4.0"),
        (1 / 3, "0.333333"),
        (0.00197849123, "0.00197849"),
        (1234.56789, "1234.57"),
        (1234567.891, "1234568"),
        (4.0000001, "4.0"),
        (1e-9, "1e-09"),
        (1e300, "1e+300"),
        (float("nan"), "NaN"),
        (-float("inf"), "-Infinity"),
        (0.0, "0.0"),
        (True, "true"),
        (9007199254740993, "9007199254740993"),
        (["Drama", None, 0.5], "[Drama, NULL, 0.5]"),
        ({"a": 1}, "{a: 1}"),
        ("\x1b[31mred\nline", r"\x1b[31mred\nline"),
        ("gpj\u202e.exe \u2066a\u2069", r"gpj\u202e.exe \u2066a\u2069"),
        ("👩\u200d🚀 \u200fא", "👩\u200d🚀 \u200fא"),
    ],
)
def test_a_value_is_shown_readably(value: Any, text: str) -> None:
    assert format_value(value) == text


def test_numbers_are_right_aligned_and_wide_characters_counted() -> None:
    assert table("select * from (values ('Amélie', 1), ('東京物語', 100)) t(title, n)") == [
        "title       n",
        "────────  ───",
        "Amélie      1",
        "東京物語  100",
    ]


def test_combining_marks_take_no_room() -> None:
    assert display_width("Ame\u0301lie") == 6


def test_text_is_cut_to_the_width_and_numbers_are_not() -> None:
    lines = table("select 123456789 as id, repeat('東京', 30) as title", width=30)

    assert all(display_width(line) <= 30 for line in lines)
    assert lines[2].startswith("123456789  東京")
    assert lines[2].endswith("…")


def test_a_row_too_wide_for_columns_becomes_a_block() -> None:
    many = ", ".join(f"{n} as number_{n}" for n in range(20))

    assert table(f"select {many}", width=80)[:3] == [
        "── row 1 ──",
        "number_0   0",
        "number_1   1",
    ]


def test_csv_quotes_as_rfc_4180_says() -> None:
    out = io.StringIO(newline="")
    write_csv(duckdb.connect().execute("""select 'a "b", c' as t, null as n, [1, 2] as l"""), out)

    assert out.getvalue() == 't,n,l\r\n"a ""b"", c",,"[1, 2]"\r\n'


def test_json_of_no_rows_is_an_empty_array() -> None:
    out = io.StringIO()
    write_json(duckdb.connect().execute("select 1 as a where false"), out)

    assert out.getvalue() == "[]\n"


def test_json_escapes_what_would_reorder_a_line() -> None:
    out = io.StringIO()
    write_json(duckdb.connect().execute("select 'a' || chr(8238) || chr(8297) as t"), out)

    assert out.getvalue() == '[\n{"t": "a\\u202e\\u2069"}\n]\n'


def test_json_keeps_both_columns_of_one_name() -> None:
    out = io.StringIO()
    write_json(duckdb.connect().execute("select 1 as a, 2 as a, 3 as a_1, 4 as a"), out)

    assert out.getvalue() == '[\n{"a": 1, "a_2": 2, "a_1": 3, "a_3": 4}\n]\n'
