"""The box for queries of the page about the lake: a child process runs them, with limits."""

from __future__ import annotations

import json
import tempfile
import time
from typing import Annotated

from fastapi import HTTPException
from pydantic import BaseModel, Field

from reelhouse.errors import ReelhouseError
from reelhouse.explorer.lake_answers import QueryResult
from reelhouse.lake.cluster import Lake
from reelhouse.lake.parameters import Value
from reelhouse.lake.query_limits import LimitError, Limits
from reelhouse.lake.query_process import QueryProcess

BOX_LIMITS = Limits(seconds=10.0, memory=1.0, spill=1.0, rows=500)
"""Limits of a query of the page."""
LONGEST_QUERY = 100_000
"""Largest number of characters of a query."""


class Query(BaseModel):
    """A SELECT statement, and values of the names in it, as in ``$user``."""

    sql: Annotated[str, Field(max_length=LONGEST_QUERY)]
    parameters: dict[str, Value] = {}


class QueryBox:
    """Runs queries in a child process with limits, which can be killed.

    The caller runs one query after the other.
    """

    def __init__(self, lake: Lake, limits: Limits = BOX_LIMITS) -> None:
        """Prepare the box; the first query starts the child."""
        self._lake = lake
        self._limits = limits
        self._process: QueryProcess | None = None
        self._output = tempfile.TemporaryFile()  # noqa: SIM115

    def close(self) -> None:
        """End the child and remove its files; a query afterwards fails."""
        if self._process is not None:
            self._process.close()
        self._output.close()

    def run(self, query: Query) -> QueryResult:
        """Run a query.

        Raises
        ------
        HTTPException
            The query is refused, fails, or reaches a limit.
        """
        if self._process is None:
            self._process = QueryProcess(self._lake, self._limits, output=self._output)
        self._output.seek(0)
        self._output.truncate()
        started = time.monotonic()
        try:
            self._process.run(query.sql, "cells", parameters=query.parameters)
        except ReelhouseError as error:
            raise HTTPException(422, _message(error)) from error
        self._output.seek(0)
        return QueryResult(**json.loads(self._output.read()), seconds=time.monotonic() - started)


def _message(error: ReelhouseError) -> str:
    """Return the message of an error; for a limit, name the console, which has larger ones."""
    if isinstance(error, LimitError):
        return f"{error.reason}: `make sql` has larger limits"
    return str(error)
