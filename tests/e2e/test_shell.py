"""`reelhouse shell` on a lake: edits and commands in one warm session of Spark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from reelhouse.commands.write_lock import write_lock
from tests.e2e.conftest import Lake
from tests.unit.processes import only_child, runs, wait_until_busy
from tests.unit.shell_project import copy_project, open_shell
from tests.unit.terminals import Terminal

CODE = """
import pyarrow as pa

VALUE = {value}

def in_worker(batches):
    for batch in batches:
        yield pa.RecordBatch.from_pydict({{"worker": [VALUE] * batch.num_rows}})
"""
MODEL = """
from reelhouse import probed

def model(dbt, spark):
    dbt.config(materialized="table")
    rows = spark.range(1).mapInArrow(probed.in_worker, "worker bigint")
    return rows.selectExpr(f"{probed.VALUE} as driver", "worker")
"""
LONG = "show --inline 'select count(*) from range(1000000000000) where id % 7 = rand()'\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_project(tmp_path_factory.mktemp("shell") / "project")


@pytest.fixture
def shell(project: Path, tiny: Lake, tmp_path: Path) -> Iterator[Terminal]:
    with open_shell(project, tmp_path, tiny.environment) as terminal:
        yield terminal


def test_edits_are_seen_by_the_next_command_and_nothing_is_left(
    shell: Terminal, project: Path, tiny: Lake, tmp_path: Path
) -> None:
    model, code = project / "models/ratings/probe.sql", project / "src/reelhouse/probed.py"
    model.write_text("select 1 as edition")
    code.write_text(CODE.format(value=1))
    (project / "python_models/fits/probe_py.py").write_text(MODEL)
    assert "tables in" in shell.first

    said = shell.type("run --select probe probe_py\n")
    assert "OK created sql table model reelhouse.probe " in said
    assert "OK created python table model reelhouse.probe_py " in said
    assert "such as probe: `build` without a selection publishes all tables" in said
    worker = only_child(shell.pid)
    java = only_child(worker, "java")
    with write_lock(tiny.folder, "test"):  # no lock is held between two commands
        pass

    model.write_text("select 2 as edition")
    code.write_text(CODE.format(value=2))
    said = shell.type("REELHOUSE_PUBLISH=yes run --select probe probe_py\n")
    assert "published release r2" in said
    assert "reloaded: reelhouse.probed" in said
    assert re.search(r"2 +2\n", shell.type("select driver, worker from probe_py;\n"))
    assert re.search(r" 2\n", shell.type("select edition from probe;\n"))

    shell.type(LONG, until="\n")
    wait_until_busy(java)
    said = shell.type("\x03")
    assert "stopping" in said
    assert "stopped" in said
    assert "Traceback" not in said
    assert "OK created sql table" in shell.type("run --select probe\n")
    assert "PASS no_metric_is_implausible" in shell.type("test --select no_metric_is_im\t\n")
    shell.type("\x04", until="nothing more")
    assert shell.exit_code() == 0
    assert not runs(worker)
    assert not runs(java)
    assert list((tiny.folder / "tmp").iterdir()) == []
    assert "run --select probe\n" in (tmp_path / "reelhouse" / "shell_history").read_text()
