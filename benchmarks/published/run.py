"""`make bench SIZE=published DATA=folder`: our figures beside those of papers."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.published.read import read_source
from benchmarks.published.tables import U1_TO_U5, filled, tables_of
from reelhouse.errors import ReelhouseError
from reelhouse.ingest.sources import DEFAULT


def measure(out: Path, data: str, limit: int | None) -> int:
    """Fill the tables that ``data`` fits; print them, and write OUT/published.json.

    With a ``limit``, the table of MovieLens 100k is filled from that number of ratings.
    """
    try:
        source = read_source(data or DEFAULT, limit)
        tables = [U1_TO_U5] if limit else tables_of(source)
    except ReelhouseError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    rows: list[dict[str, Any]] = []
    for table in tables:
        print(f"{table.name} …", file=sys.stderr, flush=True)
        began = perf_counter()
        found = list(filled(table, source))
        rows += found
        print(f"\n{table.name}: {table.protocol} ({perf_counter() - began:.0f} s)\n")
        print_table(found)
        (out / "published.json").write_text(json.dumps(rows, indent=1) + "\n")
    return 0


def print_table(rows: list[dict[str, Any]]) -> None:
    """Print our figures beside the published ones."""
    print("| algorithm | metric | ours | published | source |\n|---|---|---|---|---|")
    for row in rows:
        published = "" if row["published"] is None else f"{row['published']:.4f}"
        print(
            f"| {row['algorithm']} | {row['metric']} | {row['value']:.4f} | {published}"
            f" | {row['source'] or ''} |"
        )
    print(flush=True)
