"""Java's command line has no secret, no temporary file stays, and the end of Java is reported."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from dbt_spark_session.scratch import scratch_folder
from processes import QUICK, Dbt

OPTIONS = "spark.driver.extraJavaOptions"
CANARY = "canary-7f3a"

LOOKS_FOR_SECRETS = """
from pathlib import Path

from pyspark.sql.functions import udf

def model(dbt, spark):
    numbers = spark.range(1).select(udf(lambda i: i, "long")("id").alias("id"))
    numbers.count()  # starts a Python worker
    seen = []
    for process in Path("/proc").iterdir():
        try:
            command = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if b"can" + b"ary-7f3a" in command:
            seen.append(process.name)
    assert not seen, f"a secret stands in the process list: {seen}"
    assert spark.conf.get("spark.sql.catalog.other.jdbc.password").startswith("can" + "ary")
    return numbers
"""

TELLS_SECRETS = """
def model(dbt, spark):
    catalog = "spark.sql.catalog.other."
    texts = [spark.conf.get(catalog + name) for name in ("uri", "jdbc.password")]
    if texts:
        raise ValueError(" ".join(texts))
    return spark.range(1)
"""

KILLS = """
import os, time

from pyspark import SparkContext

def model(dbt, spark):
    time.sleep(2)  # until the other model runs
    os.kill(SparkContext._gateway.proc.pid, 9)
    return spark.range(3)
"""

COUNTS = "select count(*) as n from range(1000000000000) where id % 7 = rand()"

TAKES_THE_HEAP = "select sum(id + size(array_repeat(id, 100000000))) as n from range(4)"


def configure(project: Path, threads: int = 1, **parameters: str) -> None:
    """Add a catalog and these session parameters to the profile of the project."""
    profile = yaml.safe_load((project / "profiles.yml").read_text())
    target = profile["test"]["outputs"]["t"]
    target["threads"] = threads
    target["server_side_parameters"] |= {
        **QUICK,
        OPTIONS: f"{QUICK[OPTIONS]} -XX:+ExitOnOutOfMemoryError",
        "dbt.session.temp": "$PROJECT_ROOT/lake/its tmp",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.warehouse.dir": "$PROJECT_ROOT/warehouse",
        **parameters,
    }
    (project / "profiles.yml").write_text(yaml.safe_dump(profile))
    settings = {
        "name": "test",
        "profile": "test",
        "models": {"+file_format": "parquet", "+materialized": "table"},
    }
    (project / "dbt_project.yml").write_text(yaml.safe_dump(settings))


def write_models(project: Path, **models: str) -> None:
    """Write each model, as Python if it defines a function and as SQL otherwise."""
    for name, text in models.items():
        suffix = "py" if "def model" in text else "sql"
        (project / "models" / f"{name}.{suffix}").write_text(text)


def is_empty_soon(folder: Path) -> bool:
    """Return whether the folder becomes empty soon; Java ends a moment after dbt."""
    for _ in range(100):
        if not list(folder.iterdir()):
            return True
        time.sleep(0.1)
    return False


def test_a_secret_is_seen_nowhere_and_no_temporary_file_stays(dbt: Dbt, tmp_path: Path) -> None:
    configure(
        tmp_path,
        **{
            "spark.hadoop.fs.s3a.secret.key": f"{CANARY}-1",
            "spark.sql.catalog.other.uri": f"jdbc:sqlite:/nowhere/x.db?user=me&password={CANARY}-2",
            "spark.sql.catalog.other.jdbc.password": f"{CANARY}-3",
        },
    )
    write_models(tmp_path, looks=LOOKS_FOR_SECRETS, tells=TELLS_SECRETS)
    done = dbt("--debug", "run")

    assert "PASS=2 " in done.stdout, done.stdout  # with the model `one`
    assert "ERROR=1" in done.stdout
    assert "ValueError: jdbc:sqlite:/nowhere/x.db?user=me&password=***** *****" in done.stdout
    files = [
        path
        for folder in ("logs", "target")
        for path in (tmp_path / folder).rglob("*")
        if path.is_file()
    ]
    assert {path.name for path in files} >= {"dbt.log", "spark.log", "manifest.json"}
    leaks = [path.name for path in files if CANARY.encode() in path.read_bytes()]
    assert leaks == []
    assert CANARY not in done.stdout + done.stderr
    assert is_empty_soon(tmp_path / "lake" / "its tmp")


def test_a_killed_java_is_one_sentence_and_ends_the_run(dbt: Dbt, tmp_path: Path) -> None:
    configure(tmp_path, threads=2)
    (tmp_path / "models" / "one.sql").unlink()
    write_models(tmp_path, counts=COUNTS, kills=KILLS)
    write_models(tmp_path, **{f"later_{i}": "select 1 as id" for i in range(5)})
    done = dbt("run")

    output = done.stdout + done.stderr
    sentence = (
        "Spark's Java process was killed (signal 9) while counts and kills ran "
        f"(its output: {tmp_path}/logs/spark.log). Its heap was 1g (spark.driver.memory in the "
        "profile): lower it if the machine ran out of memory"
    )
    assert done.returncode == 1
    assert sentence in output, output
    for noise in ("Traceback", "Connection refused", "py4j", "Py4J", "Exception"):
        assert noise not in output, output
    assert "ERROR=2 SKIP=5" in output, output
    assert list((tmp_path / "lake" / "its tmp").iterdir()) == []


@pytest.mark.slow
def test_a_full_heap_names_the_setting_that_raises_it(dbt: Dbt, tmp_path: Path) -> None:
    configure(tmp_path, **{"spark.driver.memory": "500m"})
    (tmp_path / "models" / "one.sql").unlink()
    write_models(tmp_path, eats=TAKES_THE_HEAP, later="select * from {{ ref('eats') }}")
    done = dbt("run")

    output = done.stdout + done.stderr
    assert done.returncode == 1
    assert "Spark's Java process ran out of memory while eats ran" in output
    assert "Its heap was 500m: raise spark.driver.memory in the profile" in output
    for noise in ("Traceback", "Connection refused", "py4j", "Exception", "Terminating"):
        assert noise not in output, output


def test_a_run_removes_what_killed_runs_left(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from dbt_spark_session.scratch import "
        "scratch_folder; folder = scratch_folder(Path(sys.argv[1])); "
        "(folder / 'spark-1').mkdir(); (folder / 'spark-1' / 'data').write_text('x'); "
        "print(folder, flush=True); sys.stdin.read(); os._exit(9)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as dead, subprocess.Popen(command, **pipes) as alive:
        left, used = (Path(process.stdout.readline().strip()) for process in (dead, alive))
        (tmp_path / "of somebody else").mkdir()
        dead.communicate()
        mine = scratch_folder(tmp_path)
        assert {path.name for path in tmp_path.iterdir()} == {
            mine.name,
            used.name,
            "of somebody else",
        }
        assert not left.exists()
        alive.communicate()


def test_a_comma_in_its_path_moves_the_folder_to_the_systems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "system"))
    (tmp_path / "system").mkdir()
    assert scratch_folder(tmp_path / "a,b").parent == tmp_path / "system"
    assert not (tmp_path / "a,b").exists()
