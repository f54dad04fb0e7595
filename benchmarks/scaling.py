"""`SIZE=scaling`: whole builds by number of ratings, and what more ratings would need."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.generate import MEAN

PROJECTED = (1_000_000_000, 10_000_000_000)
FACTORS = 64
CORES = 2
"""Number of cores on which the builds were measured."""
BYTES_IN_BLOCKS = 16
"""Bytes per rating of the cached blocks of a fit on Spark's workers (docs/als.md, Memory)."""
STEPS = {
    "read": ("raw", "staging", "ratings", "seeds"),
    "split": ("splits",),
    "tune": ("tuning",),
    "fit": ("fits",),
    "rank": ("recommendations",),
    "evaluate": ("evaluation",),
    "explore": ("exploration",),
    "test": ("tests",),
}
"""Step of a build → its stages."""


class Build(NamedTuple):
    """A measured or a projected build."""

    ratings: int
    seconds: float
    """From the start of the command to its end, on ``CORES`` cores."""
    peak_mb: float
    shuffled_mb: float
    """Written for other tasks, by all stages of Spark."""
    steps: dict[str, float]
    """Seconds of the nodes of each step; two nodes run at a time."""


def measure(out: Path, sizes: Sequence[str]) -> int:
    """Print the builds whose results are in a folder, and projections; return the exit code."""
    files = [out / f"{size}.json" for size in sizes if (out / f"{size}.json").is_file()]
    builds = sorted(read_build(file) for file in files)
    if len(builds) < 2:
        print(
            f"error: {out} has results of fewer than two builds: run `make bench` with the sizes"
            f" {', '.join(sizes)}",
            file=sys.stderr,
        )
        return 1
    print_builds(builds)
    print(f"\nFrom the last two rows, by straight lines, with {FACTORS} factors:\n")
    projected = [project(builds, ratings) for ratings in PROJECTED]
    print_projected(projected)
    rows = [build._asdict() for build in (*builds, *projected)]
    (out / "scaling.json").write_text(json.dumps(rows, indent=1) + "\n")
    return 0


def read_build(file: Path) -> Build:
    """Read the results of a build."""
    row = json.loads(file.read_text())
    steps = {
        step: sum(node["seconds"] for node in row["nodes"] if node["stage"] in stages)
        for step, stages in STEPS.items()
    }
    return Build(row["ratings"], row["seconds"], row["peak_mb"], row["shuffle_total_mb"], steps)


def project(builds: Sequence[Build], ratings: int) -> Build:
    """Return a build of more ratings, on the line through the two largest builds."""
    first, second = builds[-2:]
    share = (ratings - first.ratings) / (second.ratings - first.ratings)

    def at(start: float, end: float) -> float:
        return max(start + share * (end - start), end)

    return Build(
        ratings,
        at(first.seconds, second.seconds),
        at(first.peak_mb, second.peak_mb),
        at(first.shuffled_mb, second.shuffled_mb),
        {step: at(first.steps[step], second.steps[step]) for step in STEPS},
    )


def print_builds(builds: Sequence[Build]) -> None:
    """Print the seconds, the memory and the shuffled bytes of builds, and the seconds of steps."""
    print(f"| ratings | seconds | peak GB | GB between tasks | {' | '.join(STEPS)} |")
    print("|---" * (4 + len(STEPS)) + "|")
    for build in builds:
        steps = " | ".join(f"{build.steps[step]:,.0f}" for step in STEPS)
        whole = f"{build.seconds:,.0f} | {build.peak_mb / 1024:,.1f}"
        print(f"| {build.ratings:,} | {whole} | {build.shuffled_mb / 1024:,.1f} | {steps} |")


def print_projected(builds: Sequence[Build]) -> None:
    """Print what builds need on a cluster."""
    print(
        "| ratings | users | core-hours | hours on 64 cores | GB between tasks |"
        " GB of blocks | GB of users' factors |"
    )
    print("|---" * 7 + "|")
    for build in builds:
        users = build.ratings // MEAN
        hours = build.seconds * CORES / 3600
        blocks = build.ratings * BYTES_IN_BLOCKS / 1e9
        factors = users * FACTORS * 4 / 1e9
        print(
            f"| {build.ratings:,} | {users:,} | {hours:,.0f} | {hours / 64:,.1f} |"
            f" {build.shuffled_mb / 1024:,.0f} | {blocks:,.0f} | {factors:,.1f} |"
        )
