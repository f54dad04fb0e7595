"""The outputs, the plots and the demo of the tutorial are those of a lake of the default data."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
from collections.abc import Iterator

import pytest
import requests

from docs.tutorial_plots import LANGUAGES, file_of, plots, stored_rows
from reelhouse.cli import main
from reelhouse.commands.demo import QUERY
from reelhouse.lake.print_query import print_query
from reelhouse.lake.session import LakeSession
from tests.e2e.conftest import Lake
from tests.tutorial import ENGLISH, RELATIVE, Example, assert_same, examples
from tests.unit.lakes import REELHOUSE

EXAMPLES = examples(ENGLISH.read_text())


@pytest.fixture(scope="module")
def session(movielens: Lake) -> Iterator[LakeSession]:
    with LakeSession(movielens.folder) as opened:
        yield opened


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: " ".join(example.text.split()))
def test_an_output_is_that_of_the_lake(
    example: Example,
    movielens: Lake,
    session: LakeSession,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if example.is_query:
        print_query(session, example.text)
    else:
        monkeypatch.setenv("REELHOUSE_LAKE", str(movielens.folder))
        _, command, *arguments = shlex.split(example.text)
        assert command == ".venv/bin/reelhouse"
        assert main(arguments) == 0
    found = capsys.readouterr().out.replace(str(movielens.folder), "lake")
    assert_same(example.output.strip("\n"), found.strip("\n"), example.depends_on_a_fit)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plot_shows_the_rows_of_the_lake(session: LakeSession, language: str) -> None:
    for number, plot in enumerate(plots(), start=1):
        found = session.execute(plot.sql).fetchall()
        stored = stored_rows(file_of(number, language))
        assert len(found) == len(stored) > 0, plot.sql
        for row, stored_row in zip(found, stored, strict=True):
            for value, expected in zip(row, stored_row, strict=True):
                if isinstance(expected, float):
                    expected = pytest.approx(expected, rel=RELATIVE, abs=0.02)
                assert value == expected, plot.sql


def test_the_demo_serves_a_finished_lake_until_ctrl_c(movielens: Lake) -> None:
    process = subprocess.Popen(
        [REELHOUSE, "demo", "--port", "0"],
        env={**os.environ, "REELHOUSE_LAKE": str(movielens.folder), "REELHOUSE_DATA": "gone.csv"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        assert "has the tables of ml-100k, so nothing is built" in said
        while not (address := re.search(r"serving (\S+)", said)):
            line = process.stdout.readline()
            assert line, said
            said += line
        assert QUERY in said
        listed = requests.get(f"{address[1]}/api/users/42/recommendations", timeout=30).json()
        assert listed[0]["title"] in said
    finally:
        os.killpg(process.pid, signal.SIGINT)  # as the terminal does
        rest, _ = process.communicate(timeout=30)
    assert process.returncode == 0, rest
    assert "The server has stopped" in rest
    assert "Traceback" not in rest
