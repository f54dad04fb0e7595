"""The process's one Spark session, made from the profile's ``server_side_parameters``."""

from __future__ import annotations

import codecs
import locale
import logging
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from dbt_common.exceptions import DbtRuntimeError
from pyspark import SparkConf, SparkContext
from pyspark.sql import SparkSession

from dbt_spark_session.errors import spark_message

LOG = "dbt.session.log"
LOCK = "dbt.session.lock"
ANSI = "dbt.session.ansi"
OWN = (LOG, LOCK, ANSI)

_starting = threading.Lock()
_applied: set[tuple[int, str, str]] = set()


def resolve(parameters: Mapping[str, Any], project_root: str) -> dict[str, str]:
    """Replace ``$PROJECT_ROOT`` in every value; refuse unknown ``dbt.session`` parameters.

    ``$PROJECT_URI`` is the same folder as a ``file:`` URI. Its blanks, commas and quotes are
    escaped, where Spark splits a list of files or Java's options.
    """
    root = Path(project_root).resolve()
    for key in parameters:
        if key.startswith("dbt.session.") and key not in OWN:
            raise DbtRuntimeError(
                f"Unknown parameter '{key}' in server_side_parameters. Known are {', '.join(OWN)}"
            )
    resolved = {
        key: str(value).replace("$PROJECT_ROOT", str(root)).replace("$PROJECT_URI", root.as_uri())
        for key, value in parameters.items()
    }
    for key, value in resolved.items():
        if key.endswith(".warehouse") and "://" not in value and not Path(value).is_absolute():
            raise DbtRuntimeError(
                f"{key} is the relative path '{value}', which would bind the tables to the folder"
                " that dbt runs in: make it absolute, in the profile or in the environment variable"
                " that it comes from, or start it with $PROJECT_ROOT"
            )
    return resolved


def spark_parameters(parameters: Mapping[str, str]) -> dict[str, str]:
    """Return what Spark gets: without our own parameters, with Hive unless another catalog."""
    spark = {key: value for key, value in parameters.items() if key not in OWN}
    spark.setdefault("spark.sql.catalogImplementation", "hive")
    if ANSI in parameters:
        # dbt-spark overwrites spark.sql.ansi.enabled in the profile with false.
        spark["spark.sql.ansi.enabled"] = parameters[ANSI].lower()
    return spark


def _let_java_open_any_name() -> None:
    """Replace an ASCII locale: Java opens no file whose name the locale's encoding lacks."""
    if codecs.lookup(locale.getencoding()).name == "ascii":
        os.environ["LC_ALL"] = "C.UTF-8"


def get_session(parameters: Mapping[str, str]) -> SparkSession:
    """Return the active session, or start Spark with these parameters.

    An active session keeps its static settings; the others are applied to it, once.

    Raises:
        DbtRuntimeError: Spark does not start; says why and names the log.
    """
    with _starting:
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        _let_java_open_any_name()
        spark = spark_parameters(parameters)
        context = SparkContext._active_spark_context
        if context is None or context._jsc is None:
            _start(spark, parameters.get(LOG))
        # pyspark prints every error as a line of JSON; dbt reports it already.
        logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL + 1)
        session: SparkSession = SparkSession.builder.getOrCreate()
        for key, value in spark.items():
            # Only once: models may change a setting for those after them.
            if (id(session), key, value) not in _applied and session.conf.isModifiable(key):
                session.conf.set(key, value)
                _applied.add((id(session), key, value))
        return session


def _start(spark: Mapping[str, str], log: str | None) -> None:
    from pyspark.java_gateway import launch_gateway

    if SparkContext._gateway is None:
        _find_java()
    conf = SparkConf()
    for key, value in spark.items():
        conf.set(key, value)
    where = f" Spark's own output is in {log}." if log else ""
    with ExitStack() as stack:
        options: dict[str, Any] = {}
        if log:
            Path(log).parent.mkdir(parents=True, exist_ok=True)
            options["stderr"] = stack.enter_context(Path(log).open("ab"))
        try:
            gateway = SparkContext._gateway or launch_gateway(conf, popen_kwargs=options)
        except Exception as error:
            raise DbtRuntimeError(
                f"The Java machine of Spark did not start (java: {_java_version()})."
                f"{where} {_last_line(log)}".rstrip()
            ) from error
    try:
        SparkContext(conf=conf, gateway=gateway)
    except Exception as error:
        raise DbtRuntimeError(f"Spark did not start: {spark_message(error)}{where}") from error


def _java() -> str | None:
    home = os.environ.get("JAVA_HOME")
    if home:
        return shutil.which(str(Path(home) / "bin" / "java"))
    return shutil.which("java")


def _find_java() -> None:
    if _java() is None:
        home = os.environ.get("JAVA_HOME")
        place = f"in JAVA_HOME ({home})" if home else "on the PATH"
        raise DbtRuntimeError(
            f"Spark needs Java 17 or newer, and there is no java {place}: install a JDK 17+ "
            "(https://adoptium.net, or your system's openjdk-17 package) and set JAVA_HOME."
        )


def _java_version() -> str:
    try:
        result = subprocess.run(
            [_java() or "java", "-version"], capture_output=True, text=True, timeout=20, check=False
        )
        return (result.stderr or result.stdout).splitlines()[0]
    except (OSError, IndexError, subprocess.TimeoutExpired):
        return "unknown version"


def _last_line(log: str | None) -> str:
    if log is None:
        return ""
    lines = [line for line in Path(log).read_text(errors="replace").splitlines() if line.strip()]
    return f"Its last line: {lines[-1].strip()}" if lines else ""
