"""The settings of ``dbt.session.lake``, and the warning about untested versions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dbt.tests.util import run_dbt_and_capture
from dbt_common.exceptions import DbtRuntimeError

from dbt_spark_session.java import start
from dbt_spark_session.lake import ICEBERG
from dbt_spark_session.parameters import LAKE, OWN, PUBLISH, resolve
from dbt_spark_session.versions import TESTED, warning_about_versions


def test_a_lake_is_a_folder_with_catalog_warehouse_and_lock(tmp_path: Path) -> None:
    settings = resolve({LAKE: "$PROJECT_ROOT/lake"}, str(tmp_path))
    lake = tmp_path / "lake"
    assert settings["spark.sql.catalog.lake.uri"] == f"jdbc:sqlite:{lake}/catalog.db"
    assert settings["spark.sql.catalog.lake.warehouse"] == f"{lake}/warehouse"
    assert settings["dbt.session.lock"] == f"{lake}/build.lock"
    assert {key for key in settings if key.startswith("dbt.")} <= set(OWN)


def test_the_settings_of_the_profile_win() -> None:
    profile = {
        LAKE: "$PROJECT_ROOT/lake",
        "spark.jars": "/jars/*",
        "spark.sql.catalog.lake.type": "rest",
        "dbt.session.lock": "/elsewhere/lock",
    }
    settings = resolve(profile, "/project")
    assert settings.items() >= {**profile, LAKE: "/project/lake"}.items()
    assert "spark.jars.packages" not in settings


def test_a_published_catalog_has_the_settings_of_the_one_dbt_writes_to() -> None:
    settings = resolve({LAKE: "/lake", PUBLISH: "lake", "spark.jars": "/jars/*"}, ".")
    assert settings["spark.sql.defaultCatalog"] == "build"
    for name in ("build", "lake"):
        assert settings[f"spark.sql.catalog.{name}.uri"] == "jdbc:sqlite:/lake/catalog.db"
    assert settings["spark.sql.catalog.lake.cache-enabled"] == "false"


@pytest.mark.parametrize("series", TESTED["pyspark"])
def test_the_jars_fit_the_installed_spark(series: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyspark.__version__", f"{series}.3")
    settings = resolve({LAKE: "/lake", "spark.jars": ""}, ".")
    runtime = f"iceberg-spark-runtime-{series}_2.13:{ICEBERG[series]}"
    assert runtime in settings["spark.jars.packages"]


def test_a_spark_without_iceberg_is_refused_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pyspark.__version__", "4.9.0")
    with pytest.raises(DbtRuntimeError, match=r"for Spark 4\.0 and 4\.1, but pyspark 4\.9\.0 is"):
        resolve({LAKE: "/lake"}, ".")
    assert resolve({LAKE: "/lake", "spark.jars": "/jars/*"}, ".")["spark.jars"] == "/jars/*"


@pytest.mark.parametrize("folder", ["lake", "s3://lake"])
def test_a_lake_is_an_absolute_path(folder: str) -> None:
    with pytest.raises(DbtRuntimeError, match=f"dbt.session.lake is the relative path '{folder}'"):
        resolve({LAKE: folder}, ".")


def test_jars_that_cannot_be_downloaded_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pyspark.SparkContext._gateway", None)
    settings = {
        "spark.jars.packages": "org.example:no-such-jar:1.0",
        "spark.jars.ivySettings": str(tmp_path / "ivysettings.xml"),
        "spark.jars.ivy": str(tmp_path / "ivy"),
    }
    (tmp_path / "ivysettings.xml").write_text(
        "<ivysettings><settings defaultResolver='none'/><resolvers>"
        f"<filesystem name='none'><artifact pattern='{tmp_path}/[artifact]-[revision].[ext]'/>"
        "</filesystem></resolvers></ivysettings>"
    )
    with pytest.raises(DbtRuntimeError, match=r"\[unresolved dependency: org.example#no-such-jar"):
        start(settings, str(tmp_path / "spark.log"), None)


def test_an_error_shows_no_line_of_an_earlier_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    java = tmp_path / "jdk" / "bin" / "java"
    java.parent.mkdir(parents=True)
    # Spark's script asks Java for the command to run: `false` prints nothing.
    java.write_text("#!/bin/sh\nprintf '\\nfalse\\0'\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))
    monkeypatch.setattr("pyspark.SparkContext._gateway", None)
    log = tmp_path / "spark.log"
    log.write_text("an error of yesterday\n")
    with pytest.raises(DbtRuntimeError, match="Java process did not start") as raised:
        start({}, str(log), None)
    assert "yesterday" not in raised.value.msg


def test_no_version_here_is_untested() -> None:
    assert warning_about_versions() is None


class TestUntestedVersion:
    def test_it_is_one_warning_and_no_error(
        self, project: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        info = tmp_path / "pyspark-4.9.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pyspark\nVersion: 4.9.0\n")
        monkeypatch.syspath_prepend(tmp_path)
        _, output = run_dbt_and_capture(["parse"])
        sentence = (
            "dbt-spark-session is tested with dbt-core 1.11, dbt-spark 1.11 and pyspark 4.0 or "
            "4.1, but here it runs with pyspark 4.9.0."
        )
        assert output.count(sentence) == 1
