"""Packages of dbt's machine on executors that cannot import them from their own folders."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from dbt_common.exceptions import DbtRuntimeError

from dbt_spark_session.packages import _files, _write
from dbt_spark_session.parameters import resolve

PROGRAM = """
import shutil
import sys
from pathlib import Path

from pyspark.sql import SparkSession

from dbt_spark_session.packages import send_packages

folder = Path(sys.argv[1])
builder = SparkSession.builder.master("local-cluster[1,1,512]").config("spark.ui.enabled", "false")
spark = builder.config("spark.executor.memory", "512m").getOrCreate()
context = spark.sparkContext


def imported(batches):
    import of_driver
    import of_driver.part
    import single

    import pyarrow as pa

    values = [of_driver.part.VALUE, single.VALUE, of_driver.__file__, of_driver.text()]
    yield pa.RecordBatch.from_pydict({"value": values})


def values():
    frame = spark.range(1).mapInArrow(imported, "value string")
    return [row.value for row in frame.collect()]


send_packages(context, "of_driver, single")
first = values()
archives = context.listArchives
send_packages(context, "of_driver single")
assert context.listArchives == archives, "equal packages are sent once"
shutil.rmtree(folder)
folder.mkdir()
(folder / "single.py").write_text("VALUE = 'new'")
(folder / "of_driver").mkdir()
(folder / "of_driver" / "__init__.py").write_text("def text():\\n    return 'new text'")
(folder / "of_driver" / "part.py").write_text("VALUE = 'new part'")
send_packages(context, "of_driver,single")
print(first[0], first[1], first[3], *values(), sep="|")
print(first[2])
"""

RUN = """
import runpy
sys.argv = [sys.argv[1], sys.path[-1]]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.slow
def test_executors_import_what_dbt_can_import(tmp_path: Path) -> None:
    folder = tmp_path / "of this machine"
    package = folder / "of_driver"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        "from pathlib import Path\n"
        "def text():\n    return (Path(__file__).parent / 'data.txt').read_text()\n"
    )
    (package / "part.py").write_text("VALUE = 'part'\n")
    (package / "data.txt").write_text("text of a file")
    (folder / "single.py").write_text("VALUE = 'single'\n")
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.append({str(folder)!r})\n{RUN}", program],
        env={**os.environ, "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    values, file = done.stdout.splitlines()[-2:]
    assert values.startswith("part|single|text of a file|new part|new|")
    assert values.endswith("|new text")
    assert "/packages-" in file
    assert not Path(file).is_relative_to(folder)


@pytest.mark.parametrize("name", ["no_such_package", "sys", "a..b"])
def test_a_package_that_cannot_be_imported_is_named(name: str) -> None:
    with pytest.raises(DbtRuntimeError, match=r"names '.*', which the Python of dbt cannot import"):
        list(_files(name))


def test_a_setting_without_a_value_is_left_out() -> None:
    assert resolve({"spark.archives": "", "spark.master": "local"}, "/") == {
        "spark.master": "local"
    }


def test_spark_connect_refuses_the_parameter() -> None:
    with pytest.raises(DbtRuntimeError, match=r"dbt\.session\.packages is a parameter of a Spark"):
        resolve({"spark.remote": "sc://127.0.0.1", "dbt.session.packages": "a"}, "/")


def test_a_package_in_a_package_is_sent_with_the_start_of_the_outer_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("__init__", "other", "scoring/__init__", "scoring/rules/__init__", "scoring/one"):
        file = tmp_path / "company_of_test" / f"{place}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
    monkeypatch.syspath_prepend(tmp_path)

    def files(name: str) -> list[str]:
        return sorted(place.removeprefix("company_of_test/") for place, _ in _files(name))

    starts = ["__init__.py", "scoring/__init__.py"]
    assert files("company_of_test.scoring.rules") == [*starts, "scoring/rules/__init__.py"]
    assert files("company_of_test.scoring.one") == [*starts, "scoring/one.py"]
    assert "other.py" not in files("company_of_test.scoring")


def test_the_archive_is_compressed(tmp_path: Path) -> None:
    file = tmp_path / "long.py"
    file.write_text("# nothing\n" * 10_000)
    _write(tmp_path / "archive.zip", {"long.py": file})
    assert (tmp_path / "archive.zip").stat().st_size < 10_000
