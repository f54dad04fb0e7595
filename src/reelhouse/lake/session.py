"""Read-only SQL on the lake with DuckDB. Tables of the release need no prefix."""

import difflib
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import duckdb

from reelhouse.lake.catalog import NAMESPACE, PUBLISHED, Catalog, read_catalog, warehouse_of
from reelhouse.lake.cluster import Lake
from reelhouse.lake.duckdb_errors import FILE_ERRORS, in_one_line, limit_error, may_be_of_file
from reelhouse.lake.extensions import extension_file
from reelhouse.lake.object_store import allow_objects
from reelhouse.lake.parameters import Value, identifier, parameter_list, text_literal
from reelhouse.lake.query_errors import DamageError, QueryError
from reelhouse.lake.query_limits import Limits
from reelhouse.lake.releases import release_catalogs
from reelhouse.lake.statements import READ_ONLY, Statement, check_statement

if TYPE_CHECKING:
    import pyarrow as pa


class Result:
    """The rows of a query. DuckDB runs the query while rows are fetched, so fetching may fail."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        session: "LakeSession",
        statement: Statement,
    ) -> None:
        """Wrap a connection that has executed the statement."""
        self._connection = connection
        self._session = session
        self._statement = statement
        self.is_plan = statement.is_plan
        """Whether the rows are the plan of an EXPLAIN."""
        self.description = connection.description
        """(name, type, …) of each column."""

    def fetchmany(self, size: int = 1) -> list[Any]:
        """Return up to `size` rows; an empty list at the end."""
        with self._session.translated_errors():
            return self._connection.fetchmany(size)

    def fetchall(self) -> list[Any]:
        """Return the remaining rows."""
        with self._session.translated_errors():
            return self._connection.fetchall()

    def arrow(self) -> "pa.Table":
        """Return the remaining rows as an Arrow table."""
        with self._session.translated_errors():
            return self._connection.to_arrow_table()

    def count(self) -> int:
        """Run the query again and return the number of its rows; no rows can be fetched then."""
        with self._session.translated_errors():
            counted = self._connection.sql(self._statement.text).count("*").fetchone()
        return int(counted[0]) if counted else 0


class LakeSession:
    """A DuckDB connection that can only read the warehouse of the lake.

    Two measures ensure this: `statements.check_statement` checks every statement, and DuckDB's
    settings allow access to the warehouse only. The settings alone would allow a query to write
    files below the warehouse (duckdb#26064).

    Examples
    --------
    >>> from reelhouse.lake.catalog import lake_folder
    >>> from reelhouse.lake.session import LakeSession
    >>> with LakeSession(lake_folder()) as session:
    ...     best = session.execute("select rank, title from recommendations where user_id = 42")
    ...     best.fetchmany(1)
    [(1, 'Amélie')]

    Tables of other releases need the name of their release as a prefix, as in
    ``r12.recommendations``.
    """

    def __init__(
        self,
        lake: Lake,
        limits: Limits | None = None,
        spill: Path | None = None,
        catalog: str = PUBLISHED,
    ) -> None:
        """Open the lake.

        Parameters
        ----------
        lake : Lake
            The result of `chosen_lake`: a folder of this machine, or the lake of a cluster.
        limits : Limits, optional
            Limits of memory, of temporary files and of printed rows.
        spill : Path, optional
            Empty folder for temporary files. The session removes it at its end.
        catalog : str, optional
            The tables to read: ``PUBLISHED``, ``BUILD``, or a release such as ``r12``.

        Raises
        ------
        ReelhouseError
            There is no lake, or it was moved.
        """
        self.lake = lake
        self.limits = limits
        self._name = catalog
        self.catalog: Catalog = read_catalog(lake, catalog)
        self._releases: list[str] = []
        self.damage: str | None = None
        """The last error of a missing or damaged file."""
        self._viewed: dict[tuple[str, str, str], str] = {}
        with self.translated_errors(), ExitStack() as opened:
            folder = spill or Path(tempfile.mkdtemp(prefix="reelhouse-sql-"))
            opened.callback(shutil.rmtree, folder, ignore_errors=True)
            # The check of signatures takes 0.3 s. It is unnecessary, since requirements.lock pins
            # the wheels of the two extensions by hash, and no other extension can be loaded.
            self._connection = duckdb.connect(
                config={
                    "allow_unsigned_extensions": True,
                    "autoinstall_known_extensions": False,
                    "autoload_known_extensions": False,
                    "python_enable_replacements": False,
                }
            )
            opened.callback(self._connection.close)
            self._configure(folder)
            self._opened = opened.pop_all()

    def _configure(self, folder: Path) -> None:
        for extension in ("avro", "iceberg"):
            self._connection.execute(f"load {text_literal(extension_file(extension))}")
        allow_objects(self._connection, warehouse_of(self.lake))
        # Spark calls the catalog `lake`, so the same full names work here.
        self._connection.execute(
            f"attach ':memory:' as lake; create schema lake.{NAMESPACE}; use lake.{NAMESPACE};"
            "set TimeZone = 'UTC'"
        )
        self._attach_releases()
        if self.limits:
            self._connection.execute(
                f"set memory_limit = '{self.limits.buffer_bytes()}B';"
                f"set max_temp_directory_size = '{self.limits.spill_bytes()}B'"
            )
        self._connection.execute(
            f"set temp_directory = {text_literal(folder)};"
            f"set allowed_directories = [{text_literal(warehouse_of(self.lake))}];"
            "set enable_external_access = false; set lock_configuration = true"
        )

    def _attach_releases(self) -> None:
        """Attach a database for each release that has none; DuckDB allows this while locked."""
        for release in release_catalogs(self.lake):
            if release not in self._releases:
                self._connection.execute(
                    f"attach ':memory:' as {release}; create schema {release}.{NAMESPACE}"
                )
                self._releases.append(release)

    def __enter__(self) -> Self:
        """Return the session itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the session."""
        self.close()

    def close(self) -> None:
        """Close the connection and remove its temporary files."""
        self._opened.close()

    def execute(self, sql: str, parameters: Mapping[str, Value] | None = None) -> Result:
        """Run one SELECT statement, or EXPLAIN of one.

        ``parameters`` are values of names in the statement, as in ``$user``.

        Raises
        ------
        QueryError
            The statement may write, is invalid, or fails.
        LimitError
            The query reaches a limit.
        """
        with self.translated_errors():
            statement = check_statement(self._connection, sql)
            self._create_views(statement)
            text = statement.text
            if parameters:
                # Python's way to pass parameters imports pandas, which takes a second.
                self._connection.execute(f"prepare bound as {text}")
                text = f"execute bound({parameter_list(parameters)})"
            return Result(self._connection.execute(text), self, statement)

    def scalar(self, sql: str) -> Any:
        """Return the first column of the first row."""
        rows = self.execute(sql).fetchmany(1)
        return rows[0][0] if rows else None

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """Return the rows of a query by the names of their columns."""
        found = self.execute(sql)
        names = [name for name, *_ in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def columns(self) -> list[str]:
        """Return the names of all columns of all tables."""
        rows = self.execute("select distinct column_name from duckdb_columns()").fetchall()
        return [name for (name,) in rows]

    def _create_views(self, statement: Statement) -> None:
        """Create the views of the tables that a statement names; a view takes 3 ms.

        A view is created again after a build has replaced its table. A release that was published
        meanwhile gets a database.
        """
        self._attach_releases()
        self.catalog = read_catalog(self.lake, self._name)
        self._create_views_in("lake", self.catalog, statement, statement.lists_tables)
        for release in self._releases:
            if release in statement.words:
                catalog = read_catalog(self.lake, release)
                self._create_views_in(release, catalog, statement, False)

    def _create_views_in(
        self, database: str, catalog: Catalog, statement: Statement, has_all: bool
    ) -> None:
        """Create the views of a catalog's tables that a statement names, or of all tables."""
        for (namespace, table), location in catalog.tables.items():
            is_needed = has_all or table.lower() in statement.words
            if is_needed and self._viewed.get((database, namespace, table)) != location:
                schema, name = f"{database}.{identifier(namespace)}", identifier(table)
                try:
                    self._connection.execute(
                        f"create schema if not exists {schema};"
                        f"create or replace view {schema}.{name} as"
                        f" select * from iceberg_scan({text_literal(location)})"
                    )
                    if database != "lake" and namespace == NAMESPACE:  # as in r12.recommendations
                        self._connection.execute(
                            f"create or replace view {database}.main.{name} as from {schema}.{name}"
                        )
                except FILE_ERRORS as error:
                    if table.lower() not in statement.words:  # the statement only lists tables
                        continue
                    reason = in_one_line(error)
                    self.damage = f"the table {table} cannot be read ({reason}): {self._recovery()}"
                    raise DamageError(self.damage) from error
                self._viewed[database, namespace, table] = location

    @contextmanager
    def translated_errors(self) -> Iterator[None]:
        """Translate errors of DuckDB to our own, in one line, and interrupts as in Python."""
        try:
            yield
        except RuntimeError as error:
            if isinstance(error.__cause__, KeyboardInterrupt):
                self._connection.interrupt()  # otherwise `close` would wait for the query
                raise KeyboardInterrupt from error
            raise
        except duckdb.OutOfMemoryException as error:
            raise limit_error(error) from error
        except duckdb.Error as error:
            unknown = re.search(r'Table with name "?([^"\n]+?)"? does not exist', str(error))
            message = self._explain_unknown_table(unknown[1]) if unknown else in_one_line(error)
            if re.search(r"Could not convert string .* to INT64", str(error)):
                message += " (ids are numbers; users.source_id and movies.source_id are texts)"
            if warehouse_of(self.lake) in message and may_be_of_file(error):
                self.damage = f"a file of the lake cannot be read ({message}): {self._recovery()}"
                raise DamageError(self.damage) from error
            if isinstance(error, duckdb.PermissionException):
                message += f" ({READ_ONLY})"
            raise QueryError(message) from error

    def _recovery(self) -> str:
        """Return what to do about a missing or damaged file."""
        from reelhouse.lake.damage import recovery  # imports PyIceberg, which takes a second

        return recovery(self.lake)

    def _explain_unknown_table(self, name: str) -> str:
        bare = name.rpartition(".")[2]
        if bare in self.catalog.views:
            return f"{bare} is an Iceberg view, which only Spark reads: `dbt show --select {bare}`"
        names = self.catalog.names()
        near = difflib.get_close_matches(bare.lower(), names, n=3, cutoff=0.65)
        near += [name for name in names if bare.lower() in name and name not in near][:3]
        hint = f"did you mean {', '.join(near)}?" if near else f"name one of {', '.join(names)}"
        return f"no table {name} in the lake: {hint}"
