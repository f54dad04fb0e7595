"""`reelhouse shell` as a person uses it: edits and commands in one warm session."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from reelhouse.commands.write_lock import write_lock
from tests.e2e.conftest import ROOT, Lake
from tests.unit.processes import only_child, runs, wait_until_busy
from tests.unit.terminals import Terminal

PROJECT = ("src", "packages/dbt-spark-session/src", "models", "python_models", "macros", "seeds")
OTHERS = ("profiles", "tests/data", "docs/dbt", "dbt_project.yml")
START = "import sys; from reelhouse.cli import main; sys.exit(main(sys.argv[1:]))"
CODE = """
import pyarrow as pa

VALUE = {value}

def in_worker(batches):
    for batch in batches:
        yield pa.RecordBatch.from_pydict({{"worker": [VALUE] * batch.num_rows}})
"""
MODEL = """
import os
from reelhouse import probed

def model(dbt, spark):
    dbt.config(materialized="table")
    rows = spark.range(1).mapInArrow(probed.in_worker, "worker bigint")
    return rows.selectExpr(f"{probed.VALUE} as driver", "worker")
"""
LONG = "show --inline 'select count(*) from range(1000000000000) where id % 7 = rand()'\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the project, so that a test can edit it."""
    root = tmp_path_factory.mktemp("shell") / "project"
    for name in (*PROJECT, *OTHERS):
        source, target = ROOT / name, root / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)
    (root / "profiles.yml").symlink_to("profiles/profiles.yml")
    (root / "jars").symlink_to(ROOT / "jars")
    return root


@pytest.fixture
def shell(project: Path, tiny: Lake, tmp_path: Path) -> Terminal:
    code = [project / "src", project / "packages/dbt-spark-session/src"]
    environment = {
        **tiny.environment,
        "PYTHONPATH": os.pathsep.join(map(str, code)),
        "XDG_STATE_HOME": str(tmp_path),
    }
    return Terminal([sys.executable, "-c", START, "shell"], environment, "reelhouse> ", 240)


def test_edits_are_seen_by_the_next_command_and_nothing_is_left(
    shell: Terminal, project: Path, tiny: Lake, tmp_path: Path
) -> None:
    model, code = project / "models/ratings/probe.sql", project / "src/reelhouse/probed.py"
    model.write_text("select 1 as edition")
    code.write_text(CODE.format(value=1))
    (project / "python_models/ratings").mkdir(exist_ok=True)
    (project / "python_models/ratings/probe_py.py").write_text(MODEL)
    assert "tables in" in shell.first

    said = shell.type("run --select probe probe_py\n")
    assert "OK created sql table model reelhouse.probe " in said
    assert "OK created python table model reelhouse.probe_py " in said
    assert "such as probe: `build` without a selection publishes all tables" in said
    worker = only_child(shell.pid)
    java = only_child(worker)
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
    assert "did you mean run?" in shell.type("runn\n")
    assert "PASS no_metric_is_implausible" in shell.type("test --select no_metric_is_im\t\n")

    shell.type("\x04", until="nothing more")
    assert shell.exit_code() == 0
    assert not runs(worker)
    assert not runs(java)
    assert list((tiny.folder / "tmp").iterdir()) == []
    assert "run --select probe\n" in (tmp_path / "reelhouse" / "shell_history").read_text()
