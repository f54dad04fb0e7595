"""Remove the temp views and caches of one model from the session that all models share."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from dbt.adapters.events.logging import AdapterLogger
from pyspark.sql import SparkSession
from pyspark.sql.catalog import Catalog
from pyspark.sql.classic.dataframe import DataFrame
from pyspark.storagelevel import StorageLevel

_logger = AdapterLogger("Spark")
_thread = threading.local()
_patching = threading.Lock()
_stock: dict[tuple[type, str], Callable[..., Any]] = {}
_recorded = 0
"""Number of models that run now, in all threads."""

_CACHES = ("cache", "persist")
_VIEWS = (
    "createTempView",
    "createOrReplaceTempView",
    "createGlobalTempView",
    "createOrReplaceGlobalTempView",
    "registerTempTable",
)


def after_model(undo: Callable[[], Any]) -> None:
    """Call ``undo`` after this thread's model is written, in reverse order of registration."""
    _undos().append(undo)


def clean_up() -> None:
    """Call every registered ``undo`` of this thread's model."""
    undos = _undos()
    while undos:
        try:
            undos.pop()()
        except Exception as error:
            _logger.debug(f"While cleaning up after a model: {error}")


@contextmanager
def recording() -> Iterator[None]:
    """Record the temp views and caches that code in this thread creates, to remove them later.

    Until the last model has ended, methods of pyspark are replaced. Spark does not tell who created
    a view or a cache, and comparing the session before and after a model would also find the views
    and caches of other threads.
    """
    _patch()
    _thread.recording = True
    try:
        yield
    finally:
        _thread.recording = False
        _restore()


def drop_view_after_model(spark: SparkSession, name: str) -> None:
    """Drop a temp view after the current model is written."""
    after_model(lambda: spark.catalog.dropTempView(name))


def _undos() -> list[Callable[[], Any]]:
    if not hasattr(_thread, "undos"):
        _thread.undos = []
    undos: list[Callable[[], Any]] = _thread.undos
    return undos


def _patch() -> None:
    global _recorded
    with _patching:
        _recorded += 1
        if _recorded > 1:
            return
        for name in _CACHES:
            _replace(DataFrame, name, _watch_cache)
        for name in _VIEWS:
            _replace(DataFrame, name, functools.partial(_watch_view, is_global="Global" in name))
        _replace(Catalog, "cacheTable", _watch_cache_table)
        _replace(SparkSession, "sql", _watch_sql)


def _replace(owner: type, name: str, watch: Callable[..., Any]) -> None:
    if hasattr(owner, name):
        _stock[owner, name] = getattr(owner, name)
        setattr(owner, name, watch(getattr(owner, name)))


def _restore() -> None:
    global _recorded
    with _patching:
        _recorded -= 1
        if _recorded == 0:
            for (owner, name), method in _stock.items():
                setattr(owner, name, method)
            _stock.clear()


def _active() -> bool:
    return getattr(_thread, "recording", False)


def _watch_cache(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def watched(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not _active():
            return method(self, *args, **kwargs)
        # Spark finds caches by their plan: a cache that exists already belongs to another model.
        is_new = self.storageLevel == StorageLevel.NONE
        result = method(self, *args, **kwargs)
        if is_new:
            after_model(result.unpersist)
        return result

    return watched


def _watch_view(method: Callable[..., Any], is_global: bool) -> Callable[..., Any]:
    @functools.wraps(method)
    def watched(self: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        if _active():
            _view_made(self.sparkSession, name, is_global)
        return method(self, name, *args, **kwargs)

    return watched


def _watch_cache_table(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def watched(self: Any, tableName: str, *args: Any, **kwargs: Any) -> Any:
        is_new = _active() and not self.isCached(tableName)
        result = method(self, tableName, *args, **kwargs)
        if is_new:
            after_model(lambda: self.uncacheTable(tableName))
        return result

    return watched


def _view_made(spark: SparkSession, name: str, is_global: bool) -> None:
    undo = _drop_of(spark, name, is_global)
    if undo is not None:
        after_model(undo)


def _drop_of(spark: SparkSession, name: str, is_global: bool) -> Callable[[], Any] | None:
    """Return a function that drops a temp view; None if the view exists already."""
    views = spark._jsparkSession.sessionState().catalog()
    found = views.getGlobalTempView(name) if is_global else views.getTempView(name)
    if found.isDefined():
        return None
    catalog = spark.catalog
    drop = catalog.dropGlobalTempView if is_global else catalog.dropTempView
    return lambda: drop(name)


def _watch_sql(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def watched(self: Any, sqlQuery: str, *args: Any, **kwargs: Any) -> Any:
        if not _active():
            return method(self, sqlQuery, *args, **kwargs)
        before = _command(self, sqlQuery)
        undo = _undo_of(self, before) if before is not None else None
        result = method(self, sqlQuery, *args, **kwargs)
        if undo is not None:
            after_model(undo)
        return result

    return watched


def _command(spark: SparkSession, sql: str) -> Any:
    """Return the parsed plan of a statement that may create a view or a cache, else None."""
    words = sql.lower()
    if "cache" not in words and "temp" not in words:
        return None
    try:
        return spark._jsparkSession.sessionState().sqlParser().parsePlan(sql)
    except Exception:
        # When the statement runs, it raises Spark's message.
        return None


def _undo_of(spark: SparkSession, plan: Any) -> Callable[[], Any] | None:
    kind = plan.getClass().getSimpleName()
    catalog = spark.catalog
    if kind in ("CreateViewCommand", "CreateTempViewUsing"):
        if kind == "CreateViewCommand":
            name = plan.name().table()
            view_type = plan.viewType().toString()
            if view_type == "PersistedView":
                return None
            is_global = view_type == "GlobalTempView"
        else:
            name, is_global = plan.tableIdent().table(), getattr(plan, "global")()
        return _drop_of(spark, name, is_global)
    if kind == "CacheTableAsSelect":
        name = plan.tempViewName()
        return lambda: catalog.dropTempView(name)
    if kind == "CacheTable":
        name = plan.multipartIdentifier().mkString(".")
        return None if catalog.isCached(name) else lambda: catalog.uncacheTable(name)
    return None
