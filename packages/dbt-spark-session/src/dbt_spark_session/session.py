"""Spark sessions, created from the profile's ``server_side_parameters``."""

from __future__ import annotations

import codecs
import locale
import logging
import os
import sys
import threading
from collections.abc import Mapping
from weakref import WeakKeyDictionary

from pyspark import SparkContext
from pyspark.sql import SparkSession

from dbt_spark_session import connect
from dbt_spark_session.command_sessions import session_for_command
from dbt_spark_session.death import refuse_if_dead
from dbt_spark_session.java import start
from dbt_spark_session.loaded_catalogs import refuse_other_settings
from dbt_spark_session.node_sessions import load_catalogs, root_session, session_for_node
from dbt_spark_session.packages import PACKAGES, send_packages
from dbt_spark_session.parameters import LOG, TEMP, spark_settings

PYTHON = "spark.pyspark.python"
_starting = threading.Lock()
_applied: WeakKeyDictionary[SparkSession, set[tuple[str, str]]] = WeakKeyDictionary()


def _let_java_open_any_name() -> None:
    """Replace an ASCII locale, since Java then cannot open a file whose name is not ASCII."""
    if codecs.lookup(locale.getencoding()).name == "ascii":
        os.environ["LC_ALL"] = "C.UTF-8"


def _choose_python(named: str | None) -> None:
    """Choose the Python of the executors: the profile's, PYSPARK_PYTHON, or that of dbt.

    pyspark reads only the variable; spark-submit would read the setting too.
    """
    if named:
        os.environ["PYSPARK_PYTHON"] = named
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)


def get_session(parameters: Mapping[str, str]) -> SparkSession:
    """Return the session of this thread's node; start Spark, or connect to it, if needed.

    Outside of a node, this is the session of the dbt command that runs. A Spark that runs already
    keeps its static settings. The other settings are applied to the session of each command once,
    and the sessions of nodes have them too.

    Raises:
        DbtRuntimeError: Spark does not start, or its Java process has ended. The message has the
            cause and names the log. Or Spark has loaded a catalog with other settings.
    """
    refuse_if_dead()
    with _starting:
        _choose_python(parameters.get(PYTHON))
        _let_java_open_any_name()
        spark = spark_settings(parameters)
        remote = spark.pop(connect.REMOTE, None)
        if not remote:
            context = SparkContext._active_spark_context
            if context is None or context._jsc is None:
                start(spark, parameters.get(LOG), parameters.get(TEMP))
        _silence()
        first = connect.root_session(remote) if remote else root_session()
        session = session_for_command(first)
        is_new = session not in _applied
        if is_new and not remote:
            refuse_other_settings(first, spark)
        applied = _applied.setdefault(session, set())
        for key, value in spark.items():
            # Only once, since a hook may change a setting for all models.
            if (key, value) in applied:
                continue
            # Spark knows the keys of a catalog only when it is used.
            if key.startswith("spark.sql.catalog.") or session.conf.isModifiable(key):
                session.conf.set(key, value)
            applied.add((key, value))
        if is_new and remote:
            connect.read_tables_again(session)
        elif is_new:
            load_catalogs(session)
            send_packages(session.sparkContext, parameters.get(PACKAGES, ""))
    return session_for_node(session)


def _silence() -> None:
    """Prevent pyspark and py4j from printing errors that dbt reports."""
    for name in ("SQLQueryContextLogger", "py4j"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    # Some modules of py4j log to the root logger.
    logging.getLogger().addFilter(_is_not_of_py4j)


def _is_not_of_py4j(record: logging.LogRecord) -> bool:
    return record.module not in ("java_gateway", "clientserver")
