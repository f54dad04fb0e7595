import contextlib
import csv
import io
import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reelhouse.lake import console, statements
from reelhouse.lake.statements import is_complete
from tests.unit.lakes import REELHOUSE
from tests.unit.processes import only_child, wait_until_busy

Sql = Callable[..., tuple[int, str, str]]


def test_a_table_is_on_stdout_and_its_row_count_on_stderr(sql: Sql) -> None:
    query = "select title, score from recommendations where user_id = 42 order by rank"

    assert sql(query) == (
        0,
        "title                            score\n"
        "────────────────────────────  ────────\n"
        "Amélie                             0.5\n"
        '東京物語 "Tokyo Story", 1953  0.333333\n',
        "(2 rows)\n",
    )


def test_a_long_table_stops_and_says_how_many_rows_there_are(sql: Sql) -> None:
    _, out, err = sql('select user_id as "not -- a comment" from interactions;')

    assert len(out.splitlines()) == 1002
    assert err == "(first 1,000 of 2,500 rows; the csv and json formats give all)\n"


def test_csv_and_json_give_all_rows_and_nothing_else(sql: Sql) -> None:
    _, text, said = sql("from interactions order by user_id", "csv")
    assert [row["user_id"] for row in csv.DictReader(io.StringIO(text))] == [
        str(n) for n in range(2500)
    ]
    assert said == ""

    _, text, said = sql("from interactions", "json")
    assert len(json.loads(text)) == 2500
    assert said == ""


def test_json_is_valid_for_every_type(sql: Sql) -> None:
    _, text, _ = sql("select *, 'nan'::double as not_a_number from odd_values", "json")

    assert json.loads(text) == [
        {
            "nothing": None,
            "infinite": None,
            "day": "2020-02-29",
            "at": "2020-02-29T12:00:00.500000+00:00",
            "exact": 12345.6789,
            "genres": ["Drama", None],
            "is_odd": True,
            "large_id": 9007199254740993,
            "escape": "\x1b[31mred\nline",
            "not_a_number": None,
        }
    ]


def test_a_table_cannot_steer_the_terminal(sql: Sql) -> None:
    _, out, _ = sql("from odd_values")

    assert "\x1b" not in out
    assert len(out.splitlines()) == 3


def test_an_error_is_a_line_and_exit_1(sql: Sql) -> None:
    code, out, err = sql("from recomendations")

    assert (code, out) == (1, "")
    assert err.startswith("error: no table recomendations in the lake: did you mean recommendat")
    assert err.count("\n") == 1


def test_no_lake_is_a_line_and_exit_1(tmp_path: Path) -> None:
    done = subprocess.run(
        [REELHOUSE, "sql", "select 1"],
        env={**os.environ, "REELHOUSE_LAKE": str(tmp_path)},
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"error: no lake at {tmp_path} yet: run `make build`\n"


def test_ctrl_c_stops_a_query(lake: Path) -> None:
    numbers = "range(2000000)"
    done = subprocess.Popen(
        [
            REELHOUSE,
            "sql",
            f"select count(*) from {numbers} a, {numbers} b where a.range + b.range < 0",
        ],
        env={**os.environ, "REELHOUSE_LAKE": str(lake)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_until_busy(only_child(done.pid))
    done.send_signal(signal.SIGINT)

    assert done.wait(60) == 130


def test_more_rows_than_are_shown_are_counted_whatever_ends_the_query(sql: Sql) -> None:
    code, _, err = sql("select range from range(1500); -- all of them")

    assert (code, err) == (0, "(first 1,000 of 1,500 rows; the csv and json formats give all)\n")


@pytest.mark.parametrize("text", ["$$;$$", r"E'\''"])
def test_a_long_table_counts_its_rows_whatever_is_quoted(sql: Sql, text: str) -> None:
    code, _, err = sql(f"select {text} from range(1500)")

    assert (code, err) == (0, "(first 1,000 of 1,500 rows; the csv and json formats give all)\n")


def test_columns_that_are_named_as_those_of_a_plan_are_columns(sql: Sql) -> None:
    code, out, _ = sql("select 1 as explain_key, 2 as explain_value")

    assert code == 0
    assert out.split() == ["explain_key", "explain_value", "─" * 11, "─" * 13, "1", "2"]


def test_a_plan_cannot_steer_the_terminal(sql: Sql) -> None:
    code, out, _ = sql("explain select * from users where source_id = '\x1b[2J'")

    assert code == 0
    assert "\x1b" not in out
    assert len(out.splitlines()) > 3


def test_csv_escapes_control_characters_on_a_terminal_only(lake: Path) -> None:
    query = 'select escape as "a\x9bb" from odd_values'
    command = [REELHOUSE, "sql", query, "--format", "csv"]
    environment = {**os.environ, "REELHOUSE_LAKE": str(lake)}
    piped = subprocess.run(command, env=environment, capture_output=True)
    terminal, its_end = pty.openpty()
    subprocess.run(command, env=environment, stdout=its_end, check=True)
    os.close(its_end)
    shown = b""
    with contextlib.suppress(OSError):  # the end of a terminal
        while piece := os.read(terminal, 4096):
            shown += piece
    os.close(terminal)

    assert piped.stdout == 'a\x9bb\r\n"\x1b[31mred\nline"\r\n'.encode()
    assert shown.decode().split() == [r"a\x9bb", r"\x1b[31mred\nline"]


def test_text_that_is_not_utf8_is_refused(lake: Path) -> None:
    done = subprocess.run(
        [REELHOUSE, "sql", "-"],
        env={**os.environ, "REELHOUSE_LAKE": str(lake)},
        input=b"select '\xff'",
        capture_output=True,
    )

    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"error: the query is not UTF-8")


def test_stdin_is_a_script(lake: Path) -> None:
    done = subprocess.run(
        [REELHOUSE, "sql", "--format", "csv"],
        env={**os.environ, "REELHOUSE_LAKE": str(lake)},
        input="select 1 as a;\nselect ';' as b\n;\n.tables\nselect no_column as c;\nselect 4 as d",
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert done.stdout.split()[:4] == ["a", "1", "b", ";"]
    assert "recommendations" in done.stdout
    assert "d" not in done.stdout.split()
    assert "no_column" in done.stderr


@pytest.mark.parametrize("argument", [["-"], []])
def test_a_query_may_come_from_stdin(lake: Path, argument: list[str]) -> None:
    done = subprocess.run(
        [REELHOUSE, "sql", *argument, "--format", "csv"],
        env={**os.environ, "REELHOUSE_LAKE": str(lake)},
        input="select count(*) as n from recommendations",
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stdout.split()) == (0, ["n", "3"])


def test_a_reader_that_stops_early_is_no_error(lake: Path) -> None:
    query = "select a.user_id, b.user_id from interactions a, interactions b"
    done = subprocess.run(
        ["sh", "-c", f"'{REELHOUSE}' sql '{query}' --format csv | head -2"],
        env={**os.environ, "REELHOUSE_LAKE": str(lake)},
        capture_output=True,
        text=True,
    )

    header, first = done.stdout.splitlines()
    assert header == "user_id,user_id"
    assert all(map(str.isdecimal, first.split(",")))
    assert done.stderr == ""


def test_a_query_needs_neither_pandas_nor_pyarrow_nor_dbt(lake: Path) -> None:
    program = (
        "import sys; from reelhouse.cli import main; main(['sql', 'from recommendations']);"
        "print(sorted({'pandas', 'pyarrow', 'numpy', 'dbt', 'pyspark'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "REELHOUSE_LAKE": str(lake)},
        capture_output=True,
        text=True,
    )

    assert done.stdout.splitlines()[-1] == "[]"


def test_only_a_line_that_may_end_a_statement_is_given_to_duckdb(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []
    monkeypatch.setattr(
        statements, "is_complete", lambda text: asked.append(text) or is_complete(text)
    )
    lines = ["select 'a;b' as x0", *(f", {i} as x{i}" for i in range(1, 100)), "/* ;", "*/ ;"]
    typed = iter([*lines, "select 1 -- ;", ";"])

    def read_line(prompt: str) -> str:
        try:
            return next(typed)
        except StopIteration:
            raise EOFError from None

    first, second = console._statements(read_line)
    assert first.count("\n") == 101
    assert second.startswith("select 1")
    assert len(asked) == 5


def test_statements_may_share_a_line(lake: Path) -> None:
    done = subprocess.run(
        [REELHOUSE, "sql", "--format", "csv"],
        input="select 1 as a; select $$;$$ as b; select\n3 as c; -- the end\n",
        env={**os.environ, "REELHOUSE_LAKE": str(lake)},
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stdout.split()) == (0, ["a", "1", "b", ";", "c", "3"])


def test_a_script_that_breaks_off_within_a_statement_says_so(lake: Path) -> None:
    done = subprocess.run(
        [REELHOUSE, "sql", "-"],
        input="select 1 as a;\nselect 'no end",
        env={**os.environ, "REELHOUSE_LAKE": str(lake)},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert done.stdout.splitlines()[0] == "a"
    assert "unterminated quoted string" in done.stderr


def test_a_character_that_the_output_cannot_write_is_escaped(lake: Path) -> None:
    done = subprocess.run(
        [REELHOUSE, "sql", "select title from recommendations where rank = 2"],
        env={**os.environ, "REELHOUSE_LAKE": str(lake), "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0
    assert "\\u6771" in done.stdout
