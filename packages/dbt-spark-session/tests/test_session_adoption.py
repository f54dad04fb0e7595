"""Tables from before releases: the first command makes them a release, under the write lock."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from dbt_spark_session.parameters import LAKE, LOCK, PUBLISH
from dbt_spark_session.write_lock import WriteLock
from processes import QUICK, Dbt

pytestmark = pytest.mark.slow


def set_profile(folder: Path, **parameters: str) -> None:
    profile: dict[str, Any] = yaml.safe_load((folder / "profiles.yml").read_text())
    profile["test"]["outputs"]["t"]["server_side_parameters"] = {
        **QUICK,
        "spark.driver.memory": "1g",
        LAKE: str(folder / "lake"),
        LOCK: str(folder / "lock"),
        **parameters,
    }
    (folder / "profiles.yml").write_text(yaml.safe_dump(profile, width=9999))


def releases(folder: Path) -> list[Any]:
    with closing(sqlite3.connect(folder / "lake" / "catalog.db")) as database:
        if not database.execute("select 1 from sqlite_master where name = 'releases'").fetchall():
            return []
        return database.execute("select release_number, invocation_id from releases").fetchall()


def test_a_command_that_reads_makes_the_first_release_only_under_the_lock(
    dbt: Dbt, tmp_path: Path
) -> None:
    set_profile(tmp_path)
    (tmp_path / "models" / "one.sql").write_text(
        "{{ config(materialized='table') }} select 1 as id"
    )
    assert dbt("build").returncode == 0
    set_profile(tmp_path, **{PUBLISH: "lake"})
    lock = WriteLock(tmp_path / "lock")

    lock.acquire("build")
    refused = dbt("show", "--select", "one")
    lock.release()

    assert refused.returncode != 0
    assert refused.stdout.count("Another dbt process is writing here") == 1
    assert releases(tmp_path) == []

    shown = dbt("show", "--select", "one")

    assert shown.returncode == 0, shown.stdout
    assert releases(tmp_path) == [(1, "adoption")]
    lock.acquire("build")  # the command has released it
    again = dbt("show", "--select", "one")
    lock.release()
    assert again.returncode == 0, "a lake with releases is read without the lock"
