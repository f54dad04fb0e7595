"""Check with DuckDB's parser that a SQL statement only reads, and split scripts."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import duckdb

from reelhouse.errors import printable
from reelhouse.lake.query_errors import QueryError, check_text

READ_ONLY = "the console only reads the lake"

_EXPLAIN_OPTIONS = frozenset(
    ["analyze", "format", "text", "json", "html", "graphviz", "yaml", "mermaid", "default"]
)
_TABLE_FUNCTIONS = frozenset(
    [
        *("generate_series", "histogram", "histogram_values", "icu_calendar_names", "json_each"),
        *("json_tree", "pg_timezone_names", "query_table", "range", "repeat", "repeat_row"),
        *("summary", "test_all_types", "unnest"),
        *("glob", "read_avro", "read_blob", "read_csv", "read_csv_auto", "read_json"),
        *("read_json_auto", "read_json_objects", "read_json_objects_auto", "read_ndjson"),
        *("read_ndjson_auto", "read_ndjson_objects", "read_parquet", "read_text", "sniff_csv"),
        *("iceberg_column_stats", "iceberg_metadata", "iceberg_partition_stats"),
        *("iceberg_scan", "iceberg_snapshots"),
        *("duckdb_approx_database_count", "duckdb_columns", "duckdb_connection_count"),
        *("duckdb_constraints", "duckdb_coordinate_systems", "duckdb_databases"),
        *("duckdb_dependencies", "duckdb_extensions", "duckdb_external_file_cache"),
        *("duckdb_functions", "duckdb_indexes", "duckdb_keywords", "duckdb_log_contexts"),
        *("duckdb_logs", "duckdb_logs_parsed", "duckdb_memory", "duckdb_optimizers"),
        *("duckdb_prepared_statements", "duckdb_profiling_settings", "duckdb_schemas"),
        *("duckdb_secret_types", "duckdb_secrets", "duckdb_sequences", "duckdb_settings"),
        *("duckdb_table_sample", "duckdb_tables", "duckdb_temporary_files", "duckdb_types"),
        *("duckdb_variables", "duckdb_views"),
        *("parquet_bloom_probe", "parquet_file_metadata", "parquet_full_metadata"),
        *("parquet_kv_metadata", "parquet_metadata", "parquet_scan", "parquet_schema"),
        *("pragma_collations", "pragma_database_size", "pragma_metadata_info"),
        *("pragma_platform", "pragma_show", "pragma_storage_info", "pragma_table_info"),
        *("pragma_user_agent", "pragma_version"),
    ]
)
"""Table functions that only read. Others write files, run SQL text or follow raw pointers."""


class Statement(NamedTuple):
    """A checked statement."""

    text: str
    """The text that may run. Only this text was checked."""
    is_plan: bool
    """Whether the statement is an EXPLAIN."""
    words: frozenset[str]
    """All names and text constants of the statement, in lower case."""
    lists_tables: bool
    """Whether the statement may read DuckDB's catalog, as `show tables` does."""


def check_statement(connection: duckdb.DuckDBPyConnection, sql: str) -> Statement:
    """Check that `sql` is one SELECT statement, or an EXPLAIN of one.

    DuckDB parses `sql` and returns the syntax tree as JSON, which it does for SELECT statements
    only. WITH, FROM, VALUES, DESCRIBE, SUMMARIZE and SHOW are SELECT statements too. The tree
    contains the name of every function.

    Raises:
        QueryError: it is another statement, or uses a table function that may write.
    """
    check_text(sql, "the query")
    explain, query = _without_explain(sql)
    tree = _syntax_tree(connection, query)
    if tree["error"]:
        raise QueryError(_refusal(query, tree))
    if len(tree["statements"]) != 1:
        raise _not_one_statement(len(tree["statements"]))
    nodes = list(_nodes(tree))
    for node in nodes:
        if node.get("type") == "TABLE_FUNCTION":
            _check_table_function(node["function"]["function_name"])
    words = frozenset(
        value.lower() for node in nodes for value in _texts(node) if isinstance(value, str)
    )
    lists_tables = any(node.get("type") == "SHOW_REF" and not node["query"] for node in nodes) or (
        any(word.startswith(("duckdb_", "pragma_", "pg_", "sqlite_")) for word in words)
        or "information_schema" in words
    )
    return Statement(f"{explain}{query}", bool(explain), words, lists_tables)


def split_statements(text: str) -> list[str]:
    """Split a script into its statements, without semicolons and empty statements."""
    data = text.encode()
    statements, start = [], 0
    for offset, word in [*_tokens(text), (len(data), ";")]:
        if word == ";":
            statements.append(data[start:offset].decode())
            start = offset + 1
    return [text for text in statements if [word for _, word in _tokens(f"{text}\n;")] != [";"]]


def is_complete(text: str) -> bool:
    """Return whether `text` ends with a semicolon outside of quotes and comments."""
    if ";" not in text:
        return False
    marked = f"{text}\n;"
    *tokens, (last, _) = [(-1, ""), *_tokens(marked)]
    if last == len(marked.encode()) - 1:
        return bool(tokens) and tokens[-1][1] == ";"
    # The tokenizer stops at unterminated quotes and comments, and at invalid text.
    error = str(_syntax_tree(duckdb.default_connection(), text).get("error_message"))
    return not error.startswith("unterminated") and text.rstrip().endswith(";")


def _tokens(text: str) -> Iterator[tuple[int, str]]:
    """Yield each token of DuckDB: its offset in bytes, and its first word or character."""
    data = text.encode()
    for offset, _ in duckdb.tokenize(text):
        found = re.match(rb"\w+|.", data[offset:], re.DOTALL)
        yield offset, found[0].decode(errors="replace").lower() if found else ""


def _without_explain(sql: str) -> tuple[str, str]:
    """Return the normalised `explain` with its options, and the remaining statement."""
    tokens = _tokens(sql)
    if next(tokens, (0, ""))[1] != "explain":
        return "", sql
    options: list[str] = []
    start, word = next(tokens, (len(sql.encode()), ""))
    if word == "analyze":
        options = ["analyze"]
        start, _ = next(tokens, (len(sql.encode()), ""))
    elif word == "(":
        inside = [word for _, word in _until_bracket(tokens)]
        if inside[:1] and inside[0] in ("analyze", "format"):
            unknown = [word for word in inside if word not in _EXPLAIN_OPTIONS and word != ","]
            if unknown:
                raise QueryError(
                    f"EXPLAIN takes (analyze, format json), not {printable(unknown[0])}"
                )
            options = ["(", *inside, ")"]
            start, _ = next(tokens, (len(sql.encode()), ""))
    return f"explain {' '.join(options)} ", sql.encode()[start:].decode()


def _until_bracket(tokens: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    for offset, word in tokens:
        if word == ")":
            return
        yield offset, word


def _syntax_tree(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[str, Any]:
    # Hexadecimal digits need no quoting. DuckDB's parameters would import pandas (1 s).
    text = f"decode(from_hex('{sql.encode().hex()}'))"
    found = connection.execute(f"select json_serialize_sql({text})").fetchone()
    try:
        tree: dict[str, Any] = json.loads(found[0]) if found else {}
    except RecursionError as error:
        raise QueryError("the query is nested too deeply: use WITH for its parts") from error
    return tree


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _texts(node: dict[str, Any]) -> Iterator[Any]:
    for value in node.values():
        yield from value if isinstance(value, list) else (value,)


def _check_table_function(name: str) -> None:
    if name.lower() not in _TABLE_FUNCTIONS:
        raise QueryError(f"the table function {printable(name)} is not allowed: {READ_ONLY}")


def _refusal(sql: str, tree: dict[str, Any]) -> str:
    if tree["error_type"] == "parser":
        line = sql[: int(tree.get("position", 0))].count("\n") + 1
        message = printable(" ".join(tree["error_message"].split()))
        return message if line == 1 else f"{message} (line {line})"
    words = [word for _, word in _tokens(sql) if word != ";"]
    statements = split_statements(sql)
    if len(statements) > 1:
        return str(_not_one_statement(len(statements)))
    if "pivot" in words:
        return "PIVOT needs a list of its values: pivot … on … in (…)"
    return f"only SELECT statements, not {printable(words[0].upper())}: {READ_ONLY}"


def _not_one_statement(count: int) -> QueryError:
    if count:
        return QueryError(f"{count} statements: run one SELECT statement at a time")
    return QueryError("an empty query: type one SELECT statement")
