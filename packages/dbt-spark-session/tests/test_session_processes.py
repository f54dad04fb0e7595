"""Errors of a second process, without Java, and with an unknown version of dbt."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from dbt.adapters.factory import FACTORY
from dbt_common.exceptions import DbtRuntimeError

from dbt_spark_session.adapter import SessionAdapter
from dbt_spark_session.parameters import LAKE, resolve, spark_settings
from dbt_spark_session.plugin import SessionPlugin, register
from dbt_spark_session.relations import RelationAdapter
from dbt_spark_session.write_lock import WriteLock
from processes import QUICK, Dbt, complete


def test_a_second_writer_is_refused_once_and_named(dbt: Dbt, tmp_path: Path) -> None:
    lock = WriteLock(tmp_path / "lake" / "lock")
    lock.acquire("build")
    holder = json.loads(lock.path.read_text())
    try:
        refused = dbt("run")
        listed = dbt("list")
    finally:
        lock.release()
    message = (
        f"Another dbt process is writing here: pid {os.getpid()}, `dbt build`, "
        f"since {holder['started_at']}."
    )
    assert refused.returncode != 0
    assert refused.stdout.count(message) == 1
    assert "Traceback" not in refused.stdout + refused.stderr
    assert not (tmp_path / "logs" / "spark.log").exists(), "Spark was started"
    assert listed.returncode == 0


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errno.EACCES, "Another dbt process is writing here"),  # a lock of another client on SMB
        (errno.ENOLCK, r"cannot lock files \(No locks available\): name a file on a local disk"),
        (errno.EOPNOTSUPP, "cannot lock files"),
    ],
)
def test_a_network_file_system_refuses_a_lock_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, message: str
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", refuse)
    with pytest.raises(DbtRuntimeError, match=message):
        WriteLock(tmp_path / "lock").acquire("build")


def test_a_missing_java_is_one_sentence_and_frees_the_lock(dbt: Dbt, tmp_path: Path) -> None:
    failed = dbt("run", JAVA_HOME=str(tmp_path / "no-jdk"))
    assert failed.returncode != 0
    assert failed.stdout.count("Spark needs Java 17 or newer, and there is no java") == 1
    assert "Traceback" not in failed.stdout + failed.stderr
    lock = WriteLock(tmp_path / "lake" / "lock")
    lock.acquire("run")
    lock.release()


def test_a_machine_that_does_not_start_names_its_log(dbt: Dbt, tmp_path: Path) -> None:
    profile = tmp_path / "profiles.yml"
    profile.write_text(profile.read_text().replace("memory: 1g", "memory: 1 parsec"))
    failed = dbt("run")
    assert failed.returncode != 0
    assert "Spark's Java process did not start" in failed.stdout
    assert "logs/spark.log" in failed.stdout
    assert "Traceback" not in failed.stdout + failed.stderr


TWICE = """
from dbt.cli.main import dbtRunner

for rows in (2, 4):
    for command in (["build"], ["docs", "generate"]):
        result = dbtRunner().invoke([*command, "--vars", f"rows: {rows}"])
        assert result.success, result
"""

MODELS = {
    "one.sql": "{{ config(materialized='table') }} select * from {{ ref('names') }}",
    # Spark's own catalog stores the name in lower case.
    "two.py": """
def model(dbt, spark):
    dbt.config(alias="Two", materialized="incremental", incremental_strategy="append")
    return dbt.ref("one")
""",
    "two.yml": """
models:
  - name: two
    data_tests: [{has_rows: {arguments: {rows: "{{ var('rows') }}"}}}]
""",
}
HAS_ROWS = """
{% test has_rows(model, rows) %}
select 1 from (select count(*) as n from {{ model }}) where n != {{ rows }}
{% endtest %}
"""


def _build_twice(folder: Path, **parameters: str) -> dict[str, Any]:
    """Build a seed, a table and an increment twice in one process; return the nodes of the docs."""
    profile = yaml.safe_load((folder / "profiles.yml").read_text())
    target = profile["test"]["outputs"]["t"]
    target["server_side_parameters"] |= {**QUICK, **parameters}
    (folder / "profiles.yml").write_text(yaml.safe_dump(profile))
    files = {f"models/{name}": text for name, text in MODELS.items()}
    files |= {"tests/generic/has_rows.sql": HAS_ROWS, "seeds/names.csv": "id,name\n1,O'Neil\n2,\n"}
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    done = complete(sys.executable, "-c", TWICE, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARN" not in done.stderr, "Spark's own output belongs into its log"
    nodes: dict[str, Any] = json.loads((folder / "target/catalog.json").read_text())["nodes"]
    return nodes


@pytest.mark.slow
def test_parquet_tables_of_sparks_own_catalog_are_built_too(dbt: Dbt, tmp_path: Path) -> None:
    project = {"name": "test", "profile": "test", "models": {"+file_format": "parquet"}}
    (tmp_path / "dbt_project.yml").write_text(yaml.safe_dump(project))
    view = "{{ config(materialized='view') }} select count(*) as n from {{ ref('two') }}"
    (tmp_path / "models" / "three.sql").write_text(view)
    # This catalog is in memory, so it belongs to one process.
    nodes = _build_twice(
        tmp_path,
        **{
            "spark.sql.catalogImplementation": "in-memory",
            "spark.sql.warehouse.dir": "$PROJECT_ROOT/warehouse",
        },
    )
    assert list(nodes["model.test.two"]["columns"]) == ["id", "name"]
    assert nodes["model.test.three"]["metadata"]["type"] == "view"


@pytest.mark.slow
def test_iceberg_without_its_extensions_has_tables_but_no_views(dbt: Dbt, tmp_path: Path) -> None:
    parameters = {LAKE: "$PROJECT_ROOT/lake", "spark.sql.extensions": ""}
    assert "spark.sql.extensions" not in resolve(parameters, str(tmp_path))
    nodes = _build_twice(tmp_path, **parameters)
    assert list(nodes["model.test.two"]["columns"]) == ["id", "name"]


def test_a_dead_process_holds_no_lock(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path;"
        "from dbt_spark_session.write_lock import WriteLock;"
        "WriteLock(Path(sys.argv[1])).acquire('run'); os._exit(9)"
    )
    path = tmp_path / "lock"
    complete(sys.executable, "-c", code, path)
    assert json.loads(path.read_text())["command"] == "dbt run"
    lock = WriteLock(path)
    lock.acquire("build")
    lock.release()
    assert path.read_text() == ""


def test_a_child_process_does_not_inherit_the_lock(tmp_path: Path) -> None:
    lock = WriteLock(tmp_path / "lock")
    lock.acquire("build")
    child = subprocess.Popen(["sleep", "60"])
    try:
        lock.release()
        other = WriteLock(lock.path)
        other.acquire("build")
        other.release()
    finally:
        child.kill()
        child.wait()


def test_a_lock_file_that_cannot_be_written_stays_unlocked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = WriteLock(tmp_path / "lock")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched, pytest.raises(DbtRuntimeError, match="No space left"):
        patched.setattr(os, "pwrite", full)
        lock.acquire("build")

    other = WriteLock(lock.path)
    other.acquire("build")
    other.release()


def test_an_interrupted_cleanup_releases_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = SessionAdapter.__new__(SessionAdapter)
    adapter._catalog_lock, adapter._lock = None, WriteLock(tmp_path / "lock")
    adapter._lock.acquire("build")

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(RelationAdapter, "cleanup_connections", lambda _: None)
    monkeypatch.setattr("dbt_spark_session.adapter.end_command", interrupted)
    with pytest.raises(KeyboardInterrupt):
        adapter.cleanup_connections()

    other = WriteLock(tmp_path / "lock")
    other.acquire("build")
    other.release()


def test_another_dbt_is_refused_with_the_tested_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(FACTORY, "packages")
    with pytest.raises(DbtRuntimeError, match=r"tested with dbt-core 1\.11.*installed are"):
        register()
    with pytest.raises(DbtRuntimeError, match="adapter registry has no 'packages'"):
        SessionPlugin("project")


def test_a_project_of_another_adapter_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FACTORY, "plugins", {"duckdb": object()})
    register()
    assert list(FACTORY.plugins) == ["duckdb"]


def test_parameters_of_our_own_do_not_reach_spark(tmp_path: Path) -> None:
    resolved = resolve(
        {
            "dbt.session.log": "$PROJECT_ROOT/a.log",
            "dbt.session.ansi": "True",
            "spark.sql.ansi.enabled": "false",
            "spark.x": "file:$PROJECT_ROOT/b",
        },
        str(tmp_path),
    )
    assert resolved["dbt.session.log"] == f"{tmp_path}/a.log"
    assert spark_settings(resolved) == {
        "spark.sql.ansi.enabled": "true",
        "spark.sql.catalogImplementation": "hive",
        "spark.x": f"file:{tmp_path}/b",
    }


def test_a_misspelt_parameter_is_refused() -> None:
    with pytest.raises(DbtRuntimeError, match=r"Unknown parameter 'dbt.session.lok'"):
        resolve({"dbt.session.lok": "x"}, ".")


def test_a_relative_warehouse_is_refused() -> None:
    with pytest.raises(DbtRuntimeError, match="make it absolute"):
        resolve({"spark.sql.catalog.lake.warehouse": "lake/warehouse"}, ".")
    here = resolve({"spark.sql.catalog.lake.warehouse": "$PROJECT_ROOT/lake"}, ".")
    assert Path(here["spark.sql.catalog.lake.warehouse"]).is_absolute()


@pytest.mark.parametrize(
    "catalog",
    [
        {"type": "rest", "warehouse": "shop"},
        {
            "catalog-impl": "software.amazon.s3tables.iceberg.S3TablesCatalog",
            "warehouse": "arn:aws:s3tables:eu-west-1:111122223333:bucket/shop",
        },
        {"type": "glue", "warehouse": "shop"},
        {"type": "hadoop", "warehouse": "file:/data/lake"},
        {"type": "jdbc", "warehouse": "s3://shop/lake"},
    ],
)
def test_a_warehouse_that_is_no_relative_path_is_accepted(catalog: dict[str, str]) -> None:
    settings = {f"spark.sql.catalog.lake.{key}": value for key, value in catalog.items()}
    assert resolve(settings, ".").items() >= settings.items()


@pytest.mark.parametrize("kind", ["jdbc", "hadoop", "Hive"])
def test_a_relative_warehouse_of_each_type_is_refused(kind: str) -> None:
    catalog = "spark.sql.catalog.lake"
    with pytest.raises(DbtRuntimeError, match="make it absolute"):
        resolve({f"{catalog}.type": kind, f"{catalog}.warehouse": "lake/warehouse"}, ".")


def test_a_profile_switches_a_setting_of_the_lake_off(tmp_path: Path) -> None:
    profile = {LAKE: "$PROJECT_ROOT/lake", "spark.sql.extensions": "", "spark.jars": "/jars/*"}
    assert "spark.sql.extensions" not in resolve(profile, str(tmp_path))
    assert "spark.sql.extensions" in resolve({**profile, "spark.sql.extensions": "x"}, ".")
