"""`reelhouse shell` on a terminal, in a project without a lake, where no command starts Spark."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.processes import only_child, runs
from tests.unit.shell_project import START, copy_project, open_shell
from tests.unit.terminals import Terminal


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_project(tmp_path_factory.mktemp("shell") / "project")


@pytest.fixture
def shell(project: Path, tmp_path: Path) -> Iterator[Terminal]:
    environment = {**os.environ, "REELHOUSE_LAKE": str(tmp_path / "lake")}
    with open_shell(project, tmp_path, environment) as terminal:
        yield terminal


def test_edits_count_from_the_next_command_on(
    shell: Terminal, project: Path, tmp_path: Path
) -> None:
    assert "no tables in" in shell.first
    assert "ratings.probe" not in shell.type("ls --select ratings --quiet\n")
    worker = only_child(shell.pid)

    (project / "models/ratings/probe.sql").write_text("select 1 as id")
    assert "reelhouse.ratings.probe\n" in shell.type("ls --select ratings --quiet\n")
    (project / "models/ratings/probe.sql").write_text("select 1 as id from {{ ref('gone') }}")
    said = shell.type("ls --select ratings --quiet\n")
    assert "depends on a node named 'gone' which was not found" in said
    (project / "models/ratings/probe.sql").unlink()
    assert "ratings.probe" not in shell.type("ls --select ratings --quiet\n")

    history = project / "src/reelhouse/commands/history.py"
    assert "no lake at" in shell.type("history\n")
    history.write_text(history.read_text() + '\nprint("edited")\n')
    said = shell.type("history\n")
    assert "reloaded: reelhouse.commands.history\n" in said
    assert "edited\nerror: no lake at" in said
    history.write_text("(\n")
    assert "SyntaxError" in shell.type("history\n")
    assert only_child(shell.pid) == worker

    profile = project / "profiles/profiles.yml"
    profile.write_text(profile.read_text().replace("threads: 2", "threads: 3"))
    said = shell.type("ls --select movies --quiet\n")
    assert "profiles.yml has changed: starting Spark again …" in said
    assert "reelhouse.ratings.movies\n" in said
    assert not runs(worker)

    worker = only_child(shell.pid)
    shell.type("\x04", until="nothing more")
    assert shell.exit_code() == 0
    assert not runs(worker)
    assert not (tmp_path / "lake").exists()


def test_ctrl_c_stops_a_command_but_not_the_shell(shell: Terminal) -> None:
    assert "movies" not in shell.type("ls --select mov\x03")
    shell.type("ls --select movies --quiet\n")
    worker = only_child(shell.pid)

    shell.type("parse --no-partial-parse\n", until="Registered adapter")
    assert "stopping" in shell.type("\x03", until="stopping")
    said = shell.read_until(shell.prompt)
    assert "stopped" in said
    assert "Traceback" not in said
    assert only_child(shell.pid) == worker
    assert "reelhouse.ratings.movies\n" in shell.type("ls --select movies --quiet\n")


def test_names_are_completed_and_lines_are_kept(shell: Terminal, tmp_path: Path) -> None:
    assert "reelhouse.fits.als_factors\n" in shell.type("ls --quiet -s als_fac\t\n")
    assert "error: no command lss: did you mean ls?" in shell.type("lss\n")
    assert "No such option" in shell.type("ls --selectt movies\n")
    assert "run --select movies" in shell.type("help\n")
    shell.type("quit\n", until="nothing more")
    assert shell.exit_code() == 0
    history = (tmp_path / "reelhouse" / "shell_history").read_text()
    assert "ls --quiet -s als_factors" in history


def test_a_script_ends_at_its_first_failure(project: Path, tmp_path: Path) -> None:
    code = os.pathsep.join(map(str, (project / "src", project / "packages/dbt-spark-session/src")))
    done = subprocess.run(
        [sys.executable, "-c", START],
        env={**os.environ, "REELHOUSE_LAKE": str(tmp_path / "lake"), "PYTHONPATH": code},
        input="ls --quiet -s movies\n\n# a comment\nls -s movies --nothing\nls --quiet -s users\n",
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "reelhouse.ratings.movies\n" in done.stdout
    assert "reelhouse.ratings.users\n" not in done.stdout
    assert "No such option" in done.stderr
    assert done.stderr.count("\n") == 1
