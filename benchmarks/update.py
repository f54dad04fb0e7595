"""`SIZE=20m-update`: an update with one per cent of new ratings, step by step."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import duckdb

from benchmarks.build import SHOWN, Node, Run, build, run

NEW_SHARE = 0.01
PARTS = 10
"""Number of files that the build reads; the update reads one more."""


def measure(ratings: Path, out: Path, size: str) -> int:
    """Build all but the newest ratings, then measure the update that adds them.

    Print the seconds of each step and write them to OUT/SIZE.json. Return the exit code.
    """
    data = out / ratings.name.replace("ratings", "parts")
    old, new = write_parts(ratings, data)
    lake = out / f"lake-{size}"
    built = build(["build", "--tune=no"], data, lake)
    if built.code != 0:
        return built.code
    newest = data.with_name(f"{data.name}-new.csv")
    newest.rename(data / "new.csv")
    update = run(["update"], data, lake)
    if update.nodes:
        print(f"\nupdate with {new:,} new ratings beside {old:,}\n")
        print_steps(update)
        update.write(out / f"{size}.json", ratings=old, new_ratings=new)
    return update.code


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


def print_steps(update: Run) -> None:
    """Print the seconds and the peak of the memory of each stage, and of the slowest nodes."""
    print("| stage | node | seconds | peak MB |\n|---|---|---|---|")
    by_stage: dict[str, list[Node]] = {}
    for node in update.nodes:
        by_stage.setdefault(node.stage, []).append(node)
    for stage, nodes in by_stage.items():
        total, most = sum(node.seconds for node in nodes), max(node.peak_mb for node in nodes)
        print(f"| {stage} | | {total:.1f} | {most:,.0f} |")
    for node in sorted(update.nodes, key=lambda node: -node.seconds)[:SHOWN]:
        print(f"| | {node.name[:60]} | {node.seconds:.1f} | {node.peak_mb:,.0f} |")
    print(
        f"| in all, with start and publication | | {update.seconds:.1f} | {update.peak_mb:,.0f} |"
    )
