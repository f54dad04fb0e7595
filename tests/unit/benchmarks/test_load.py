"""The generator of requests counts what a person waits, errors included."""

import asyncio
import json

from benchmarks.load import Stream, run

STALL = 0.5
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"


async def loaded(answers, seconds):
    """Send 100 requests a second to a server that calls ``answers`` with the path of each."""

    async def serve(reader, writer):
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                writer.write(await answers(head.split()[1].decode()))
        except asyncio.IncompleteReadError:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        stream = Stream("all", 100.0, [("GET", f"/{number}", "") for number in range(1000)])
        return (await run([stream], port, seconds))["all"]


def test_requests_that_wait_behind_a_slow_one_count_as_slow():
    """The server answers nothing for half a second; 50 requests are due meanwhile."""
    first = []

    async def stalling(path):
        loop = asyncio.get_running_loop()
        first.append(loop.time())
        await asyncio.sleep(max(first[0] + STALL - loop.time(), 0))
        return ANSWER

    found = asyncio.run(loaded(stalling, seconds=STALL))
    assert (found["requests"], found["errors"]) == (50, 0)
    # They wait for 0.5, 0.49 … 0 seconds, so that half of them wait for 0.25 seconds or more.
    assert found["ms_p50"] > 1000 * STALL * 0.4
    assert found["ms_max"] >= 1000 * STALL * 0.9


def test_a_bad_answer_is_an_error():
    async def answer(path):
        number = int(path[1:])
        if number == 3:
            return b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4\r\n\r\noops"
        if number == 4:
            return ANSWER.replace(b"[]", b"[1")
        return ANSWER

    found = asyncio.run(loaded(answer, seconds=0.2))
    assert (found["requests"], found["errors"]) == (20, 2)
    assert "500" in found["first_error"]
    assert json.dumps(found)
