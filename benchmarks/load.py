"""`python -m benchmarks.load < plan.json`: send HTTP requests at fixed rates, as JSON says.

The generator is an open loop: request number i of a stream is due at the time i / rate, however
slow the answers to earlier requests are. A latency is counted from the time at which the request
was due until its answer is complete, so that requests which wait behind a slow one count as slow
(no coordinated omission). The signal SIGTERM ends the time early.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

TIMEOUT = 10.0
"""Seconds after which a request has failed."""
IDLE = 2.0
"""Seconds after which an unused connection is closed, since the server may close it too."""
STATUS_OK = b"HTTP/1.1 200"


class Stream(NamedTuple):
    """Requests that are sent at a fixed rate, in turn.

    A request is (method, path, body); the body is JSON, or empty.
    """

    name: str
    rate: float
    requests: Sequence[tuple[str, str, str]]


class Sent(NamedTuple):
    """Times of a request in seconds from its due time, and its error, if any."""

    started: float
    ended: float
    error: str


class Connections:
    """Open connections to a server, each for one request at a time."""

    def __init__(self, port: int) -> None:
        """Start without a connection."""
        self._port = port
        self._free: list[tuple[float, asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def request(self, method: str, path: str, body: str) -> bytes:
        """Send a request, and return the body of its answer.

        Raises
        ------
        ValueError
            The status is not 200, or the body is not JSON.
        OSError
            The connection failed.
        """
        encoded = body.encode()
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(encoded)}\r\n\r\n"
        )
        while self._free and time.monotonic() - self._free[0][0] > IDLE:
            self._free.pop(0)[2].close()
        if self._free:
            _, reader, writer = self._free.pop()
        else:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(head.encode() + encoded)
        try:
            answered = await reader.readuntil(b"\r\n\r\n")
            headers = dict(line.split(b": ", 1) for line in answered.lower().split(b"\r\n")[1:-2])
            content = await reader.readexactly(int(headers[b"content-length"]))
        except BaseException:
            writer.close()
            raise
        self._free.append((time.monotonic(), reader, writer))
        if not answered.startswith(STATUS_OK):
            raise ValueError(f"{answered[:16].decode()}: {content[:200].decode()}")
        json.loads(content)
        return content

    def close(self) -> None:
        """Close the connections."""
        for *_, writer in self._free:
            writer.close()


async def send(
    stream: Stream, port: int, start: float, seconds: float, stopped: asyncio.Event
) -> list[Sent]:
    """Send the requests of a stream that are due within a time or before the event.

    ``start`` is a time of ``time.monotonic``.
    """
    connections = Connections(port)
    pending, number = [], 0

    async def send_one(due: float, request: tuple[str, str, str]) -> Sent:
        started = time.monotonic() - due
        try:
            async with asyncio.timeout(TIMEOUT):
                await connections.request(*request)
            error = ""
        except (OSError, ValueError, asyncio.IncompleteReadError) as failure:
            error = f"{type(failure).__name__}: {failure}"
        return Sent(started, time.monotonic() - due, error)

    while (due := start + number / stream.rate) < start + seconds:
        await asyncio.sleep(due - time.monotonic())
        if stopped.is_set():
            break
        request = stream.requests[number % len(stream.requests)]
        pending.append(asyncio.create_task(send_one(due, request)))
        number += 1
    sent = list(await asyncio.gather(*pending))
    connections.close()
    return sent


def summary(sent: Sequence[Sent], rate: float) -> dict[str, Any]:
    """Return the number of requests and errors, and quantiles of the latencies in milliseconds.

    ``late_ms_p99`` says how late the generator itself sent its requests; this time is a part of the
    latencies.
    """
    latencies = sorted(each.ended for each in sent)
    return {
        "rate": rate,
        "requests": len(sent),
        "errors": sum(bool(each.error) for each in sent),
        "first_error": next((each.error for each in sent if each.error), None),
        "ms_p50": _quantile(latencies, 0.5),
        "ms_p99": _quantile(latencies, 0.99),
        "ms_max": _quantile(latencies, 1.0),
        "late_ms_p99": _quantile(sorted(each.started for each in sent), 0.99),
    }


def _quantile(ascending: Sequence[float], share: float) -> float:
    """Return the smallest value that is not less than a share of the values."""
    position = max(-int(-share * len(ascending) // 1) - 1, 0)
    return round(1000 * ascending[position], 2)


async def run(streams: Sequence[Stream], port: int, seconds: float) -> dict[str, dict[str, Any]]:
    """Send all streams for a time, and return the summary of each by its name."""
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    start = time.monotonic() + 0.2
    sent = await asyncio.gather(*(send(each, port, start, seconds, stopped) for each in streams))
    return {
        stream.name: summary(each, stream.rate) for stream, each in zip(streams, sent, strict=True)
    }


def main() -> None:
    """Read a plan from standard input, and write the summaries to standard output."""
    plan = json.load(sys.stdin)
    streams = [Stream(**each) for each in plan["streams"]]
    print(json.dumps(asyncio.run(run(streams, plan["port"], plan["seconds"]))))


if __name__ == "__main__":
    main()
