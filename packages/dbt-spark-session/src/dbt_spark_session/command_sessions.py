"""Give each dbt command a Spark session, so that what its hooks set ends with the command.

A program may run several dbt commands in one process. Their Spark is the same, and so are its
catalogs; each command reads the tables anew, since another process may have replaced them.
"""

from __future__ import annotations

import uuid
from typing import Any

from dbt.adapters.events.logging import AdapterLogger
from pyspark.sql import SparkSession

from dbt_spark_session import connect
from dbt_spark_session.death import has_died
from dbt_spark_session.lake import ICEBERG_CATALOGS
from dbt_spark_session.node_sessions import NODE, activate, copy_of, uncache

_logger = AdapterLogger("Spark")
_CACHING_CATALOG = "org.apache.iceberg.CachingCatalog"


class _Command:
    """The session of a command, and the global temp views that existed before it."""

    def __init__(self) -> None:
        self.id = uuid.uuid4().hex
        self.root: SparkSession | None = None
        self.session: SparkSession | None = None
        self.global_views: set[str] = set()


_running: _Command | None = None


def begin_command() -> None:
    """Let the next use of Spark create a session for a new command."""
    global _running
    end_command()
    _running = _Command()


def continue_command() -> None:
    """Begin a command if none runs: ``dbt docs generate`` cleans up, and then uses Spark again."""
    if _running is None:
        begin_command()


def end_command() -> None:
    """End the session of the command, if there is one: remove its caches and global temp views."""
    global _running
    ended, _running = _running, None
    if ended is None or ended.session is None or ended.root is None or has_died():
        return
    try:
        uncache(ended.root, ended.id)
        views = _global_views(ended.root)
        for name in _names(views.listViewNames("*")) - ended.global_views:
            views.remove(name)
        activate(ended.root)
    except Exception as error:
        _logger.debug(f"While cleaning up after a command: {error}")


def session_for_command(root: SparkSession) -> SparkSession:
    """Return the session of the dbt command that runs; ``root`` if none runs, or with Connect.

    The session starts as a copy of ``root``, with its settings, temp views and functions.
    """
    running = _running
    if running is None or connect.is_connect(root):
        return root
    if running.session is None or running.root is not root:
        running.root, running.session = root, copy_of(root)
        running.session.conf.set(NODE, running.id)
        running.global_views = _names(_global_views(root).listViewNames("*"))
        _forget_tables(root)
        activate(running.session)
    return running.session


def _global_views(root: SparkSession) -> Any:
    return root._jsparkSession.sharedState().globalTempViewManager()


def _names(sequence: Any) -> set[str]:
    """Return the texts of a sequence of Scala."""
    return {sequence.apply(index) for index in range(sequence.size())}


def _forget_tables(root: SparkSession) -> None:
    """Empty the caches of Iceberg's catalogs, which keep a table for 30 seconds after its use."""
    catalogs = root._jsparkSession.sessionState().catalogManager()
    for name in _names(catalogs.listCatalogs(root._jvm.scala.Option.empty())):
        catalog = catalogs.catalog(name)
        if catalog.getClass().getName() not in ICEBERG_CATALOGS:
            continue
        caching = catalog.icebergCatalog()
        if caching.getClass().getName() == _CACHING_CATALOG:
            tables = caching.getClass().getDeclaredField("tableCache")
            tables.setAccessible(True)
            tables.get(caching).invalidateAll()
