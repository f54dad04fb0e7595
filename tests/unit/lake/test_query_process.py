import os
import resource
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from reelhouse.cli import main
from reelhouse.errors import ReelhouseError
from reelhouse.lake.query_errors import AbandonedError, QueryError
from reelhouse.lake.query_limits import Limits
from reelhouse.lake.query_process import QueryProcess
from tests.unit.lakes import REELHOUSE
from tests.unit.processes import only_child, runs, wait_until_busy

# DuckDB's own interrupt cannot stop the computation of a single distance.
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
        # DuckDB's memory_limit does not count memory outside of its buffers.
        ("select length(repeat('x', 3000000000))", ["--memory", "1"], "its memory limit"),
        (
            "select count(distinct range::text || repeat('y', 100)) from range(30000000)",
            ["--memory", "0.5", "--spill", "0.01"],
            "temporary files reached their limit",
        ),
        ("from range(10)", ["--rows", "5", "--format", "csv"], "more than its limit of 5 rows"),
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


def test_a_child_that_cannot_start_leaves_no_files(
    lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TOO_LONG", "x" * 10**6)  # Linux refuses variables of more than 128 KiB
    open_files = len(list(Path("/dev/fd").iterdir()))

    with pytest.raises(OSError, match="Argument list too long"):
        QueryProcess(lake, Limits(seconds=60, memory=1, spill=1, rows=1000))

    assert list(tmp_path.iterdir()) == []
    assert len(list(Path("/dev/fd").iterdir())) == open_files


def test_a_limit_may_come_from_a_variable(
    lake: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REELHOUSE_SQL_ROWS", "3")

    done = run_with_limits(lake, "from range(10)", "--format", "csv")

    assert done.returncode == 1
    assert "more than its limit of 3 rows" in done.stderr


def test_a_limit_of_rows_is_not_one_of_tables(lake: Path) -> None:
    done = run_with_limits(lake, "from range(10)", "--rows", "3")

    assert (done.returncode, done.stderr) == (0, "(10 rows)\n")


@pytest.mark.parametrize(
    ("flag", "values", "said"),
    [
        ("timeout", ["0", "99999999999", "inf"], "number from 0.01 to 100,000,000"),
        ("memory", ["0.02", "-1", "nan", "much", "9e11"], "number from 0.25 to 1,000,000"),
        ("spill", ["0", "9e11"], "number from 0.001 to 1,000,000"),
        ("rows", ["0", "1.5", "9" * 5000], "whole number from 1 to 1,000,000,000,000"),
    ],
)
def test_a_limit_is_a_number_within_bounds(
    capsys: pytest.CaptureFixture[str], flag: str, values: list[str], said: str
) -> None:
    for value in values:
        with pytest.raises(SystemExit) as raised:
            main(["sql", "select 1", f"--{flag}", value])

        assert raised.value.code == 2
        assert f"argument --{flag}: '{value}' is not a {said}\n" in capsys.readouterr().err


def test_the_smallest_limits_can_be_set(lake: Path) -> None:
    flags = ("--timeout", "0.01", "--memory", "0.25", "--spill", "0.001", "--rows", "1")
    done = run_with_limits(lake, ENDLESS, *flags)

    assert done.returncode == 1
    assert "stopped at its limit of 0.01 seconds" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_largest_limits_can_be_set(lake: Path) -> None:
    flags = ("--timeout", "100000000", "--memory", "1000000", "--spill", "1000000")
    rows = ("--rows", "1000000000000")
    done = run_with_limits(lake, "select count(*) from users", *flags, *rows)

    assert done.returncode == 0
    assert "Traceback" not in done.stderr


def test_a_query_needs_no_more_than_the_least_memory(lake: Path) -> None:
    done = run_with_limits(lake, "select count(*) from users", "--memory", "0.25")

    assert (done.returncode, done.stderr) == (0, "(1 row)\n")


def test_a_lower_limit_of_the_system_holds_too(lake: Path) -> None:
    gib = 1 << 30
    done = subprocess.run(
        [REELHOUSE, "sql", "select length(repeat('x', 1500000000))", "--memory", "8"],
        env={**os.environ, "REELHOUSE_LAKE": str(lake)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (gib, gib)),
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert "its memory limit" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_lake_that_cannot_be_opened_says_why(
    lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    # An empty module hides the installed package, so its extension file is not found.
    (tmp_path / "duckdb_extension_avro.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    with QueryProcess(lake, Limits(60, 1, 1, 1000)) as queries:
        for _ in range(2):
            with pytest.raises(ReelhouseError, match=r"extension avro .* run `make setup`"):
                queries.run("select 1")
            assert queries._child.poll() is not None

    assert capfd.readouterr() == ("", "")


def test_a_module_in_the_current_folder_does_not_run(
    lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "queue.py").write_text("open('ran', 'w').close()")
    monkeypatch.chdir(tmp_path)

    done = run_with_limits(lake, "select 1")

    assert (done.returncode, done.stderr) == (0, "(1 row)\n")
    assert not (tmp_path / "ran").exists()


def test_a_child_that_died_between_queries_leaves_nothing(
    lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with QueryProcess(lake, Limits(60, 1, 1, 1000)) as queries:
        queries.run("select 1")
        first, replies = list(tmp_path.iterdir()), queries._replies
        queries._child.kill()
        queries._child.wait()

        queries.run("select 2")

        assert len(list(tmp_path.iterdir())) == 1
        assert list(tmp_path.iterdir()) != first
        assert replies.closed
    assert list(tmp_path.iterdir()) == []
    assert "2" in capfd.readouterr().out


def test_an_abandoned_query_is_stopped(
    lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with QueryProcess(lake, Limits(60, 1, 1, 1000)) as queries:
        with pytest.raises(AbandonedError):
            queries.run(ENDLESS, is_abandoned=lambda: True)
        assert queries._child.poll() is not None
        assert list(tmp_path.iterdir()) == []
        queries.run("select 1")


@pytest.mark.parametrize("sql", ["select '\ud800'", "select \ud800", "select '\0'"])
def test_a_query_that_is_no_text_is_refused(lake: Path, sql: str) -> None:
    with QueryProcess(lake, Limits(60, 1, 1, 1000)) as queries:
        child = queries._child
        with pytest.raises(QueryError, match=r"the query (is not UTF-8|has a NUL)"):
            queries.run(sql)
        queries.run("select 1")
        assert queries._child is child


@pytest.mark.parametrize("ends_by", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_query_ends_with_its_parent_and_leaves_no_files(
    lake: Path, tmp_path: Path, ends_by: signal.Signals
) -> None:
    parent = subprocess.Popen(
        [REELHOUSE, "sql", ENDLESS],
        env={**os.environ, "REELHOUSE_LAKE": str(lake), "TMPDIR": str(tmp_path)},
    )
    child = only_child(parent.pid)
    wait_until_busy(child)
    (folder,) = tmp_path.iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700

    parent.send_signal(ends_by)

    assert parent.wait(60) == (130 if ends_by == signal.SIGINT else -ends_by)
    for _ in range(1200):
        if not (list(tmp_path.iterdir()) or runs(child)):
            break
        time.sleep(0.05)
    assert (list(tmp_path.iterdir()), runs(child)) == ([], False)
