"""The part of the adapter that locks the catalog and publishes releases."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dbt.adapters.base import available
from dbt.adapters.spark.relation import SparkRelation
from dbt.flags import get_flags
from dbt_common.exceptions import DbtRuntimeError

from dbt_spark_session.catalog_lock import CatalogLock
from dbt_spark_session.command_sessions import continue_command
from dbt_spark_session.connection import spark_errors
from dbt_spark_session.java_catalog import JavaCatalog, catalog_of_session
from dbt_spark_session.lake import default_catalog
from dbt_spark_session.parameters import LOCK, PUBLISH
from dbt_spark_session.relations import RelationAdapter
from dbt_spark_session.release_tags import forget_cached_tables
from dbt_spark_session.releases import Releases
from dbt_spark_session.whole_builds import nodes_not_run, remember_successes
from dbt_spark_session.write_lock import WRITING_COMMANDS, WriteLock

_RELATIONS = ("model", "seed", "snapshot")
"""Types of the nodes whose tables a release has."""


class ReleaseAdapter(RelationAdapter):
    """Extend the adapter by releases, and by the locks of commands that write."""

    def __init__(self, config: Any, mp_context: Any) -> None:
        """Start without locks, which are taken when they are needed."""
        super().__init__(config, mp_context)
        self._lock: WriteLock | None = None
        self._catalog_lock: CatalogLock | None = None
        self._started_from: int | None = None
        self._code_version: str | None = None
        self._missing_files: dict[str, str | None] = {}
        self._beginning, self._has_begun = threading.RLock(), False

    def _spark(self) -> Any:
        self._begin()
        return super()._spark()

    def _begin(self) -> None:
        """Lock the catalog and note the current release, before the command uses Spark.

        A run-operation needs this too, although it does not fill dbt's cache.
        """
        with self._beginning:
            continue_command()
            if self._has_begun:
                return
            self._has_begun = True
            try:
                if self.has_releases():
                    self._begin_release()
            except BaseException:
                self._has_begun = False
                raise

    def _begin_release(self) -> None:
        with spark_errors():
            releases = self._releases()
            if self._writes:
                self._lock_catalog()
            if releases.needs_adoption():
                with self._locked():
                    releases.adopt()
            current = releases.current()
        self._started_from = current.number if current else None

    # Locks

    @property
    def _command(self) -> str:
        return str(getattr(get_flags(), "WHICH", None))

    @property
    def _writes(self) -> bool:
        return self._command in WRITING_COMMANDS

    def _file_lock(self) -> WriteLock | None:
        """Take the lock of ``dbt.session.lock``; return None without this parameter."""
        path = self.config.credentials.server_side_parameters.get(LOCK)
        if not path:
            return None
        lock = WriteLock(Path(path))
        lock.acquire(self._command)
        return lock

    def _lock_catalog(self) -> None:
        """Take the lock of the catalog, which a builder on another machine needs too."""
        catalog = self._build_catalog()
        if self._catalog_lock is None and CatalogLock.fits(catalog):
            lock = CatalogLock(catalog)
            lock.acquire(self._command)
            self._catalog_lock = lock

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the locks for a moment in a command that reads; a command that writes has them."""
        if self._writes:
            yield
            return
        lock = self._file_lock()
        try:
            self._lock_catalog()
            yield
        finally:
            if self._catalog_lock is not None:
                self._catalog_lock.release()
                self._catalog_lock = None
            if lock is not None:
                lock.release()

    # Releases

    @available.parse_none  # type: ignore[untyped-decorator]
    def has_releases(self) -> bool:
        """Return whether the profile names a catalog for readers."""
        parameters = self.config.credentials.server_side_parameters
        return self._is_session and bool(parameters.get(PUBLISH))

    @available.parse_none  # type: ignore[untyped-decorator]
    def nodes_not_run(self, nodes: Mapping[str, Any], results: Iterable[Any]) -> list[str]:
        """Return the names of the nodes that this build, and what it retries, have not run."""
        ran = {result.node.unique_id for result in results}
        return nodes_not_run(nodes, ran, self._target_folder)

    @available.parse_none  # type: ignore[untyped-decorator]
    def remember_successes(self, invocation_id: str, nodes: Iterable[Any]) -> None:
        """Write down the nodes that have succeeded in a retry, for the next retry."""
        succeeded = {node.unique_id for node in nodes}
        remember_successes(invocation_id, succeeded, self._target_folder)

    @property
    def _target_folder(self) -> Path:
        return Path(str(self.config.project_root), str(self.config.target_path))

    @available.parse_none  # type: ignore[untyped-decorator]
    def publish(
        self,
        invocation_id: str,
        nodes: Iterable[Any] | None,
        started_at: datetime,
        project: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Show the tables of this command to readers.

        Args:
            invocation_id: dbt's id of the command.
            nodes: the nodes that have succeeded; None after a build of the whole project.
            started_at: time at which the command started.
            project: all nodes of dbt's graph, by their ids.

        Returns:
            The name of the release that readers now see, and whether this command has made it.

        Raises:
            DbtRuntimeError: An error of ``Releases.publish``.
        """
        built = None
        if nodes is not None:
            built = {
                self._table(node.schema, node.alias)
                for node in nodes
                if node.resource_type in _RELATIONS
            }
        self._begin()  # before the locks, which an adoption takes too
        with spark_errors(), self._locked():
            if self._catalog_lock is not None:
                self._catalog_lock.check()
            release = self._releases().publish(
                self._started_from,
                invocation_id,
                built,
                f"{started_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
                self._code_version,
                self._audit_schemas(project),
            )
            self._forget_cached_tables()
        return {"name": release.catalog, "is_new": release.invocation_id == invocation_id}

    def _audit_schemas(self, project: Mapping[str, Any]) -> set[str]:
        """Return the schemas that have only rows which tests have stored."""
        audits, others = (
            {
                self._table(node["schema"], "")[0]
                for node in project.values()
                if (node["resource_type"] == "test") is is_test
                and node["resource_type"] in (*_RELATIONS, "test")
            }
            for is_test in (True, False)
        )
        return audits - others

    @available.parse_none  # type: ignore[untyped-decorator]
    def name_in_release(self, relation: SparkRelation, columns: Sequence[str]) -> str | None:
        """Return the name of a table or view in the newest release.

        Args:
            relation: the table or view, as dbt builds it.
            columns: columns that the release must have.

        Returns:
            The name; None if no release has the table or view, or if the newest lacks a column.
        """
        if not self.has_releases():
            return None
        table = self._table(relation.schema, relation.identifier)
        published = self.config.credentials.server_side_parameters[PUBLISH]
        name = ".".join(self.quote(part) for part in (published, *table))
        with spark_errors():
            if not self._releases().has_table(table):
                return None
            existing = {column.lower() for column in self._spark().table(name).columns}
        return name if existing.issuperset(column.lower() for column in columns) else None

    @available.parse_none  # type: ignore[untyped-decorator]
    def roll_back(self, number: int, invocation_id: str) -> str:
        """Show an earlier release to readers again; return the name of the new release."""
        with spark_errors():
            releases = self._releases()
            release = releases.roll_back(number, invocation_id)
            self._forget_cached_tables()
        return release.catalog

    def _releases(self) -> Releases:
        parameters = self.config.credentials.server_side_parameters
        if not self.has_releases():
            raise DbtRuntimeError(
                f"releases need {PUBLISH} in server_side_parameters: the name of the catalog that"
                " readers use"
            )
        return Releases(self._build_catalog(), parameters[PUBLISH], self._missing_files)

    def _build_catalog(self) -> JavaCatalog:
        """Return the catalog that dbt writes to."""
        session = self._spark()
        if not hasattr(session, "_jsparkSession"):
            raise DbtRuntimeError("releases need Spark in dbt's own process, not Spark Connect")
        return catalog_of_session(session, self._name_of_build())

    def _forget_cached_tables(self) -> None:
        """Make Spark read the build catalog anew, whose rows a publication has changed."""
        forget_cached_tables(self._spark(), self._name_of_build(), self._releases().built_tables())

    def _name_of_build(self) -> str:
        parameters = self.config.credentials.server_side_parameters
        return default_catalog(parameters)

    def _table(self, schema: Any, name: Any) -> tuple[str, str]:
        """Return the namespace and name of a table; its schema may name the catalog too."""
        namespace = str(schema).replace("`", "").removeprefix(f"{self._name_of_build()}.")
        return namespace, str(name)
