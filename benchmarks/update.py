"""`SIZE=20m-update`: an update with one per cent of new ratings, step by step."""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path

import duckdb

from benchmarks.build import SHOWN, Node, build, run

NEW_SHARE = 0.01
PARTS = 10
"""Number of files that the build reads; the update reads one more."""
STAGES = {
    "read": ("raw_",),
    "interactions": ("stg_", "int_rating", "interactions", "rejected_", "movies", "users"),
    "fit": ("rating_splits", "rating_biases", "als_", "int_driver", "int_training", "int_scoring"),
    "rank": ("int_ranking", "int_rec", "int_cold", "int_rating_con", "rec", "similar_", "fit_"),
}
"""Step → how the names of its models begin. Later steps win. Other models are of exploration."""


def measure(ratings: Path, out: Path, size: str) -> int:
    """Build all but the newest ratings, then measure the update that adds them.

    Print the seconds of each step and write them to OUT/SIZE.json. Return the exit code.
    """
    data = out / ratings.name.replace("ratings", "parts")
    old, new = write_parts(ratings, data)
    lake = out / f"lake-{size}"
    code, _, _ = build(["build", "--tune=no"], data, lake)
    if code != 0:
        return code
    newest = data.with_name(f"{data.name}-new.csv")
    newest.rename(data / "new.csv")
    began = time.monotonic()
    code, peak, nodes = run(["update"], data, lake)
    seconds = time.monotonic() - began
    if not nodes:
        return code
    print(f"\nupdate with {new:,} new ratings beside {old:,}\n")
    print_steps(nodes, seconds, peak)
    measured = {"ratings": old, "new_ratings": new, "seconds": seconds, "peak_mb": peak}
    rows = {**measured, "nodes": [node._asdict() for node in nodes]}
    (out / f"{size}.json").write_text(json.dumps(rows, indent=1) + "\n")
    return code


def write_parts(ratings: Path, folder: Path) -> tuple[int, int]:
    """Write part files, and beside the folder one file with the newest ratings.

    Return the number of ratings in the folder, and the number of the newest ratings.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    print(f"writing {folder.name} …", file=sys.stderr, flush=True)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.read_parquet(str(ratings / "*.parquet")).create_view("ratings")
        newest = connection.execute(
            "select quantile_disc(rated_at, ?) from ratings", [1 - NEW_SHARE]
        ).fetchone()
        assert newest is not None
        connection.execute(f"set variable newest = timestamptz '{newest[0]}'")
        is_new = "rated_at > getvariable('newest')"
        files = {folder.with_name(f"{folder.name}-new.csv"): is_new}
        for part in range(PARTS):
            of_part = f"user_id % {PARTS} = {part}"
            files[folder / f"part-{part}.csv"] = f"not {is_new} and {of_part}"
        for path, condition in files.items():
            connection.execute(f"""
                copy (
                    select user_id as "userId", movie_id as "movieId", rating,
                        strftime(rated_at, '%Y-%m-%d %H:%M:%S') as timestamp
                    from ratings where {condition} order by user_id, movie_id
                ) to '{path}' (header)
            """)
        counts = connection.execute(
            f"select count_if(not {is_new}), count_if({is_new}) from ratings"
        ).fetchone()
        assert counts is not None
        return counts[0], counts[1]


def print_steps(nodes: list[Node], seconds: float, peak: float) -> None:
    """Print the seconds and the peak of the memory of each step, and of the slowest nodes."""
    print("| step | node | seconds | peak MB |\n|---|---|---|---|")
    by_step: dict[str, list[Node]] = {}
    for node in nodes:
        by_step.setdefault(step_of(node), []).append(node)
    for step, of_step in by_step.items():
        total, most = sum(node.seconds for node in of_step), max(each.peak_mb for each in of_step)
        print(f"| {step} | | {total:.1f} | {most:,.0f} |")
    for node in sorted(nodes, key=lambda node: -node.seconds)[:SHOWN]:
        print(f"| | {node.name[:60]} | {node.seconds:.1f} | {node.peak_mb:,.0f} |")
    print(f"| in all, with start and publication | | {seconds:.1f} | {peak:,.0f} |")


def step_of(node: Node) -> str:
    """Return the step of a node."""
    if node.kind != "model":
        return "test"
    steps = [step for step, starts in STAGES.items() if node.name.startswith(starts)]
    return steps[-1] if steps else "explore"
