"""`SIZE=16m-build`, `SIZE=1m-kfold`: whole builds of generated ratings, model by model."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from benchmarks.event_log import Shuffled, logging_to, read_shuffled
from benchmarks.memory import Memory

SHOWN = 20
LANDING = ("raw_ratings", "interactions", "int_ratings_rejected", "rejected_ratings")
TARGET = Path("target")


class Node(NamedTuple):
    """Seconds of a dbt node, the peak of the memory while it ran, and the time when it ended."""

    name: str
    kind: str
    stage: str
    """The first folder of a model below `models` or `python_models`; `tests` and `seeds`."""
    status: str
    seconds: float
    peak_mb: float
    done_at: float


class Run(NamedTuple):
    """What a command of `reelhouse` took."""

    code: int
    seconds: float
    peak_mb: float
    shuffled: Shuffled
    nodes: list[Node]

    def write(self, file: Path, **facts: Any) -> None:
        """Write the run as JSON, with other facts."""
        of_run = {"seconds": self.seconds, "peak_mb": self.peak_mb}
        shuffled = {f"shuffle_{name}_mb": mb for name, mb in self.shuffled._asdict().items()}
        nodes = [node._asdict() for node in self.nodes]
        row = {**facts, **of_run, **shuffled, "nodes": nodes}
        file.write_text(json.dumps(row, indent=1) + "\n")


def measure(command: Sequence[str], ratings: Path, out: Path, size: str) -> int:
    """Run a command of `reelhouse` on a new lake of ``ratings``; print the seconds of each node.

    Return the command's exit code, and write the run to OUT/SIZE.json.
    """
    data = write_csv(ratings, out / ratings.name.replace("ratings", "csv"))
    measured = build(command, data, out / f"lake-{size}")
    if measured.nodes:
        print_nodes(measured)
    measured.write(out / f"{size}.json", ratings=count_ratings(ratings))
    return measured.code


def count_ratings(ratings: Path) -> int:
    """Return the number of generated ratings."""
    with duckdb.connect() as connection:
        counted = connection.read_parquet(str(ratings / "*.parquet")).aggregate("count(*)")
        (count,) = counted.fetchone() or (0,)
    return int(count)


def write_csv(ratings: Path, folder: Path) -> Path:
    """Write generated ratings as rating.csv and movie.csv, like MovieLens 20M on Kaggle."""
    if (folder / "movie.csv").is_file():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    print(f"writing {folder.name} …", file=sys.stderr, flush=True)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.read_parquet(str(ratings / "*.parquet")).create_view("ratings")
        copies = {
            "rating.csv": """
                select user_id as "userId", movie_id as "movieId", rating,
                    strftime(rated_at, '%Y-%m-%d %H:%M:%S') as timestamp
                from ratings order by user_id, movie_id
            """,
            "movie.csv": """
                select movie_id as "movieId",
                    'Movie, ' || movie_id || ' (' || 1930 + movie_id % 85 || ')' as title,
                    ['Drama', 'Comedy|Romance', 'Action', 'Crime'][movie_id % 4 + 1] as genres
                from ratings group by movie_id order by movie_id
            """,
        }
        for name, query in copies.items():
            quoted = "timestamp" if name == "rating.csv" else "title"
            connection.execute(
                f"copy ({query}) to '{folder / name}' (header, force_quote ({quoted}))"
            )
    return folder


def build(command: Sequence[str], data: Path | str, lake: Path) -> Run:
    """Run a command that builds the data into a new lake."""
    shutil.rmtree(lake, ignore_errors=True)
    return run(command, data, lake)


def run(command: Sequence[str], data: Path | str, lake: Path) -> Run:
    """Run a command on a lake."""
    results = TARGET / "run_results.json"
    results.unlink(missing_ok=True)
    log = lake.with_name(f"{lake.name}-events")
    named = {"REELHOUSE_LAKE": str(lake), "REELHOUSE_DATA": str(data), "REELHOUSE_COLUMNS": ""}
    began = time.monotonic()
    with Memory() as memory:
        code = subprocess.run(
            [Path(sys.executable).parent / "reelhouse", *command],
            env={**os.environ, **named, **logging_to(log)},
        ).returncode
    seconds = time.monotonic() - began
    shuffled = read_shuffled(log)
    shutil.rmtree(log)
    nodes = []
    if results.is_file():
        known = json.loads((TARGET / "manifest.json").read_text())["nodes"]
        rows = json.loads(results.read_text())["results"]
        nodes = [_node(row, known.get(row["unique_id"], {}), memory) for row in rows]
    return Run(code, seconds, memory.peak(), shuffled, nodes)


def _node(row: dict[str, Any], known: dict[str, Any], memory: Memory) -> Node:
    kind, _, name = row["unique_id"].split(".")[:3]
    folders = Path(known.get("original_file_path", "")).parts
    stage = folders[1] if kind == "model" else f"{kind}s"
    times = [
        datetime.fromisoformat(timing[end]).timestamp()
        for timing in row["timing"]
        for end in ("started_at", "completed_at")
        if timing.get(end)
    ]
    peak = memory.peak(min(times), max(times)) if times else 0.0
    done_at = max(times, default=0.0)
    return Node(name, kind, stage, row["status"], row["execution_time"], peak, done_at)


def print_nodes(run: Run) -> None:
    """Print one line for each of the slowest nodes, and one line for all others."""
    nodes = sorted(run.nodes, key=lambda node: -node.seconds)
    print("\n| node | kind | seconds | peak MB |\n|---|---|---|---|")
    for node in nodes[:SHOWN]:
        print(f"| {node.name[:60]} | {node.kind} | {node.seconds:.1f} | {node.peak_mb:,.0f} |")
    rest = sum(node.seconds for node in nodes[SHOWN:])
    print(f"| {max(len(nodes) - SHOWN, 0)} more | | {rest:.1f} | |")
    print(f"| in all, two at a time | | {run.seconds:.1f} | {run.peak_mb:,.0f} |")
    began = min(node.done_at - node.seconds for node in nodes if node.done_at)
    landed = {node.name: node.done_at - began for node in nodes}
    print(
        "\nFrom CSV, seconds after the first node began: "
        + ", ".join(f"{name} {landed[name]:.0f}" for name in LANDING if name in landed)
    )
    total, largest, spilled = run.shuffled
    print(
        f"Between tasks, Spark wrote {total:,.0f} MB, up to {largest:,.0f} MB in one stage, and"
        f" {spilled:,.0f} MB for lack of memory."
    )
