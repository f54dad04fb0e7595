"""Limits of a query in the console: time, memory, temporary files, and printed rows."""

import argparse
import os
from collections.abc import Callable
from typing import NamedTuple

from reelhouse.errors import ReelhouseError
from reelhouse.machine import GIB, memory_bytes

MEMORY_REACHED = "the query reached its memory limit"
SHOWN_ROWS = 1000
"""Largest number of rows of a table on the terminal; CSV and JSON have up to `Limits.rows`."""
_BUFFER_SHARE = 0.6
"""Share of the memory for DuckDB's buffers; the rest is for other allocations."""


class LimitError(ReelhouseError):
    """A query has reached a limit, which an option of `reelhouse sql` sets."""

    def __init__(self, reason: str, option: str) -> None:
        """Make the message from the limit that was reached and the option, such as ``memory``."""
        unit = " (GiB)" if option in ("memory", "spill") else ""
        super().__init__(f"{reason}: set a larger --{option}{unit}")
        self.reason = reason
        self.option = option


class Limits(NamedTuple):
    """Limits of a query. Each is an option of `reelhouse sql` and an environment variable."""

    seconds: float
    memory: float
    """GiB of memory of the process."""
    spill: float
    """GiB of temporary files."""
    rows: int
    """Rows that CSV and JSON write."""

    def memory_bytes(self) -> int:
        """Return the memory limit of the process."""
        return int(self.memory * GIB)

    def buffer_bytes(self) -> int:
        """Return the memory limit of DuckDB's buffers, above which they spill to disk."""
        return int(self.memory * GIB * _BUFFER_SHARE)

    def spill_bytes(self) -> int:
        """Return the size limit of the temporary files."""
        return int(self.spill * GIB)


def add_limits(parser: argparse.ArgumentParser) -> None:
    """Add the options; variables named REELHOUSE_SQL_… change their defaults."""
    half = max(1, memory_bytes() // 2 // GIB)
    for name, kind, default, meaning in (
        ("timeout", _number(0.01, 10**8), 3600, "seconds after which a query is stopped"),
        ("memory", _number(0.25, 10**6), half, "GiB of memory that a query may use"),
        ("spill", _number(0.001, 10**6), 20, "GiB of temporary files that a query may write"),
        ("rows", _number(1, 10**12, int), 100_000_000, "rows that CSV and JSON may have"),
    ):
        variable = f"REELHOUSE_SQL_{name.upper()}"
        parser.add_argument(
            f"--{name}",
            type=kind,
            default=os.environ.get(variable) or str(default),
            metavar="N",
            help=f"{meaning} ({default}; {variable})",
        )


def limits_of(options: argparse.Namespace) -> Limits:
    """Return the limits from the command line and the environment."""
    return Limits(options.timeout, options.memory, options.spill, options.rows)


def _number(least: float, most: int, kind: type[float] = float) -> Callable[[str], float]:
    """Return a parser of numbers within bounds that the system calls accept."""

    def parse(text: str) -> float:
        try:
            number = kind(text)
        except ValueError:
            number = kind(0)
        if not least <= number <= most:
            noun = "whole number" if kind is int else "number"
            raise argparse.ArgumentTypeError(f"{text!r} is not a {noun} from {least} to {most:,}")
        return number

    return parse
