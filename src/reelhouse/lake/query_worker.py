"""The child process of `reelhouse sql`, which runs queries and writes their results.

`query_process` starts this module. It reads requests from standard input, one JSON object per line,
writes results to standard output, and answers each request with a line of JSON on a pipe.
"""

import json
import os
import queue
import resource
import shutil
import sys
import threading
from pathlib import Path
from typing import Any, TextIO

from reelhouse.errors import ReelhouseError, escape_unwritable
from reelhouse.lake.catalog import chosen_lake
from reelhouse.lake.cluster import Lake
from reelhouse.lake.print_query import print_query
from reelhouse.lake.query_errors import DamageError, QueryError
from reelhouse.lake.query_limits import MEMORY_REACHED, LimitError, Limits
from reelhouse.lake.session import LakeSession
from reelhouse.machine import GIB

_FAILURES = (ReelhouseError, OSError, MemoryError)


def _receive(requests: "queue.SimpleQueue[dict[str, Any]]", spill: Path) -> None:
    """Queue the requests; end this process as soon as the parent has ended."""
    for line in sys.stdin.buffer:
        requests.put(json.loads(line))
    shutil.rmtree(spill, ignore_errors=True)
    os._exit(0)


def _answer(error: Exception) -> dict[str, str]:
    if isinstance(error, BrokenPipeError):
        return {"stopped": "the reader of the results has closed the pipe"}
    if isinstance(error, MemoryError):
        error = LimitError(MEMORY_REACHED, "memory")
    if isinstance(error, LimitError):
        return {"error": error.reason, "option": error.option}
    is_of_query = isinstance(error, QueryError) and not isinstance(error, DamageError)
    return {"error": str(error), "cause": "query" if is_of_query else "lake"}


def main(lake: Lake, catalog: str, spill: Path, limits: Limits, replies: TextIO) -> None:
    """Answer requests until the parent closes standard input.

    If the lake cannot be opened, the first answer gives the reason, and the process ends.
    """
    _, allowed = resource.getrlimit(resource.RLIMIT_DATA)
    if allowed != resource.RLIM_INFINITY:
        limits = limits._replace(memory=min(limits.memory, allowed / GIB))
    resource.setrlimit(resource.RLIMIT_DATA, (limits.memory_bytes(), limits.memory_bytes()))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    escape_unwritable()
    requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(requests, spill), daemon=True).start()
    try:
        session = LakeSession(lake, limits, spill, catalog)
    except _FAILURES as error:
        requests.get()
        print(json.dumps(_answer(error)), file=replies, flush=True)
        os._exit(1)  # Python's own exit aborts while a thread reads standard input
    while True:
        answer = {}
        try:
            print_query(session, **requests.get())
        except _FAILURES as error:
            answer = _answer(error)
        print(json.dumps(answer), file=replies, flush=True)


if __name__ == "__main__":
    catalog, spill, descriptor, *numbers = sys.argv[1:]
    seconds, memory, gib, rows = map(float, numbers)
    with os.fdopen(int(descriptor), "w") as replies:
        limits = Limits(seconds, memory, gib, int(rows))
        main(chosen_lake(), catalog, Path(spill), limits, replies)
