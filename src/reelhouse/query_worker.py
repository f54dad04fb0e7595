"""The child process of `reelhouse sql`: runs queries and writes their results.

It reads requests from standard input, one JSON object a line, writes results to standard output,
and answers each request with a line of JSON on a pipe. `query_process` starts it.
"""

import io
import json
import os
import queue
import resource
import shutil
import sys
import threading
from pathlib import Path
from typing import Any, TextIO

from reelhouse.errors import ReelhouseError
from reelhouse.limits import MEMORY_REACHED, Limits
from reelhouse.query import LakeSession
from reelhouse.results import show


def _receive(requests: "queue.SimpleQueue[dict[str, Any]]", spill: Path) -> None:
    """Pass on the requests; end this process at once when the parent is gone."""
    for line in sys.stdin.buffer:
        requests.put(json.loads(line))
    shutil.rmtree(spill, ignore_errors=True)
    os._exit(0)


def _answer(session: LakeSession, request: dict[str, Any]) -> dict[str, str]:
    """Run the query of a request; return an empty answer, or what went wrong."""
    try:
        show(session, **request)
    except BrokenPipeError:
        return {"stopped": "the reader of the results has gone"}
    except (ReelhouseError, OSError) as error:
        return {"error": str(error)}
    except MemoryError:
        return {"error": MEMORY_REACHED}
    return {}


def main(lake: Path, spill: Path, limits: Limits, replies: TextIO) -> None:
    """Answer requests until the parent closes standard input."""
    resource.setrlimit(resource.RLIMIT_DATA, (limits.memory_bytes(), limits.memory_bytes()))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # an encoding may lack what a title has
            stream.reconfigure(errors="backslashreplace")
    requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(requests, spill), daemon=True).start()
    session = LakeSession(lake, limits, spill)
    while True:
        print(json.dumps(_answer(session, requests.get())), file=replies, flush=True)


if __name__ == "__main__":
    lake, spill, descriptor, *numbers = sys.argv[1:]
    seconds, memory, gib, rows = map(float, numbers)
    with os.fdopen(int(descriptor), "w") as replies:
        main(Path(lake), Path(spill), Limits(seconds, memory, gib, int(rows)), replies)
