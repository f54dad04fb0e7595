"""A Spark session for each node of dbt, so that settings and temp views stay in their node."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from dbt.adapters.events.logging import AdapterLogger
from pyspark import RDD
from pyspark.sql import SparkSession

from dbt_spark_session.death import has_died

_logger = AdapterLogger("Spark")
_NODE = "spark.dbt.session.node"
"""Setting by which the caches of a node are recognised; Spark's cache belongs to all sessions."""

_PATCHED = "_dbt_spark_session"

_thread = threading.local()
_creating = threading.Lock()


class _Node:
    """The session of a node, and what to undo after the node."""

    def __init__(self) -> None:
        self.id = uuid.uuid4().hex
        self.root: SparkSession | None = None
        self.session: SparkSession | None = None
        self.undos: list[Callable[[], Any]] = []


class _InstantiatedSession:
    """Value of ``SparkSession._instantiatedSession``, which ``builder.getOrCreate`` returns."""

    def __init__(self, root: SparkSession) -> None:
        self.root = root

    def __get__(self, _: SparkSession | None, __: type[SparkSession]) -> SparkSession:
        return _session_of_thread() or self.root


@contextmanager
def node() -> Iterator[None]:
    """Give the code of this thread a session of its own, and remove its caches afterwards.

    The session is created when it is first used.
    """
    nodes = _nodes()
    nodes.append(_Node())
    try:
        yield
    finally:
        _end(nodes.pop())


def session_for_node(root: SparkSession) -> SparkSession:
    """Return the session of this thread's node; outside of a node, ``root``.

    The session starts as a copy of ``root``, with its settings, temp views, functions and current
    schema. Tables, catalogs and the cache are those of ``root``.
    """
    nodes = _nodes()
    if not nodes:
        return root
    current = nodes[-1]
    if current.session is None or current.root is not root:
        current.root, current.session = root, _copy_of(root)
        current.session.conf.set(_NODE, current.id)
        _activate(current.session)
    return current.session


def root_session() -> SparkSession:
    """Return the session outside of all nodes; create it, and Spark's context, if there is none."""
    instantiated = vars(SparkSession)["_instantiatedSession"]
    if isinstance(instantiated, _InstantiatedSession):
        if instantiated.root.sparkContext._jsc is not None:
            return instantiated.root
        SparkSession._instantiatedSession = None
    root: SparkSession = SparkSession.builder.getOrCreate()
    return root


def after_node(undo: Callable[[], Any]) -> None:
    """Call ``undo`` at the end of this thread's node; without a node, never."""
    if _nodes():
        _nodes()[-1].undos.append(undo)


def _nodes() -> list[_Node]:
    if not hasattr(_thread, "nodes"):
        _thread.nodes = []
    nodes: list[_Node] = _thread.nodes
    return nodes


def _session_of_thread() -> SparkSession | None:
    nodes = _nodes()
    return nodes[-1].session if nodes else None


def _copy_of(root: SparkSession) -> SparkSession:
    with _creating:
        _follow_threads(root)
        copy = root._jsparkSession.cloneSession()
        _share_catalogs(root._jsparkSession, copy)
        session = SparkSession(root.sparkContext, copy)
        # The constructor binds this method of all RDDs to the new session.
        RDD.toDF = _to_df
        return session


def _follow_threads(root: SparkSession) -> None:
    """Let pyspark find the session of the node where it looks for that of the process."""
    if not isinstance(vars(SparkSession)["_instantiatedSession"], _InstantiatedSession):
        SparkSession._instantiatedSession = _InstantiatedSession(root)
    stock = SparkSession.getActiveSession
    if not hasattr(stock, _PATCHED):

        def get_active_session(cls: type[SparkSession]) -> SparkSession | None:
            found: SparkSession | None = _session_of_thread() or stock()
            return found

        setattr(get_active_session, _PATCHED, True)
        SparkSession.getActiveSession = classmethod(get_active_session)


def _to_df(rdd: Any, schema: Any = None, sampleRatio: float | None = None) -> Any:
    return SparkSession.active().createDataFrame(rdd, schema, sampleRatio)


def _share_catalogs(root: Any, copy: Any) -> None:
    """Let two sessions use the same catalogs.

    Iceberg keeps tables in a cache of the catalog. With catalogs of its own, a session would not
    see that another one has changed a table. Spark has no method for this.
    """
    ours, theirs = (session.sessionState().catalogManager() for session in (copy, root))
    catalogs = ours.getClass().getDeclaredField("catalogs")
    catalogs.setAccessible(True)
    catalogs.set(ours, catalogs.get(theirs))
    ours.setCurrentCatalog(theirs.currentCatalog().name())
    if list(ours.currentNamespace()) != list(theirs.currentNamespace()):
        ours.setCurrentNamespace(theirs.currentNamespace())


def _activate(session: SparkSession) -> None:
    SparkSession._activeSession = session
    session._jvm.org.apache.spark.sql.classic.SparkSession.setActiveSession(session._jsparkSession)


def _end(ended: _Node) -> None:
    undos = list(ended.undos)
    if ended.session is not None and ended.root is not None and not has_died():
        root = ended.root
        undos += [lambda: _activate(_session_of_thread() or root), lambda: _uncache(root, ended.id)]
    while undos:
        try:
            undos.pop()()
        except Exception as error:
            _logger.debug(f"While cleaning up after a node: {error}")


def _uncache(root: SparkSession, node_id: str) -> None:
    """Remove the cached tables and frames of one node."""
    session = root._jsparkSession
    manager = session.sharedState().cacheManager()
    cached = manager.getClass().getDeclaredField("cachedData")
    cached.setAccessible(True)
    entries = cached.get(manager)
    for index in range(entries.size()):
        entry = entries.apply(index)
        creator = entry.cachedRepresentation().cacheBuilder().cachedPlan().session()
        if creator.conf().get(_NODE, "") == node_id:
            manager.uncacheQuery(session, entry.plan(), False)
