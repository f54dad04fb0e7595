"""Spark sessions, created from the profile's ``server_side_parameters``."""

from __future__ import annotations

import codecs
import locale
import logging
import os
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from dbt_common.exceptions import DbtRuntimeError
from pyspark import SparkContext
from pyspark.sql import SparkSession

from dbt_spark_session import connect
from dbt_spark_session.death import refuse_if_dead
from dbt_spark_session.java import start
from dbt_spark_session.lake import LAKE, add_lake
from dbt_spark_session.node_sessions import root_session, session_for_node

LOG = "dbt.session.log"
LOCK = "dbt.session.lock"
ANSI = "dbt.session.ansi"
TEMP = "dbt.session.temp"
OWN = (LAKE, LOG, LOCK, ANSI, TEMP)

_starting = threading.Lock()
_applied: WeakKeyDictionary[SparkSession, set[tuple[str, str]]] = WeakKeyDictionary()


def resolve(parameters: Mapping[str, Any], project_root: str) -> dict[str, str]:
    """Replace ``$PROJECT_ROOT`` and ``$PROJECT_URI`` in every value, and add a lake's settings.

    ``$PROJECT_URI`` is the project's folder as a ``file:`` URI. Its blanks, commas and quotes are
    escaped, since Spark splits lists of files at commas and Java's options at blanks.

    Raises:
        DbtRuntimeError: A ``dbt.session`` parameter is unknown, a lake or a warehouse is a relative
            path, there is no Iceberg for this Spark, or a parameter does not fit Spark Connect.
    """
    root = Path(project_root).resolve()
    for key in parameters:
        if key.startswith("dbt.session.") and key not in OWN:
            raise DbtRuntimeError(
                f"Unknown parameter '{key}' in server_side_parameters: known are {', '.join(OWN)}"
            )
    resolved = {
        key: str(value).replace("$PROJECT_ROOT", str(root)).replace("$PROJECT_URI", root.as_uri())
        for key, value in parameters.items()
    }
    for key, value in resolved.items():
        is_remote = "://" in value and key != LAKE
        is_folder = (key == LAKE or key.endswith(".warehouse")) and not is_remote
        if is_folder and not Path(value).is_absolute():
            raise DbtRuntimeError(
                f"{key} is the relative path '{value}', which would bind the tables to the folder"
                " that dbt runs in: make it absolute, in the profile or in the environment variable"
                " that it comes from, or start it with $PROJECT_ROOT"
            )
    return add_lake(connect.add_remote(resolved), str(root))


def spark_parameters(parameters: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters for Spark, with Hive by default and without ``dbt.session.*``."""
    spark = {key: value for key, value in parameters.items() if key not in OWN}
    spark.setdefault("spark.sql.catalogImplementation", "hive")
    if ANSI in parameters:
        # dbt-spark overwrites spark.sql.ansi.enabled in the profile with false.
        spark["spark.sql.ansi.enabled"] = parameters[ANSI].lower()
    return spark


def _let_java_open_any_name() -> None:
    """Replace an ASCII locale, since Java then cannot open a file whose name is not ASCII."""
    if codecs.lookup(locale.getencoding()).name == "ascii":
        os.environ["LC_ALL"] = "C.UTF-8"


def get_session(parameters: Mapping[str, str]) -> SparkSession:
    """Return the session of this thread's node; start Spark, or connect to it, if needed.

    A session that runs already keeps its static settings. The other settings are applied to it
    once, and the sessions of nodes have them too.

    Raises:
        DbtRuntimeError: Spark does not start, or its Java process has ended. The message has the
            cause and names the log.
    """
    refuse_if_dead()
    with _starting:
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        _let_java_open_any_name()
        spark = spark_parameters(parameters)
        remote = spark.pop(connect.REMOTE, None)
        if not remote:
            context = SparkContext._active_spark_context
            if context is None or context._jsc is None:
                start(spark, parameters.get(LOG), parameters.get(TEMP))
        _silence()
        session = connect.root_session(remote) if remote else root_session()
        is_new = session not in _applied
        applied = _applied.setdefault(session, set())
        for key, value in spark.items():
            # Only once, since a hook may change a setting for all models.
            if (key, value) in applied:
                continue
            # Spark knows the keys of a catalog only when it is used.
            if key.startswith("spark.sql.catalog.") or session.conf.isModifiable(key):
                session.conf.set(key, value)
            applied.add((key, value))
        if remote and is_new:
            connect.read_tables_again(session)
    return session_for_node(session)


def _silence() -> None:
    """Prevent pyspark and py4j from printing errors that dbt reports."""
    for name in ("SQLQueryContextLogger", "py4j"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    # Some modules of py4j log to the root logger.
    logging.getLogger().addFilter(_is_not_of_py4j)


def _is_not_of_py4j(record: logging.LogRecord) -> bool:
    return record.module not in ("java_gateway", "clientserver")
