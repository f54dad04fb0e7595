"""A program on a pseudo-terminal, as a person uses it."""

import os
import pty
import select
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self


class Terminal:
    """A program that shows a prompt on a real pseudo-terminal."""

    def __init__(
        self,
        command: Sequence[str | Path],
        environment: Mapping[str, str],
        prompt: str,
        seconds: float = 60,
    ) -> None:
        """Start the program, and wait for its prompt; ``seconds`` limits each wait for output."""
        self.prompt, self._seconds = prompt, seconds
        self._status: int | None = None
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            plain = {"TERM": "dumb", "COLUMNS": "80"}
            os.execvpe(command[0], list(map(str, command)), {**environment, **plain})
        self.first = self.read_until(prompt)

    def __enter__(self) -> Self:
        """Return the terminal itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Kill the program if it still runs, and close the terminal."""
        if self._status is None:
            os.kill(self.pid, signal.SIGKILL)
            self.exit_code()
        os.close(self._fd)

    def read_until(self, expected: str) -> str:
        """Return the output up to a text, or up to the end of the program."""
        said = ""
        while expected not in said and select.select([self._fd], [], [], self._seconds)[0]:
            try:
                said += os.read(self._fd, 4096).decode(errors="replace")
            except OSError:  # the terminal is closed
                break
        return said.replace("\r", "")

    def type(self, text: str, until: str = "") -> str:
        """Type a text, and return the output up to another text; by default, up to the prompt."""
        os.write(self._fd, text.encode())
        return self.read_until(until or self.prompt)

    def exit_code(self) -> int:
        """Wait for the end of the program, and return its exit code."""
        if self._status is None:
            self._status = os.waitpid(self.pid, 0)[1]
        return os.waitstatus_to_exitcode(self._status)
