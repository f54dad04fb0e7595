"""`SIZE=shell`: seconds of `dbt run` of one model, in a new process and in `reelhouse shell`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.build import build, write_csv
from reelhouse.lake.releases import newest_release
from reelhouse.paths import ROOT
from reelhouse.shell.process import ShellProcess

MODELS = "movies", "similar_movies"
"""A model in SQL, and one in Python."""
TIMES = 5
DBT = Path(sys.executable).parent / "dbt"


class Row(NamedTuple):
    """Seconds of the runs of a model."""

    model: str
    cold: list[float]
    """In a new process."""
    first: float
    """The first time in a shell."""
    warm: list[float]
    """The later times in the same shell."""


class _FailedError(Exception):
    """A command that is measured has failed."""


def measure(ratings: Path | None, out: Path) -> int:
    """Run each model in both ways; print the medians, and write all seconds to OUT/shell.json.

    Args:
        ratings: folder of generated ratings; None for MovieLens 100k.
        out: folder of lakes and results; the lake is built only if it does not exist yet.

    Returns:
        The exit code.
    """
    lake = out / "lake-shell"
    if not newest_release(lake):
        data = write_csv(ratings, out / ratings.name.replace("ratings", "csv")) if ratings else ""
        code = build(["build", "--tune", "no"], data, lake).code
        if code:
            return code
    os.environ["REELHOUSE_LAKE"] = str(lake)
    os.chdir(ROOT)
    try:
        start, rows = _rows()
    except _FailedError:
        return 1
    _print_rows(start, rows)
    written = {"start": start, "models": [row._asdict() for row in rows]}
    (out / "shell.json").write_text(json.dumps(written, indent=1) + "\n")
    return 0


def _rows() -> tuple[float, list[Row]]:
    """Return the seconds until the shell can run a command, and those of each model."""

    def in_shell(*arguments: str) -> float:
        return _seconds(lambda: shell.run("dbt", ["--quiet", *arguments], {}))

    def alone(*arguments: str) -> float:
        return _seconds(lambda: subprocess.run([DBT, "--quiet", *arguments]).returncode)

    with ShellProcess(target="", color=False) as shell:
        start = in_shell("parse")
        warm = {
            model: [in_shell("run", "--select", model) for _ in range(TIMES + 1)]
            for model in MODELS
        }
    rows = []
    for model, (first, *others) in warm.items():
        cold = [alone("run", "--select", model) for _ in range(TIMES)]
        rows.append(Row(model, cold, first, others))
    return start, rows


def _seconds(run: Callable[[], int]) -> float:
    """Return the seconds of a command.

    Raises:
        _FailedError: its exit code is not 0.
    """
    began = time.monotonic()
    if run() != 0:
        raise _FailedError
    return time.monotonic() - began


def _print_rows(start: float, rows: list[Row]) -> None:
    print("\n| model | cold | first in a shell | warm | ratio |\n|---|---|---|---|---|")
    for row in rows:
        cold, warm = median(row.cold), median(row.warm)
        print(
            f"| {row.model} | {cold:.1f} s | {row.first:.1f} s | {warm:.1f} s | {cold / warm:.1f} |"
        )
    print(f"\nThe shell took {start:.1f} s to start; its prompt appears at once.")
