"""Run queries in a child process that has limits and can be killed at any time."""

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from typing import IO, Self

from reelhouse.errors import ReelhouseError
from reelhouse.lake.catalog import PUBLISHED
from reelhouse.lake.cluster import Lake, environment_of
from reelhouse.lake.parameters import Value
from reelhouse.lake.query_errors import AbandonedError, QueryError
from reelhouse.lake.query_limits import MEMORY_REACHED, LimitError, Limits

SECONDS_BETWEEN_CHECKS = 0.2
"""Time after which a query that nobody waits for is stopped."""


class QueryProcess:
    """A child process that runs queries on the lake and writes their results.

    The child ends at the end of the `with` block, when a query reaches its limit of time or memory,
    is abandoned or meets a damaged file, and at Ctrl-C. The next query then starts another child.
    """

    def __init__(
        self,
        lake: Lake,
        limits: Limits,
        catalog: str = PUBLISHED,
        output: IO[bytes] | None = None,
    ) -> None:
        """Start the child, which opens the lake while this process continues.

        Args:
            lake: the lake.
            limits: limits of a query.
            catalog: ``PUBLISHED``, or a release such as ``r12``.
            output: the file to which the child writes; None for standard output.
        """
        self._output = output
        self._lake = lake
        self._catalog = catalog
        self._limits = limits
        self._start()

    def __enter__(self) -> Self:
        """Return the process itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the process."""
        self.close()

    def close(self) -> None:
        """Kill the child and remove its temporary files."""
        self._stop()

    def run(
        self,
        sql: str,
        format: str = "table",
        timed: bool = False,
        parameters: Mapping[str, Value] | None = None,
        is_abandoned: Callable[[], bool] = lambda: False,
    ) -> None:
        """Run one statement. The child writes its result to the output.

        Args:
            sql: the statement.
            format: a format of ``print_query``.
            timed: whether the child prints the seconds, too.
            parameters: values of names in the statement, as in ``$user``.
            is_abandoned: returns whether nobody waits for the result any more.

        Raises:
            AbandonedError: the query was stopped, since it is abandoned.
            LimitError: the query reaches a limit.
            QueryError: the query is refused or fails.
            ReelhouseError: the lake cannot be read.
            BrokenPipeError: the reader of standard output has closed it.
        """
        if self._child.poll() is not None:
            self._stop()
            self._start()
        request = json.dumps(
            {"sql": sql, "format": format, "timed": timed, "parameters": parameters}
        )
        try:
            answer = self._ask(request, is_abandoned)
        except BaseException:
            self._stop()
            raise
        if "stopped" in answer:
            raise BrokenPipeError(answer["stopped"])
        if answer.get("option") == "memory" or answer.get("cause") == "lake":
            # The memory of the child is fragmented, or it would not read a repaired file again.
            self._stop()
        if "option" in answer:
            raise LimitError(answer["error"], answer["option"])
        if answer.get("cause") == "query":
            raise QueryError(answer["error"])
        if "error" in answer:
            raise ReelhouseError(answer["error"])

    def _start(self) -> None:
        self._spill = tempfile.mkdtemp(prefix="reelhouse-sql-")
        replies, written = os.pipe()
        self._replies = os.fdopen(replies)
        try:
            self._child = subprocess.Popen(
                [
                    # -P: a queue.py in the current folder must not run.
                    *(sys.executable, "-P", "-m", "reelhouse.lake.query_worker"),
                    *(self._catalog, self._spill, str(written)),
                    *map(str, self._limits),
                ],
                stdin=subprocess.PIPE,
                stdout=self._output,
                pass_fds=[written],
                env=environment_of(self._lake),  # a command line would show a password
                text=True,
                start_new_session=True,  # Ctrl-C reaches this process only, which kills the child
            )
        except BaseException:  # for example, no memory is left for a process
            self._remove_files()
            raise
        finally:
            os.close(written)

    def _ask(self, request: str, is_abandoned: Callable[[], bool]) -> dict[str, str]:
        assert self._child.stdin
        try:
            print(request, file=self._child.stdin, flush=True)
        except BrokenPipeError:
            line = ""
        else:
            self._wait(is_abandoned)
            line = self._replies.readline()
        if not line:
            reason = f"the query process ended, perhaps because {MEMORY_REACHED}"
            raise LimitError(reason, "memory")
        answer: dict[str, str] = json.loads(line)
        return answer

    def _wait(self, is_abandoned: Callable[[], bool]) -> None:
        """Wait until the child answers or ends."""
        end = time.monotonic() + self._limits.seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self._replies], [], [], min(left, SECONDS_BETWEEN_CHECKS))[0]:
                return
            if is_abandoned():
                raise AbandonedError("the query was stopped, since nobody waits for it")
        reason = f"the query was stopped at its limit of {self._limits.seconds:g} seconds"
        raise LimitError(reason, "timeout")

    def _stop(self) -> None:
        self._child.kill()
        self._child.wait()
        self._remove_files()

    def _remove_files(self) -> None:
        self._replies.close()
        shutil.rmtree(self._spill, ignore_errors=True)
