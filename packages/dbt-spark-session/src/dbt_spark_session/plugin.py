"""dbt plug-in that registers the session adapter as a subclass of dbt-spark's adapter."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from dbt.adapters.events.logging import AdapterLogger
from dbt.plugins.manager import dbtPlugin
from dbt_common.exceptions import DbtRuntimeError

from dbt_spark_session.patches import wrap_once
from dbt_spark_session.versions import (
    installed_versions,
    tested_versions,
    warning_about_versions,
)

PROJECT = "dbt_spark_session"
STOCK_KEY = "spark_base"


class SessionPlugin(dbtPlugin):  # type: ignore[misc]
    """Make targets of ``type: spark`` use :class:`~dbt_spark_session.adapter.SessionAdapter`."""

    def initialize(self) -> None:
        """Register the adapter; dbt calls this once per invocation, after reading the profile."""
        if register():
            warning = warning_about_versions()
            if warning:
                AdapterLogger("Spark").warning(warning)


def register() -> bool:
    """Register the session adapter as ``spark``; return whether the project's adapter is dbt-spark.

    Raises:
        DbtRuntimeError: The installed dbt lacks an interface that the plug-in needs.
    """
    try:
        from dbt.adapters.factory import FACTORY

        _check(FACTORY)
        # `dbt retry` reads the profile again after the plug-ins are initialised, which registers
        # dbt-spark's adapter again.
        wrap_once(FACTORY, "load_plugin", partial(_load_plugin, FACTORY))
        if "spark" not in FACTORY.plugins:
            return False
        _install(FACTORY)
        return True
    except (ImportError, AttributeError, TypeError, KeyError) as error:
        raise DbtRuntimeError(
            f"dbt_spark_session cannot use this dbt: {error}. It was tested with "
            f"{tested_versions()}; installed are "
            f"{installed_versions('dbt-core', 'dbt-spark', 'dbt-adapters', 'pyspark')}. Install a "
            "tested version, or uninstall dbt-spark-session."
        ) from error


def _check(factory: Any) -> None:
    for name in ("plugins", "packages", "load_plugin"):
        if not hasattr(factory, name):
            raise AttributeError(f"its adapter registry has no '{name}'")


def _load_plugin(factory: Any, stock: Callable[[str], Any], name: str) -> Any:
    credentials = stock(name)
    if name == "spark":
        _install(factory)
    return credentials


def _install(factory: Any) -> None:
    from dbt.adapters.base import AdapterPlugin
    from dbt.adapters.spark import Plugin, SparkCredentials

    from dbt_spark_session.adapter import SessionAdapter
    from dbt_spark_session.node_sessions import follow_nodes
    from dbt_spark_session.whole_builds import follow_retries

    follow_nodes()
    follow_retries()
    plugin = AdapterPlugin(
        adapter=SessionAdapter,
        credentials=SparkCredentials,
        include_path=str(Path(__file__).parent),
        dependencies=[STOCK_KEY],
        project_name=PROJECT,
    )
    factory.plugins[STOCK_KEY] = Plugin
    factory.plugins["spark"] = plugin
    factory.plugins[SessionAdapter.type()] = plugin
    factory.packages[plugin.project_name] = Path(plugin.include_path)
