"""The box for queries of the page about the lake: a child process runs them, with limits."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from typing import Annotated

from fastapi import HTTPException
from pydantic import Field

from reelhouse.explorer.lake_answers import QueryResult
from reelhouse.lake.cluster import Lake
from reelhouse.lake.parameters import Value
from reelhouse.lake.query_errors import AbandonedError, QueryError
from reelhouse.lake.query_limits import LimitError, Limits
from reelhouse.lake.query_process import QueryProcess
from reelhouse.serve.api import Body

BOX_LIMITS = Limits(seconds=10.0, memory=1.0, spill=1.0, rows=500)
"""Limits of a query of the page."""
LONGEST_QUERY = 100_000
"""Largest number of characters of a query."""
STOPPED = "the query was stopped: its client has left, or the server ends"


class Query(Body):
    """A SELECT statement, and values of the names in it, as in ``$user``."""

    sql: Annotated[str, Field(max_length=LONGEST_QUERY)]
    parameters: dict[str, Value] = Field(default_factory=dict)


class QueryBox:
    """Runs queries in a child process with limits, which can be killed.

    The caller runs one query after the other.
    """

    def __init__(self, lake: Lake, limits: Limits = BOX_LIMITS) -> None:
        """Prepare the box; the first query starts the child."""
        self._lake = lake
        self._limits = limits
        self._process: QueryProcess | None = None
        self._is_stopped = False
        self._output = tempfile.TemporaryFile()  # noqa: SIM115

    def stop(self) -> None:
        """Stop the running query within a moment, and refuse the others."""
        self._is_stopped = True

    def close(self) -> None:
        """End the child and remove its files."""
        self.stop()
        if self._process is not None:
            self._process.close()
        self._output.close()

    def run(self, query: Query, has_left: Callable[[], bool] = lambda: False) -> QueryResult:
        """Run a query, unless ``has_left`` says that its client has left.

        Raises
        ------
        HTTPException
            The query is refused, fails, reaches a limit, or is stopped.
        ReelhouseError
            The lake cannot be read.
        """

        def is_abandoned() -> bool:
            return self._is_stopped or has_left()

        if is_abandoned():
            raise HTTPException(503, STOPPED)
        if self._process is None:
            self._process = QueryProcess(self._lake, self._limits, output=self._output)
        self._output.seek(0)
        self._output.truncate()
        started = time.monotonic()
        try:
            self._process.run(
                query.sql, "cells", parameters=query.parameters, is_abandoned=is_abandoned
            )
        except AbandonedError as error:
            raise HTTPException(503, STOPPED) from error
        except LimitError as error:
            raise HTTPException(422, f"{error.reason}: `make sql` has larger limits") from error
        except QueryError as error:
            raise HTTPException(422, str(error)) from error
        self._output.seek(0)
        return QueryResult(**json.loads(self._output.read()), seconds=time.monotonic() - started)
