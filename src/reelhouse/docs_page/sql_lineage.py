"""Column lineage of a SELECT statement: the columns of tables from which each output comes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, traverse_scope

from reelhouse.errors import ReelhouseError

DIALECT = "spark"
ROWS = "*"
"""Name of the column that stands for the number of rows of a table, as in ``count(*)``."""
_WRITTEN = "written"


class Input(NamedTuple):
    """A column of a table."""

    table: str
    column: str


def inputs_of_select(
    sql: str, tables: Mapping[str, Sequence[str]], described: Sequence[str] = ()
) -> dict[str, list[Input]]:
    """Return the inputs of each output column of a SELECT statement.

    The inputs of an output are the columns from which its value is computed. Columns in `where`,
    `group by` and the conditions of joins are no inputs, since they only select or group rows.
    Columns in `over (…)`, and in the conditions of a subquery in the select list, are inputs.

    Args:
        sql: a statement in Spark's dialect.
        tables: the columns of each table, by its name as the statement writes it.
        described: the columns of the result. Those that the statement does not name are outputs of
            a function that returns several columns, such as `inline`.

    Raises:
        ReelhouseError: sqlglot cannot parse the statement, it is no SELECT statement, or a column
            belongs to no table in ``tables``.
    """
    try:
        tree = parse_one(sql, dialect=DIALECT)
        if not isinstance(tree, exp.Query):
            raise ReelhouseError("the columns of a statement other than SELECT cannot be traced")
        for written in tree.find_all(exp.Coalesce):
            written.meta[_WRITTEN] = True
        query = qualify(
            tree,
            dialect=DIALECT,
            schema=_nested(tables),
            validate_qualify_columns=False,
            quote_identifiers=False,
        )
        select = _Select(query)
    except SqlglotError as error:
        raise ReelhouseError(f"the columns of a query cannot be traced: {error}") from error
    found = {name: select.inputs(select.root, name) for name in select.names(select.root)}
    outputs = {name: inputs for name, inputs in found.items() if not name.startswith("_col_")}
    of_functions = sorted({each for name in found.keys() - outputs.keys() for each in found[name]})
    as_described = {name.lower(): name for name in described}  # sqlglot writes names in lower case
    outputs = {as_described.get(name, name): inputs for name, inputs in outputs.items()}
    outputs |= {name: of_functions for name in described if name not in outputs}
    return outputs


class _Select:
    """The scopes of a query, in which every column has the name of its table."""

    def __init__(self, query: exp.Expr) -> None:
        scopes = traverse_scope(query)
        self.root = scopes[-1]
        self._scope_of: dict[int, Scope] = {}
        for scope in scopes:  # inner scopes first
            for part in (*scope.columns, *scope.find_all(exp.Count)):
                self._scope_of.setdefault(id(part), scope)
        self._known: dict[tuple[int, str, str], list[Input]] = {}

    def names(self, scope: Scope) -> list[str]:
        """Return the names of the columns of a scope."""
        expression = scope.expression
        return list(expression.named_selects) if isinstance(expression, exp.Query) else []

    def inputs(self, scope: Scope, name: str, field: str = "") -> list[Input]:
        """Return the inputs of an output column of a scope, or of one field of the column."""
        key = id(scope), name, field
        if key not in self._known:
            self._known[key] = []  # a recursive query ends here
            self._known[key] = sorted(set(self._inputs(scope, name, field)))
        return self._known[key]

    def _inputs(self, scope: Scope, name: str, field: str) -> Iterable[Input]:
        expression = scope.expression
        if isinstance(expression, exp.SetOperation):
            place = self.names(scope).index(name)
            for part in scope.set_operation_scopes:
                yield from self.inputs(part, self.names(part)[place], field)
        elif isinstance(expression, exp.Query):
            for selected in expression.selects:
                if name in _names_of(selected):
                    yield from self._inputs_of_value(scope, _field_of(selected, field))
        else:  # a lateral view
            yield from self._inputs_of_value(scope, expression)

    def _inputs_of_value(self, scope: Scope, value: exp.Expr) -> Iterable[Input]:
        dropped = {id(each) for same in _same_columns(scope, value) for each in same}
        for column in value.find_all(exp.Column):
            if not column.table:
                raise ReelhouseError(f"the column {column.name} belongs to no known table")
            if id(column) not in dropped:
                owner = self._scope_of.get(id(column), scope)
                field = column.parent.name if isinstance(column.parent, exp.Dot) else ""
                yield from self._inputs_of_column(owner, column.table, column.name, field)
        for count in value.find_all(exp.Count):
            if _counts_rows(count):
                owner = self._scope_of.get(id(count), scope)
                for _, source in owner.selected_sources.values():
                    yield from self._rows(source)

    def _inputs_of_column(
        self, scope: Scope, table: str, name: str, field: str = ""
    ) -> Iterable[Input]:
        within: Scope | None = scope
        while within is not None and table not in within.sources:
            within = within.parent
        source = within.sources[table] if within else None
        if isinstance(source, exp.Table) and within:
            for column in _unpivoted(source, name):
                # An unpivoted common table expression is a table for sqlglot.
                expression = within.cte_sources.get(source.name) if not source.db else None
                if isinstance(expression, Scope):
                    yield from self.inputs(expression, column)
                else:
                    yield Input(_name(source), column)
        elif isinstance(source, Scope):
            yield from self.inputs(source, name, field)

    def _rows(self, source: exp.Expr | Scope) -> Iterable[Input]:
        """Return the tables whose rows are counted."""
        if isinstance(source, exp.Table):
            yield Input(_name(source), ROWS)
        elif isinstance(source, Scope):
            scopes = source.set_operation_scopes or [source]
            for scope in scopes:
                for _, inner in scope.selected_sources.values():
                    yield from self._rows(inner)


def _names_of(selected: exp.Expr) -> list[str]:
    """Return the names of an element of a select list; `stack(…) as (a, b)` has two."""
    if isinstance(selected, exp.Aliases):
        return [each.name for each in selected.expressions]
    return [selected.alias_or_name, selected.output_name]


def _field_of(selected: exp.Expr, field: str) -> exp.Expr:
    """Return the array from which the field of a row of `explode(arrays_zip(…))` comes."""
    zipped = selected.find(exp.ArraysZip) if field else None
    arrays = zipped.expressions if zipped else []
    return next((array for array in arrays if array.name == field), selected)


def _unpivoted(table: exp.Table, name: str) -> list[str]:
    """Return the columns of a table that `unpivot` turns into a column."""
    for pivot in table.args.get("pivots") or []:
        made = {each.name for each in pivot.expressions}
        for field in pivot.fields:
            if name in made | {field.this.name}:
                return [column.name for column in field.find_all(exp.Column) if column.name != name]
    return [name]


def _same_columns(scope: Scope, value: exp.Expr) -> Iterable[Iterable[exp.Expr]]:
    """Return the columns of right tables that `using` makes equal to a column of the left table.

    sqlglot writes such a column as `coalesce(left.id, right.id)`.
    """
    sides = {join.side for join in scope.expression.args.get("joins") or []}
    if not sides & {"FULL", "RIGHT"}:
        for merged in value.find_all(exp.Coalesce):
            if not merged.meta.get(_WRITTEN):
                yield merged.expressions


def _counts_rows(count: exp.Count) -> bool:
    return isinstance(count.this, exp.Star | exp.Literal)


def _name(table: exp.Table) -> str:
    return ".".join(part.name for part in table.parts)


def _nested(tables: Mapping[str, Sequence[str]]) -> dict[str, object]:
    """Return the schema as sqlglot takes it: catalog → schema → table → column → type."""
    schema: dict[str, object] = {}
    for name, columns in tables.items():
        level = schema
        *folders, table = name.split(".")
        for folder in folders:
            level = level.setdefault(folder, {})  # type: ignore[assignment]
        level[table] = dict.fromkeys(columns, "string")
    return schema
