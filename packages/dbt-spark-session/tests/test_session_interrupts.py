"""A run that is interrupted or killed leaves every table as it was, and the next run works."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from pyiceberg.catalog.sql import SqlCatalog

from dbt_spark_session.parameters import LAKE
from processes import DBT, JARS, QUICK, Dbt

ONE = """
{{ config(materialized='table') }}
select id from range({{ var('rows') }}) where id % 7 >= 0 and rand() >= 0
"""
ENDLESS = "rows: 1000000000000000"


def _rows(project: Path) -> int:
    lake = project / "lake"
    catalog = SqlCatalog("lake", uri=f"sqlite:///{lake}/catalog.db", warehouse=str(lake))
    count: int = catalog.load_table("main.one").scan().to_arrow().num_rows
    return count


def _has_started(log: Path) -> bool:
    return log.exists() and "1 of 1 START" in log.read_text()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_run_changes_no_table(dbt: Dbt, tmp_path: Path, number: int) -> None:
    profile = yaml.safe_load((tmp_path / "profiles.yml").read_text())
    parameters: dict[str, Any] = profile["test"]["outputs"]["t"]["server_side_parameters"]
    parameters |= {**QUICK, LAKE: "$PROJECT_ROOT/lake", "spark.jars": f"{JARS}/*"}
    (tmp_path / "profiles.yml").write_text(yaml.safe_dump(profile))
    (tmp_path / "models" / "one.sql").write_text(ONE)
    assert dbt("run", "--vars", "rows: 3").returncode == 0

    log = tmp_path / "output"
    with log.open("wb") as output:
        running = subprocess.Popen(
            [*DBT, "run", "--vars", ENDLESS],
            cwd=tmp_path,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            while not _has_started(log) and running.poll() is None:
                time.sleep(0.2)
            time.sleep(5)  # until Spark writes
            # Ctrl-C in a terminal reaches Java too.
            send = os.killpg if number == signal.SIGINT else os.kill
            send(running.pid, number)
            running.wait(60)
        finally:
            running.kill()
    assert running.returncode != 0
    printed = log.read_text()
    assert "Traceback" not in printed, printed
    assert "py4j" not in printed, printed

    assert _rows(tmp_path) == 3
    again = dbt("run", "--vars", "rows: 4")
    assert again.returncode == 0, again.stdout
    assert _rows(tmp_path) == 4
    # The folders of killed runs are gone, and that of the last run soon is.
    assert len(list((tmp_path / "lake" / "tmp").iterdir())) <= 1
