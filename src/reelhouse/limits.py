"""The limits of a query in the console."""

import argparse
import os
from typing import NamedTuple

from reelhouse.machine import GIB, memory_bytes

MEMORY_REACHED = "the query reached its memory limit: a larger --memory allows more GiB"
_BUFFER_SHARE = 0.6
"""DuckDB's buffers get this share of the memory; other allocations get the rest."""


class Limits(NamedTuple):
    """Limits of a query; each field is a flag of `reelhouse sql` and a variable."""

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
    """Add the flags; a variable REELHOUSE_SQL_… changes a flag's default."""
    half = max(1, memory_bytes() // 2 // GIB)
    for name, kind, default, said in (
        ("timeout", _positive, 3600, "seconds after which a query is stopped"),
        ("memory", _positive, half, "GiB of memory that a query may use"),
        ("spill", _positive, 20, "GiB of temporary files that a query may write"),
        ("rows", _positive_count, 100_000_000, "rows that a query may return"),
    ):
        variable = f"REELHOUSE_SQL_{name.upper()}"
        parser.add_argument(
            f"--{name}",
            type=kind,
            default=os.environ.get(variable) or str(default),
            metavar="N",
            help=f"{said} ({default}; {variable})",
        )


def limits_of(options: argparse.Namespace) -> Limits:
    """Return the limits from the command line and the environment."""
    return Limits(options.timeout, options.memory, options.spill, options.rows)


def _positive(text: str) -> float:
    return _above_zero(text, float)


def _positive_count(text: str) -> int:
    return int(_above_zero(text, int))


def _above_zero(text: str, kind: type[float]) -> float:
    try:
        number = kind(text)
    except ValueError:
        number = kind(0)
    if not 0 < number < 1e12:
        what = "whole number" if kind is int else "number"
        raise argparse.ArgumentTypeError(f"{text!r} is no {what} above 0")
    return number
