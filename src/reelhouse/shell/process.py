"""The prompt's side of the process that keeps Spark."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Self

from reelhouse.errors import ReelhouseError

PATIENCE = 30
"""Seconds to wait for the end of the child before it is killed."""
INTERRUPTED = 130
"""Exit code of a command that Ctrl-C has stopped."""


class ShellProcess:
    """A child process that keeps Spark and runs commands; it is started again when necessary."""

    def __init__(self, target: str, color: bool) -> None:
        """Start the child, which starts Spark while this process continues.

        Args:
            target: a target of profiles.yml; empty for the default target.
            color: whether dbt prints colours.
        """
        self._target, self._color = target, color
        self._number = 0
        self.options: Mapping[str, Sequence[str]] = {}
        """Options of each dbt command, when Spark has started."""
        self._start()

    def __enter__(self) -> Self:
        """Return the process itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop Spark, and wait until it has removed its temporary files."""
        self._stop()

    def run(self, kind: str, arguments: list[str], variables: dict[str, str]) -> int:
        """Run a command, which prints to the terminal; return its exit code.

        Ctrl-C cancels the command. A second Ctrl-C kills the child and Spark.

        Raises:
            ReelhouseError: the child cannot start, or has ended.
            KeyboardInterrupt: Ctrl-C while Spark starts; the command has not run.
        """
        request = {"kind": kind, "arguments": arguments, "variables": variables}
        self._number += 1
        answer = self._ask(request)
        if "restart" in answer:
            print(f"{answer['restart']}: starting Spark again …", flush=True)
            self._stop()
            answer = self._ask(request)
        if "ended" in answer:
            raise ReelhouseError(
                "the process that runs the commands has ended: logs/dbt.log and logs/java.log may"
                " have the cause. The next command starts another one"
            )
        self._java = answer.get("java")
        return int(answer["code"])

    def _start(self) -> None:
        read_requests, written_requests = os.pipe()
        read_replies, written_replies = os.pipe()
        self._child = subprocess.Popen(
            [
                # -P: a queue.py in the current folder must not run.
                *(sys.executable, "-P", "-m", "reelhouse.shell.worker"),
                *(str(read_requests), str(written_replies)),
                *(self._target, "color" if self._color else "plain"),
            ],
            stdin=subprocess.DEVNULL,
            pass_fds=[read_requests, written_replies],
            start_new_session=True,  # Ctrl-C reaches this process only, which passes it on
        )
        os.close(read_requests)
        os.close(written_replies)
        self._requests = os.fdopen(written_requests, "w")
        self._replies: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._ready, self._java = threading.Event(), None
        self._error: str | None = None
        threading.Thread(target=self._receive, args=(read_replies,), daemon=True).start()

    def _receive(self, replies: int) -> None:
        """Note that the child is ready, and queue its replies."""
        ready, queued = self._ready, self._replies
        with os.fdopen(replies) as lines:
            for line in lines:
                reply = json.loads(line)
                if ready.is_set():
                    queued.put(reply)
                else:
                    self._java, self._error = reply.get("java"), reply.get("error")
                    self.options = reply.get("options", {})
                    ready.set()
        queued.put({"ended": True})
        ready.set()

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Send a request to the child, and return its reply."""
        if self._child.poll() is not None:
            self._stop()
            self._start()
        if not self._ready.is_set():
            print("Spark is starting …", flush=True)
            self._ready.wait()
        if self._error:
            raise ReelhouseError(self._error)
        try:
            self._send(number=self._number, **request)
            return self._replies.get()
        except KeyboardInterrupt:
            print("\nstopping … (Ctrl-C again also ends Spark)", file=sys.stderr)
            self._send(interrupt=self._number)
        try:
            return self._replies.get()
        except KeyboardInterrupt:
            self._kill()
            return {"code": INTERRUPTED}  # the next command starts another child

    def _send(self, **message: Any) -> None:
        with suppress(BrokenPipeError):  # then a reply says that the child has ended
            print(json.dumps(message), file=self._requests, flush=True)

    def _stop(self) -> None:
        """Let the child stop Spark and end; kill both if they take too long."""
        with suppress(BrokenPipeError):
            self._requests.close()
        try:
            self._child.wait(PATIENCE)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            self._kill()

    def _kill(self) -> None:
        """Kill the child and Java; the next start of Spark removes their temporary files."""
        self._child.kill()
        self._child.wait()
        if self._java is not None:
            with suppress(ProcessLookupError):
                os.kill(self._java, signal.SIGKILL)
