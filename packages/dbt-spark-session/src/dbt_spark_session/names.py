"""Names and texts in the form in which Spark's SQL writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dbt.adapters.contracts.relation import ComponentName
from dbt.adapters.spark.column import SparkColumn
from dbt.adapters.spark.relation import SparkRelation

_PLAIN = re.compile("[A-Za-z_][A-Za-z_0-9]*")
_QUOTED = re.compile("`(?:[^`]|``)*`")
_NAME = re.compile(f"(?:{_QUOTED.pattern}|[^.])+")


def quote(name: str) -> str:
    """Return a name in backticks, with its own backticks doubled."""
    return "`" + name.replace("`", "``") + "`"


def unquote(name: str) -> str:
    """Return a name without its backticks, if it has them."""
    return name[1:-1].replace("``", "`") if _QUOTED.fullmatch(name) else name


def split_schema(schema: str) -> list[str]:
    """Split a schema such as ``lake.my-shop`` at its dots, but not within backticks."""
    return _NAME.findall(schema)


def quote_schema(schema: str) -> str:
    """Return a schema such as ``lake.my-shop`` with backticks around the names that need them."""
    return ".".join(
        name if _PLAIN.fullmatch(name) or _QUOTED.fullmatch(name) else quote(name)
        for name in split_schema(schema)
    )


def string_literal(text: str) -> str:
    """Return a text in quotes, with its backslashes and quotes escaped."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


class SessionColumn(SparkColumn):  # type: ignore[misc]
    """Extend dbt-spark's column by names that contain backticks, and by Spark's type for texts."""

    @classmethod
    def string_type(cls, size: int) -> str:
        """Return the type of a text of any length."""
        return "string"

    @property
    def quoted(self) -> str:
        """Return the name in backticks."""
        return quote(self.column)


@dataclass(frozen=True, eq=False, repr=False)
class SessionRelation(SparkRelation):  # type: ignore[misc]
    """Extend dbt-spark's relation by names that SQL cannot read without backticks."""

    def _render_iterator(self) -> Iterator[tuple[ComponentName | None, str | None]]:
        for component, part in super()._render_iterator():
            # With `quoting: {schema: true}`, the schema has its backticks already.
            if component == ComponentName.Schema and part:
                part = quote_schema(part)
            yield component, part

    def quoted(self, identifier: str) -> str:
        """Return a name in backticks."""
        return quote(identifier)

    def quoted_if_needed(self) -> SessionRelation:
        """Return the relation of a listed table; its name is in backticks if SQL needs them."""
        return self if _PLAIN.fullmatch(self.identifier) else self.quote(identifier=True)
