import csv
import io
import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from reelhouse.console import _history_file
from reelhouse.statements import is_complete

Sql = Callable[..., tuple[int, str, str]]
REELHOUSE = Path(sys.executable).parent / "reelhouse"


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
    with pytest.raises(subprocess.TimeoutExpired):
        done.wait(2)
    done.send_signal(signal.SIGINT)

    assert done.wait(10) == 130


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
    shown = os.read(terminal, 4096).decode()
    os.close(terminal)

    assert piped.stdout == 'a\x9bb\r\n"\x1b[31mred\nline"\r\n'.encode()
    assert shown.split() == [r"a\x9bb", r"\x1b[31mred\nline"]


# DuckDB computes one distance in a single step, which its own interrupt does not stop.
ENDLESS = """select sum(levenshtein(a, b))
from (select repeat('ab', 200000) as a, repeat('ba', 200000) as b)"""


def run_with_limits(
    lake: Path, query: str, *flags: str, folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [REELHOUSE, "sql", query, *flags],
        env={**os.environ, "REELHOUSE_LAKE": str(lake), "TMPDIR": str(folder or "/tmp")},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("query", "flags", "said"),
    [
        (ENDLESS, ["--timeout", "1.5"], "stopped at its limit of 1.5 seconds"),
        # What DuckDB allocates outside of its buffers, its own memory_limit does not see.
        ("select length(repeat('x', 3000000000))", ["--memory", "1"], "its memory limit"),
        (
            "select count(distinct range::text || repeat('y', 100)) from range(30000000)",
            ["--memory", "0.5", "--spill", "0.01"],
            "temporary files reached their limit",
        ),
        ("from range(10)", ["--rows", "5", "--format", "csv"], "more than 5 rows, its limit"),
    ],
)
def test_a_query_ends_at_its_limit(
    lake: Path, tmp_path: Path, query: str, flags: list[str], said: str
) -> None:
    done = run_with_limits(lake, query, *flags, folder=tmp_path)

    assert done.returncode == 1
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_limit_may_come_from_a_variable(
    lake: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REELHOUSE_SQL_ROWS", "3")

    done = run_with_limits(lake, "from range(10)")

    assert done.stderr == "(first 3 of 10 rows; the csv and json formats give all)\n"


@pytest.mark.parametrize("value", ["0", "-1", "nan", "much"])
def test_a_limit_is_a_number_above_0(lake: Path, value: str) -> None:
    done = run_with_limits(lake, "select 1", "--memory", value)

    assert done.returncode == 2
    assert f"argument --memory: '{value}' is no number above 0" in done.stderr


@pytest.mark.parametrize("ends_by", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_query_ends_with_its_parent_and_leaves_no_files(
    lake: Path, tmp_path: Path, ends_by: signal.Signals
) -> None:
    parent = subprocess.Popen(
        [REELHOUSE, "sql", ENDLESS],
        env={**os.environ, "REELHOUSE_LAKE": str(lake), "TMPDIR": str(tmp_path)},
    )
    children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
    while not (children.exists() and children.read_text()):
        time.sleep(0.05)
    child = Path(f"/proc/{children.read_text().split()[0]}/stat")
    while int(child.read_text().rpartition(") ")[2].split()[11]) < 100:  # a second of work
        time.sleep(0.05)
    (folder,) = tmp_path.iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700

    parent.send_signal(ends_by)

    assert parent.wait(2) == (130 if ends_by == signal.SIGINT else -ends_by)
    end = time.monotonic() + 10
    while (list(tmp_path.iterdir()) or _runs(child)) and time.monotonic() < end:
        time.sleep(0.05)
    assert (list(tmp_path.iterdir()), _runs(child)) == ([], False)


def _runs(stat: Path) -> bool:
    try:
        return stat.read_text().rpartition(") ")[2][0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


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

    assert done.stdout.splitlines()[0] == "user_id,user_id_1" or len(done.stdout.splitlines()) == 2
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


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("select 1;", True),
        ("select 1; -- done", True),
        ("select 1", False),
        ("select ';", False),
        ("select ';'", False),
        ("select ';';", True),
        ("select 'it''s';", True),
        ('select 1 as ";', False),
        ("select 1 -- ;", False),
        ("select /* ;", False),
        ("select /* ' */ 1;", True),
        ("select $$;", False),
        ("select $$;$$;", True),
        (r"select E'\';", False),
        (r"select E'\'';", True),
        ("select /* /* */ ;", False),
        ("/* a */ " * 40 + ";", True),
        ('select "";', True),
    ],
)
def test_a_statement_ends_with_a_semicolon_outside_of_quotes(text: str, complete: bool) -> None:
    assert is_complete(text) is complete


class Terminal:
    """A `reelhouse sql` prompt on a real pseudo-terminal."""

    def __init__(self, lake: Path, home: Path) -> None:
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            environment = {**os.environ, "REELHOUSE_LAKE": str(lake), "HOME": str(home)}
            environment |= {"TERM": "dumb", "COLUMNS": "80", "XDG_STATE_HOME": str(home)}
            os.execvpe(REELHOUSE, ["reelhouse", "sql"], environment)
        self.read_until("lake=> ")

    def read_until(self, expected: str) -> str:
        said = ""
        while expected not in said and select.select([self._fd], [], [], 60)[0]:
            try:
                said += os.read(self._fd, 4096).decode()
            except OSError:  # the terminal is closed
                break
        return said.replace("\r", "")

    def type(self, text: str, until: str = "lake=> ") -> str:
        os.write(self._fd, text.encode())
        return self.read_until(until)

    def wait_until_busy(self) -> None:
        began = self._seconds_of_work()
        while self._seconds_of_work() < began + 0.5:
            time.sleep(0.1)

    def _seconds_of_work(self) -> float:
        child = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()[0]
        fields = Path(f"/proc/{child}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def exit_code(self) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_the_prompt_runs_commands_and_statements_of_several_lines(
    lake: Path, tmp_path: Path
) -> None:
    terminal = Terminal(lake, tmp_path)

    assert "interactions\nmodel_comparison\n" in terminal.type(".tables\n")
    assert "score        DOUBLE" in terminal.type(".schema recommendations\n")
    assert "Ctrl-C" in terminal.type(".help\n")
    assert "error: no command .frob: .help lists them" in terminal.type(".frob\n")
    terminal.type("select max(rank) as last\n", until="...> ")
    assert "(1 row, 0." in terminal.type("from recommendations;\n")
    assert "did you mean recommendations?" in terminal.type("from recomendations;\n")
    terminal.type("select 'half\n", until="...> ")
    assert "half" not in terminal.type("\x03")
    terminal.type("select sum(range % 7) from range(1000000000000);\n", until="\n")
    terminal.wait_until_busy()
    said = terminal.type("\x03")
    while "stopped" not in said:
        said = terminal.read_until("lake=> ")
        assert said
    assert "(1 row" in terminal.type("select 1;\n")
    terminal.type("\x04", until="nothing more")

    assert terminal.exit_code() == 0
    history = (tmp_path / "reelhouse" / "sql_history").read_text()
    assert "from recommendations;" in history


def test_quit_leaves_the_prompt(lake: Path, tmp_path: Path) -> None:
    terminal = Terminal(lake, tmp_path)

    terminal.type(".quit\n", until="nothing more")

    assert terminal.exit_code() == 0


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


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a user without an entry in /etc/passwd")
def test_a_user_without_a_home_has_no_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    os.setresuid(54321, 0, 0)
    try:
        assert _history_file() is None
        monkeypatch.setenv("XDG_STATE_HOME", "/state")
        assert _history_file() == Path("/state/reelhouse/sql_history")
    finally:
        os.setresuid(0, 0, 0)
