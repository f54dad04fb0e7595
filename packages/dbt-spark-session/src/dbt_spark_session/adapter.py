"""Adapter for the ``session`` method: dbt-spark's, with Python models, Iceberg views and a lock."""

from __future__ import annotations

from typing import Any, ClassVar

from dbt.adapters.base import available
from dbt.adapters.base.impl import ConstraintSupport
from dbt.adapters.factory import FACTORY
from dbt.adapters.spark.impl import SparkAdapter
from dbt_common.contracts.constraints import ConstraintType
from dbt_common.exceptions import DbtRuntimeError
from pyspark.sql.types import DataType

from dbt_spark_session import connect
from dbt_spark_session.code_version import code_version
from dbt_spark_session.command_sessions import begin_command, end_command
from dbt_spark_session.connection import SessionConnectionManager
from dbt_spark_session.fixtures import literal
from dbt_spark_session.parameters import resolve
from dbt_spark_session.python_models import SessionJobHelper
from dbt_spark_session.redaction import hide_from_dbt
from dbt_spark_session.release_adapter import ReleaseAdapter
from dbt_spark_session.seeds import cast_expressions, seed_table, type_of_column


class SessionAdapter(ReleaseAdapter):
    """Extend dbt-spark's adapter for a Spark session in dbt's own process."""

    ConnectionManager = SessionConnectionManager

    CONSTRAINT_SUPPORT: ClassVar[dict[ConstraintType, ConstraintSupport]] = {
        **SparkAdapter.CONSTRAINT_SUPPORT,
        ConstraintType.not_null: ConstraintSupport.ENFORCED,
        ConstraintType.check: ConstraintSupport.ENFORCED,
    }

    def __new__(cls, config: Any = None, *_: Any) -> SessionAdapter:
        """Create the adapter of another method as one that does not enforce constraints."""
        is_other = config is not None and config.credentials.method != "session"
        return object.__new__(OtherAdapter if is_other else cls)

    def __init__(self, config: Any, mp_context: Any) -> None:
        """Resolve the profile's parameters and take the write lock, before Spark starts."""
        super().__init__(config, mp_context)
        credentials = config.credentials
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
        self.connections.before_use = self._begin

    def cleanup_connections(self) -> None:
        """Close the connections, also to a server, and release the locks when a command ends."""
        try:
            if self._catalog_lock is not None:
                self._catalog_lock.release()
            self._catalog_lock, self._has_begun = None, False
            super().cleanup_connections()
            end_command()
            connect.close()
        finally:  # after Ctrl-C too: the process of a shell goes on
            if self._lock is not None:
                self._lock.release()

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


class OtherAdapter(SessionAdapter):
    """The adapter for ``thrift``, ``http`` and ``odbc``, with the constraints of dbt-spark."""

    CONSTRAINT_SUPPORT = SparkAdapter.CONSTRAINT_SUPPORT
