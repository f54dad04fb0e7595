"""The answers of the explorer's API about the lake: tables, releases and queries."""

from __future__ import annotations

from pydantic import BaseModel

from reelhouse.explorer.answers import Table


class LakeTable(BaseModel):
    """A table of the lake."""

    name: str
    stage: str
    rows: int
    description: str
    columns: list[tuple[str, str]]
    """Column → description."""
    reads: list[str]
    """The tables that it is computed from, directly or through views."""


class QueryLimits(BaseModel):
    """The limits of a query of the page."""

    seconds: float
    memory: float
    """GiB."""
    rows: int
    """Rows that are shown."""


class LakePage(BaseModel):
    """The tables and releases of the lake, and the limits of a query."""

    folder: str
    tables: list[LakeTable]
    views: list[str]
    releases: Table
    query_limits: QueryLimits
    has_documentation: bool = False
    """Whether `make docs` has written its page, which is at ``/documentation``."""


class ReleaseChanges(BaseModel):
    """The changes of a release since the one before."""

    release: str
    before: str | None
    tables: Table
    metrics: Table


class QueryResult(BaseModel):
    """The rows of a query, as texts."""

    columns: list[str]
    is_number: list[bool]
    rows: list[list[str]]
    is_cut: bool
    """Whether the query has more rows."""
    seconds: float
