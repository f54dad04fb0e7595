"""The wheel and the source distribution: their files, and what an index checks."""

from __future__ import annotations

import re
import tarfile
from pathlib import Path
from zipfile import ZipFile

import dbt_spark_session
from dbt_spark_session.lake import ICEBERG
from dbt_spark_session.versions import TESTED
from distributions import BIN
from processes import PACKAGE, run


def test_the_wheel_has_the_package_and_nothing_else(wheel: Path) -> None:
    names = set(ZipFile(wheel).namelist())
    source = PACKAGE / "src"
    expected = {
        str(path.relative_to(source))
        for path in source.rglob("*")
        if path.is_file() and path.suffix in (".py", ".sql", ".yml", ".typed")
    }
    assert "dbt_spark_session/macros/create.sql" in expected
    assert "dbt_spark_session/py.typed" in expected
    info = f"dbt_spark_session-{dbt_spark_session.__version__}.dist-info"
    assert {name for name in names if not name.startswith(info)} == expected
    assert f"{info}/licenses/LICENSE" in names


def test_the_source_distribution_has_tests_example_and_changelog(wheel: Path) -> None:
    (path,) = wheel.parent.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names >= {
        "CHANGELOG.md",
        "LICENSE",
        "tests/test_session_wheel.py",
        "examples/jaffle_shop/profiles.yml",
    }


def test_an_index_accepts_the_distributions(wheel: Path) -> None:
    distributions = sorted(wheel.parent.iterdir())
    assert run(BIN / "twine", "check", "--strict", *distributions).count("PASSED") == 2
    run(BIN / "check-wheel-contents", wheel)
    run(BIN / "pyroma", wheel.parents[1] / "source")


def test_the_version_is_semantic_and_the_changelog_has_it() -> None:
    number = dbt_spark_session.__version__
    assert [part.isdecimal() for part in number.split(".")] == [True] * 3
    headings = [
        line
        for line in (PACKAGE / "CHANGELOG.md").read_text().splitlines()
        if line.startswith("## ")
    ]
    assert headings[0] == "## [Unreleased]"
    assert headings[1].startswith(f"## [{number}] - ")
    project = (PACKAGE / "src" / "dbt_spark_session" / "dbt_project.yml").read_text()
    assert f"version: {number}\n" in project


def test_the_readme_names_and_installs_the_tested_versions() -> None:
    readme = (PACKAGE / "README.md").read_text()
    pins = re.findall(r'"([a-z-]+)(?:\[\w+\])?==([\d.]+)\.\*"', readme)
    assert {name for name, _ in pins} == set(TESTED)
    assert [pin for pin in pins if pin[1] not in TESTED[pin[0]]] == []
    assert f"| dbt-core, dbt-spark | {' and '.join(TESTED['dbt-core'])} |" in readme
    for series in TESTED["pyspark"]:
        assert f"{series} with Iceberg {ICEBERG[series].rpartition('.')[0]}: " in readme
