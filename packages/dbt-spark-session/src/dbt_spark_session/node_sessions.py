"""Give each node of dbt a Spark session, so that its settings and temp views end with it."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from dbt.adapters.events.logging import AdapterLogger
from dbt.task.base import BaseRunner
from dbt.task.freshness import FreshnessRunner
from pyspark import RDD
from pyspark.sql import SparkSession
from pyspark.sql import session as pyspark_session

from dbt_spark_session import connect
from dbt_spark_session.death import has_died, named_in_report
from dbt_spark_session.patches import wrap_once

_logger = AdapterLogger("Spark")
NODE = "spark.dbt.session.node"
"""Setting with the id of a node or command, which shows who has cached a table."""

_thread = threading.local()
_creating = threading.Lock()


class _Node:
    """The session of a node, and the functions to call when the node ends."""

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


def follow_nodes() -> None:
    """Run every node of dbt in its own session; after the end of the Java process, skip the others.

    ``--fail-fast`` would end the run after any other failure too.
    """
    wrap_once(BaseRunner, "run_with_hooks", _run_in_session)


def _run_in_session(stock: Callable[..., Any], runner: Any, manifest: Any) -> Any:
    # dbt cannot skip the freshness check of a source.
    if has_died() and not isinstance(runner, FreshnessRunner):
        runner.do_skip()
    with named_in_report(runner.node.name), node():
        return stock(runner, manifest)


@contextmanager
def node() -> Iterator[None]:
    """Give this thread a new session for one node; remove the caches of the node afterwards.

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
        copy = connect.copy_of(root) if connect.is_connect(root) else copy_of(root)
        copy.stop = _refuse_to_stop
        current.root, current.session = root, copy
        current.session.conf.set(NODE, current.id)
        activate(current.session)
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
    """Call ``undo`` when this thread's node ends; do nothing outside of a node."""
    if _nodes():
        _nodes()[-1].undos.append(undo)


def _nodes() -> list[_Node]:
    if not hasattr(_thread, "nodes"):
        _thread.nodes = []
    nodes: list[_Node] = _thread.nodes
    return nodes


def _refuse_to_stop() -> None:
    raise RuntimeError("stop() would end Spark for all models: remove this call")


def _session_of_thread() -> SparkSession | None:
    nodes = _nodes()
    return nodes[-1].session if nodes else None


def copy_of(root: SparkSession) -> SparkSession:
    """Return a copy of a session that has the same catalogs."""
    with _creating:
        _follow_threads(root)
        copy = root._jsparkSession.cloneSession()
        _share_catalogs(root._jsparkSession, copy)
        return SparkSession(root.sparkContext, copy)


def _follow_threads(root: SparkSession) -> None:
    """Make pyspark return the session of this thread's node as the current session."""
    if not isinstance(vars(SparkSession)["_instantiatedSession"], _InstantiatedSession):
        load_catalogs(root)
        SparkSession._instantiatedSession = _InstantiatedSession(root)
        # The constructor of a session would bind this method of all RDDs to that session.
        pyspark_session._monkey_patch_RDD = lambda _: None
        RDD.toDF = _to_df
    wrap_once(SparkSession, "getActiveSession", lambda stock: _session_of_thread() or stock())


def load_catalogs(root: SparkSession) -> None:
    """Load the catalogs that the settings name.

    All sessions share one map of catalogs, and each session has another lock for it. Two sessions
    could therefore load the same catalog at the same moment. A catalog that a hook adds later is
    not protected from this.
    """
    manager = root._jsparkSession.sessionState().catalogManager()
    keys = [key.split(".") for key in root.conf.getAll]
    for name in {key[3] for key in keys if key[:3] == ["spark", "sql", "catalog"] and key[3:]}:
        with suppress(Exception):  # a catalog that cannot be reached fails where it is used
            manager.catalog(name)


def _to_df(rdd: Any, schema: Any = None, sampleRatio: float | None = None) -> Any:
    return SparkSession.active().createDataFrame(rdd, schema, sampleRatio)


def _share_catalogs(root: Any, copy: Any) -> None:
    """Let two sessions use the same catalogs.

    Each Iceberg catalog caches its tables. A session with separate catalogs would not see that
    another session has changed a table. Spark has no method to share catalogs.
    """
    ours, theirs = (session.sessionState().catalogManager() for session in (copy, root))
    catalogs = ours.getClass().getDeclaredField("catalogs")
    catalogs.setAccessible(True)
    catalogs.set(ours, catalogs.get(theirs))
    ours.setCurrentCatalog(theirs.currentCatalog().name())
    if list(ours.currentNamespace()) != list(theirs.currentNamespace()):
        ours.setCurrentNamespace(theirs.currentNamespace())


def activate(session: SparkSession) -> None:
    """Make a session the one that pyspark and Spark return as the active one."""
    if connect.is_connect(session):
        connect.activate(session)
        return
    SparkSession._activeSession = session
    session._jvm.org.apache.spark.sql.classic.SparkSession.setActiveSession(session._jsparkSession)


def _end(ended: _Node) -> None:
    undos = list(ended.undos)
    if ended.session is not None and ended.root is not None and not has_died():
        root, session = ended.root, ended.session
        undos.append(lambda: activate(_session_of_thread() or root))
        if connect.is_connect(session):
            undos.append(lambda: connect.release(session))
        else:
            undos.append(lambda: uncache(root, ended.id))
    while undos:
        try:
            undos.pop()()
        except Exception as error:
            _logger.debug(f"While cleaning up after a node: {error}")


def uncache(root: SparkSession, node_id: str) -> None:
    """Remove the cached tables and frames of one node or command."""
    session = root._jsparkSession
    manager = session.sharedState().cacheManager()
    cached = manager.getClass().getDeclaredField("cachedData")
    cached.setAccessible(True)
    entries = cached.get(manager)
    for index in range(entries.size()):
        entry = entries.apply(index)
        creator = entry.cachedRepresentation().cacheBuilder().cachedPlan().session()
        if creator is not None and creator.conf().get(NODE, "") == node_id:
            manager.uncacheQuery(session, entry.plan(), False)
