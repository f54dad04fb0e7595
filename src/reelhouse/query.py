"""Read-only SQL on the lake with DuckDB: every table of the catalog, by its bare name."""

import difflib
import importlib.util
import os
import re
import signal
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import duckdb

from reelhouse.errors import ReelhouseError, printable
from reelhouse.lake import NAMESPACE, Catalog, read_catalog, warehouse_folder

_LISTS_TABLES = re.compile(r"\b(show|information_schema|duckdb_\w+|pg_\w+|pragma)\b", re.IGNORECASE)
_COMMENTS = r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)*"
_EXPLAIN = re.compile(rf"{_COMMENTS}explain\b\s*(?:analyze\b)?\s*(?:\([^)]*\))?", re.I | re.S)
# Functions of a SELECT that write below the directories that DuckDB may read, and those that could
# hide them in a text. In the text as it is: what is quoted or a comment is for DuckDB to say.
_WRITES = re.compile(
    r"\b(?:\w+_(?:logging|profiling)|truncate_duckdb_logs|json_execute_serialized_sql"
    r"|query(?=\"?\s*(?:\(|/\*|--)))\b",
    re.IGNORECASE,
)
QUOTED_AND_COMMENTS = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/""", re.DOTALL)
_READ_ONLY = "the console reads the lake and changes nothing"


class QueryError(ReelhouseError):
    """A query that cannot be run, said in a line or two."""


class Result:
    """The rows of a query: DuckDB runs it while they are fetched, so errors may come late too."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, session: "LakeSession") -> None:
        """Wrap what `execute` returned."""
        self._connection = connection
        self._session = session
        self.description = connection.description
        """(name, type, …) of each column."""

    def fetchmany(self, size: int = 1) -> list[Any]:
        """Return up to `size` rows; an empty list at the end."""
        with self._session.running():
            return self._connection.fetchmany(size)

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""
        with self._session.running():
            return self._connection.fetchall()


class LakeSession:
    """A DuckDB connection that can read the lake's warehouse and nothing else."""

    def __init__(self, lake: Path) -> None:
        """Open the lake; raises ReelhouseError when there is none, or when it was moved."""
        self.lake = lake
        self.catalog: Catalog = read_catalog(lake)
        self._viewed: dict[tuple[str, str], str] = {}
        # Signatures are not checked again (0.3 s for the Iceberg extension): the two files come
        # from wheels that requirements.lock pins by hash, and nothing else can be loaded.
        self._connection = duckdb.connect(
            config={
                "allow_unsigned_extensions": True,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "python_enable_replacements": False,
            }
        )
        for extension in ("avro", "iceberg"):
            self._connection.execute(f"load {_quoted(_extension_file(extension))}")
        # Spark calls the catalog `lake`, so a name that works there works here.
        self._connection.execute(
            f"attach ':memory:' as lake; create schema lake.{NAMESPACE}; use lake.{NAMESPACE};"
            "set TimeZone = 'UTC'"
        )
        spill = Path(tempfile.gettempdir()) / f"reelhouse-sql-{os.getpid()}"
        self._connection.execute(
            f"set temp_directory = {_quoted(spill)};"
            f"set allowed_directories = [{_quoted(warehouse_folder(lake))}];"
            "set enable_external_access = false; set lock_configuration = true"
        )

    def __enter__(self) -> Self:
        """Return the session itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self._connection.close()

    def execute(self, sql: str) -> Result:
        """Run one SELECT (or WITH, FROM, DESCRIBE, SUMMARIZE, SHOW, EXPLAIN)."""
        _check_reads_only(sql)
        with self.running():
            self._show_tables_named_in(sql)
            return Result(self._connection.execute(sql), self)

    def scalar(self, sql: str) -> Any:
        """Return the first column of the first row."""
        rows = self.execute(sql).fetchmany(1)
        return rows[0][0] if rows else None

    def columns(self) -> list[str]:
        """Return the names of all columns of all tables."""
        rows = self.execute("select distinct column_name from duckdb_columns()").fetchall()
        return [name for (name,) in rows]

    def _show_tables_named_in(self, sql: str) -> None:
        """Create the views that `sql` may need, anew when a build has replaced the table.

        A view costs 3 ms, so only the tables that the text mentions get one.
        """
        self.catalog = read_catalog(self.lake)
        words = {word.lower() for word in re.findall(r"\w+", sql)}
        everything = _LISTS_TABLES.search(sql) is not None
        for (namespace, table), location in self.catalog.tables.items():
            wanted = everything or table.lower() in words
            if wanted and self._viewed.get((namespace, table)) != location:
                name = f'lake."{namespace}"."{table}"'
                try:
                    self._connection.execute(
                        f'create schema if not exists lake."{namespace}";'
                        f"create or replace view {name} as"
                        f" select * from iceberg_scan({_quoted(location)})"
                    )
                except (duckdb.IOException, duckdb.InvalidInputException) as error:
                    if table.lower() not in words:  # a list of tables needs no view of each
                        continue
                    raise QueryError(
                        f"the table {table} cannot be read, build it again: {_in_one_line(error)}"
                    ) from error
                self._viewed[namespace, table] = location

    @contextmanager
    def running(self) -> Iterator[None]:
        """Turn DuckDB's errors into one line; Ctrl-C stops the query as KeyboardInterrupt."""
        try:
            with _ctrl_c_interrupts(self._connection):
                yield
        except duckdb.InterruptException as error:
            raise KeyboardInterrupt from error
        except duckdb.Error as error:
            unknown = re.search(r'Table with name "?([^"\n]+?)"? does not exist', str(error))
            message = self._explain_unknown_table(unknown[1]) if unknown else _in_one_line(error)
            if re.search(r"Could not convert string .* to INT64", str(error)):
                message += " (ids are numbers; text ids are in users.source_id, movies.source_id)"
            if isinstance(error, duckdb.PermissionException):
                message += f" ({_READ_ONLY})"
            raise QueryError(message) from error

    def _explain_unknown_table(self, name: str) -> str:
        bare = name.rpartition(".")[2]
        if bare in self.catalog.views:
            return f"{bare} is an Iceberg view, which only Spark reads: `dbt show --select {bare}`"
        names = self.catalog.names()
        near = difflib.get_close_matches(bare.lower(), names, n=3, cutoff=0.65)
        near += [name for name in names if bare.lower() in name and name not in near][:3]
        hint = f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(names)}"
        return f"no table {name} in the lake: {hint}"


@contextmanager
def _ctrl_c_interrupts(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Stop the query by DuckDB's own interrupt: after a KeyboardInterrupt the next one hangs.

    From a thread, as Python runs no handler of a signal while DuckDB has the main thread. The
    wakeup file is written to by the signal itself.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reader, writer = socket.socketpair()
    writer.setblocking(False)

    def watch() -> None:
        while int.from_bytes(reader.recv(1)) == signal.SIGINT:
            connection.interrupt()

    watcher = threading.Thread(target=watch, daemon=True)
    handler_before = signal.signal(signal.SIGINT, lambda *_: None)
    wakeup_before = signal.set_wakeup_fd(writer.fileno())
    watcher.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(wakeup_before)
        signal.signal(signal.SIGINT, handler_before)
        writer.close()
        watcher.join()
        reader.close()


def _check_reads_only(sql: str) -> None:
    writes = _WRITES.search(sql)
    if writes:
        raise QueryError(f"the function {writes[0]} may write files: {_READ_ONLY}")
    try:
        kinds = [statement.type.name for statement in duckdb.extract_statements(sql)]
        explained = _EXPLAIN.match(sql)
        if kinds == ["EXPLAIN"] and explained:
            rest = duckdb.extract_statements(sql[explained.end() :])
            kinds = [statement.type.name for statement in rest]
    except duckdb.Error as error:
        raise QueryError(_in_one_line(error)) from error
    if not kinds:
        raise QueryError("an empty query: type one SELECT statement")
    if len(kinds) > 1:
        raise QueryError(
            "PIVOT needs its values here: pivot … on … in (…)"
            if re.search(r"\bpivot\b", sql, re.IGNORECASE) and "CREATE" in kinds
            else f"{len(kinds)} statements: one SELECT statement at a time"
        )
    if kinds != ["SELECT"]:
        kind = kinds[0].replace("_", " ")
        raise QueryError(f"only SELECT statements, not {kind}: {_READ_ONLY}")


def bare_statement(sql: str) -> str:
    """Return the one statement of `sql` without comments and semicolons around it."""
    bare = QUOTED_AND_COMMENTS.sub(lambda found: found[0] if found[0][0] in "'\"" else " ", sql)
    return bare.rstrip("; \t\n")


def _in_one_line(error: duckdb.Error) -> str:
    text = str(error)
    message = re.sub(r"^[A-Z][\w -]* Error: ", "", text.split("\n\nLINE")[0])
    line = re.search(r"^LINE (\d+):", text, re.MULTILINE)
    where = f" (line {line[1]})" if line and line[1] != "1" else ""
    return printable(" ".join(message.split())) + where


def _extension_file(name: str) -> Path:
    spec = importlib.util.find_spec(f"duckdb_extension_{name}")
    found = spec and spec.origin and Path(spec.origin).parent / "extensions"
    file = found and found / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
    if not file or not file.is_file():
        raise ReelhouseError(
            f"DuckDB's extension {name} {duckdb.__version__} is not installed: run `make setup`"
        )
    return file


def _quoted(text: str | Path) -> str:
    return "'" + str(text).replace("'", "''") + "'"
