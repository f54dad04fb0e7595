import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest

from reelhouse.lake.console import _history_file
from reelhouse.lake.statements import is_complete
from tests.unit.lakes import REELHOUSE, build_lake
from tests.unit.processes import only_child, wait_until_busy
from tests.unit.terminals import Terminal


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


def prompt_of(lake: Path, home: Path) -> Terminal:
    environment = {**os.environ, "REELHOUSE_LAKE": str(lake), "HOME": str(home)}
    environment["XDG_STATE_HOME"] = str(home)
    return Terminal([REELHOUSE, "sql"], environment, "lake=> ")


def test_the_prompt_runs_commands_and_statements_of_several_lines(
    lake: Path, tmp_path: Path
) -> None:
    with prompt_of(lake, tmp_path) as terminal:
        assert "interactions\nmodel_comparison\n" in terminal.type(".tables\n")
        assert "score        DOUBLE" in terminal.type(".schema recommendations\n")
        assert "Ctrl-C" in terminal.type(".help\n")
        assert "error: no command .frob: .help lists the commands" in terminal.type(".frob\n")
        terminal.type("select max(rank) as last\n", until="...> ")
        assert re.search(r"\(1 row, \d+\.\d\d s\)", terminal.type("from recommendations;\n"))
        assert "did you mean recommendations?" in terminal.type("from recomendations;\n")
        terminal.type("select 'half\n", until="...> ")
        assert "half" not in terminal.type("\x03")
        terminal.type("select sum(range % 7) from range(1000000000000);\n", until="\n")
        wait_until_busy(only_child(terminal.pid))
        said = terminal.type("\x03")
        while "stopped" not in said:
            said = terminal.read_until("lake=> ")
            assert said
        assert "(1 row" in terminal.type("select 1;\n")
        terminal.type("\x04", until="nothing more")
        assert terminal.exit_code() == 0

    history = (tmp_path / "reelhouse" / "sql_history").read_text()
    assert "from recommendations;" in history


def test_a_table_name_cannot_steer_the_terminal(tmp_path: Path) -> None:
    lake = build_lake(tmp_path / "lake", {"seen": pa.table({"n": [1]})})
    with closing(sqlite3.connect(lake / "catalog.db")) as catalog, catalog:
        catalog.execute("update iceberg_tables set table_name = 'se' || char(27) || '[2Jen'")
    with prompt_of(lake, tmp_path) as terminal:
        said = terminal.type(".tables\n")
        terminal.type(".quit\n", until="nothing more")
        assert terminal.exit_code() == 0

    assert r"se\x1b[2Jen" in said
    assert "\x1b" not in said


def test_quit_leaves_the_prompt(lake: Path, tmp_path: Path) -> None:
    with prompt_of(lake, tmp_path) as terminal:
        terminal.type(".quit\n", until="nothing more")
        assert terminal.exit_code() == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a user without an entry in /etc/passwd")
def test_a_user_without_a_home_has_no_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    os.setresuid(54321, 0, 0)
    try:
        assert _history_file("sql_history") is None
        monkeypatch.setenv("XDG_STATE_HOME", "/state")
        assert _history_file("sql_history") == Path("/state/reelhouse/sql_history")
    finally:
        os.setresuid(0, 0, 0)
