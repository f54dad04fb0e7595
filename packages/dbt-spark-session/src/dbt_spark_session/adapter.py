"""Adapter for the ``session`` method: dbt-spark's, with Python models, Iceberg views and a lock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from dbt.adapters.base import available
from dbt.adapters.base.impl import ConstraintSupport
from dbt.adapters.factory import FACTORY
from dbt.adapters.spark.impl import SparkAdapter
from dbt.adapters.spark.relation import SparkRelation
from dbt.flags import get_flags
from dbt_common.contracts.constraints import ConstraintType
from dbt_common.exceptions import DbtRuntimeError
from pyspark.sql.types import DataType

from dbt_spark_session import connect
from dbt_spark_session.catalog_lock import CatalogLock
from dbt_spark_session.code_version import code_version
from dbt_spark_session.command_sessions import begin_command, end_command
from dbt_spark_session.connection import SessionConnectionManager, spark_errors
from dbt_spark_session.fixtures import literal
from dbt_spark_session.java_catalog import JavaCatalog, catalog_of_session
from dbt_spark_session.parameters import LOCK, PUBLISH, resolve
from dbt_spark_session.python_models import SessionJobHelper
from dbt_spark_session.redaction import hide_from_dbt
from dbt_spark_session.relations import SPARK_CATALOG, RelationAdapter
from dbt_spark_session.release_tags import forget_cached_tables
from dbt_spark_session.releases import Releases
from dbt_spark_session.seeds import cast_expressions, seed_table, type_of_column
from dbt_spark_session.write_lock import WRITING_COMMANDS, WriteLock

NOT_READ = -1
"""Number of the release that a command started from, before it is read from the database."""


class SessionAdapter(RelationAdapter):
    """Extend dbt-spark's adapter for a Spark session in dbt's own process."""

    ConnectionManager = SessionConnectionManager

    CONSTRAINT_SUPPORT: ClassVar[dict[ConstraintType, ConstraintSupport]] = {
        **SparkAdapter.CONSTRAINT_SUPPORT,
        ConstraintType.not_null: ConstraintSupport.ENFORCED,
        ConstraintType.check: ConstraintSupport.ENFORCED,
    }

    def __init__(self, config: Any, mp_context: Any) -> None:
        """Resolve the profile's parameters and take the write lock, before Spark starts."""
        super().__init__(config, mp_context)
        credentials = config.credentials
        self._lock: WriteLock | None = None
        self._catalog_lock: CatalogLock | None = None
        self._started_from: int | None = NOT_READ
        self._code_version: str | None = None
        # dbt registers the adapter by the credentials' type; some callers look it up by type().
        FACTORY.adapters[self.type()] = self
        if not self._is_session:
            return
        credentials.server_side_parameters = resolve(
            credentials.server_side_parameters, getattr(config, "project_root", ".")
        )
        hide_from_dbt(credentials.server_side_parameters)
        if self._writes:
            self._lock = self._file_lock()
            if self.has_releases():  # before dbt reads the project, whose files may change later
                self._code_version = code_version(getattr(config, "project_root", "."))
        begin_command()

    def cleanup_connections(self) -> None:
        """Close the connections, also to a server, and release the locks when a command ends."""
        try:
            if self._catalog_lock is not None:
                self._catalog_lock.release()
            super().cleanup_connections()
            end_command()
            connect.close()
        finally:  # after Ctrl-C too: the process of a shell goes on
            if self._lock is not None:
                self._lock.release()

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

    @classmethod
    def get_adapter_run_info(cls, config: Any) -> Any:
        """Return dbt-spark's run info, since dbt derives the name of a module from the class."""
        return SparkAdapter.get_adapter_run_info(config)

    # Python models

    @property
    def default_python_submission_method(self) -> str:
        """Return ``session`` for targets with this method, and dbt-spark's default for others."""
        method: str = super().default_python_submission_method
        return "session" if self._is_session else method

    @property
    def python_submission_helpers(self) -> dict[str, Any]:
        """Return dbt-spark's helpers and the helper for ``session``."""
        return {**super().python_submission_helpers, "session": self._session_helper}

    def _session_helper(self, parsed_model: dict[str, Any], credentials: Any) -> SessionJobHelper:
        if not self._is_session:
            raise DbtRuntimeError(
                "submission_method 'session' needs a target with method 'session'; this one has "
                f"'{credentials.method}'"
            )
        return SessionJobHelper(parsed_model, credentials, self._root(parsed_model["package_name"]))

    def _root(self, package: str) -> str:
        if package == self.config.project_name:
            return str(self.config.project_root)
        return str(self.config.load_dependencies()[package].project_root)

    # Releases

    def set_relations_cache(self, *arguments: Any, **options: Any) -> None:
        """Fill the cache, as dbt does before the first node; note the current release."""
        if self.has_releases():
            with spark_errors():
                releases = self._releases()
                if self._writes:
                    self._lock_catalog()
                if releases.needs_adoption():
                    with self._locked():
                        releases.adopt()
                current = releases.current()
            self._started_from = current.number if current else None
        super().set_relations_cache(*arguments, **options)

    @available.parse_none  # type: ignore[untyped-decorator]
    def has_releases(self) -> bool:
        """Return whether the profile names a catalog for readers."""
        parameters = self.config.credentials.server_side_parameters
        return self._is_session and bool(parameters.get(PUBLISH))

    @available.parse_none  # type: ignore[untyped-decorator]
    def publish(
        self, invocation_id: str, nodes: list[Any] | None = None, started_at: datetime | None = None
    ) -> str:
        """Show the tables of this command to readers; return the name of the release.

        Args:
            invocation_id: dbt's id of the command.
            nodes: the nodes that have succeeded; None after a build of the whole project.
            started_at: time at which the command started.

        Raises:
            DbtRuntimeError: The command did not read the current release at its start, or an error
                of ``Releases.publish``.
        """
        if self._started_from == NOT_READ:
            raise DbtRuntimeError(
                "the release that this command started from is unknown, so nothing is published:"
                " run dbt without --no-populate-cache"
            )
        built = None
        if nodes is not None:
            built = {
                self._table(node.schema, node.alias)
                for node in nodes
                if getattr(node, "is_relational", False)
            }
        started = f"{started_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if started_at else None
        with spark_errors(), self._locked():
            if self._catalog_lock is not None:
                self._catalog_lock.check()
            release = self._releases().publish(
                self._started_from, invocation_id, built, started, self._code_version
            )
            self._forget_cached_tables()
        return release.catalog

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
            self._lock_catalog()
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
        return Releases(self._build_catalog(), parameters[PUBLISH])

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
        name: str = parameters.get("spark.sql.defaultCatalog", SPARK_CATALOG)
        return name

    def _table(self, schema: Any, name: Any) -> tuple[str, str]:
        """Return the namespace and name of a table; its schema may name the catalog too."""
        namespace = str(schema).replace("`", "").removeprefix(f"{self._name_of_build()}.")
        return namespace, str(name)

    # Fixtures and seeds

    @available.parse_none  # type: ignore[untyped-decorator]
    def fixture_literal(self, value: Any, column_type: str) -> str:
        """Return SQL for one value of a unit test's fixture."""
        return literal(value, DataType.fromDDL(column_type))

    @available.parse_none  # type: ignore[untyped-decorator]
    def load_seed(
        self, agate_table: Any, seed: str, column_types: dict[str, str]
    ) -> dict[str, Any]:
        """Write the rows of a seed to a temp view; return its name and the columns to select."""
        types = [
            column_types.get(name)
            or type_of_column(agate_table.columns[index], self.convert_type(agate_table, index))
            for index, name in enumerate(agate_table.column_names)
        ]
        view = seed_table(self._spark(), agate_table)
        return {"view": view, "columns": cast_expressions(agate_table, types, seed)}
