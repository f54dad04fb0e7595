"""Latencies of the API under requests at a fixed rate, also while a release is published."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import psutil  # type: ignore[import-untyped]

from benchmarks.generate import MEAN, Shape
from benchmarks.load import Stream
from benchmarks.serve_lake import change_lists, publish, write_lake
from reelhouse.lake.catalog import is_lake
from reelhouse.serve.recommender import read_snapshot
from reelhouse.serve.snapshot import Snapshot

SHAPE = Shape(30_000 * MEAN, 30_000, 27_000)
LISTS, FOLD_IN, PUBLISHING = "stored list", "fold-in of 50 ratings", "while a release is published"
RATES = {LISTS: 200.0, FOLD_IN: 20.0}
"""Requests a second."""
TARGETS = {LISTS: 10.0, FOLD_IN: 25.0}
"""Largest 99th percentile of the latency in milliseconds."""
RATED = 50
SECONDS = 30.0
SECONDS_AROUND = 3.0
"""Time with requests before a release is published, and after it is served."""
MOST_SECONDS_TO_SWAP = 60.0
MOST_REQUESTS = 5_000
"""Number of different requests of a stream."""


class Server(NamedTuple):
    """A running `reelhouse app`."""

    process: psutil.Popen
    port: int

    def version(self) -> str:
        """Return the version of the lake that is served."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=30) as answer:
            return str(json.load(answer)["version"])

    def cpu_seconds(self) -> float:
        """Return the processor time of the server, without that of its ended children."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


def measure(out: Path, given: str, ratings: int | None, seconds: float | None) -> int:
    """Measure the API on generated data or on a lake, print a table, and write ``serve.json``.

    Parameters
    ----------
    out
        Folder of the lake and the result.
    given
        A lake; empty for a generated lake. A given lake gets no release.
    ratings
        Number of generated ratings; None for those of ``SHAPE``.
    seconds
        Time for each of the two first measurements; None for ``SECONDS``.
    """
    if given and not is_lake(Path(given)):
        print(f"error: {given} is not a lake: name the folder with catalog.db", file=sys.stderr)
        return 1
    lake = Path(given).resolve() if given else _generated_lake(out, ratings)
    load_before = os.getloadavg()[0]
    snapshot = read_snapshot(lake)
    streams = [Stream(name, RATES[name], _requests(name, snapshot)) for name in RATES]
    with served(lake) as (server, startup):
        rows: dict[str, dict[str, Any]] = {}
        for stream in streams:
            _send(server, [stream], 2.0)  # opens the connections
            rows |= _send(server, [stream], seconds or SECONDS)
        if not given:
            rows |= _publish_under_load(server, streams, lake)
    result = {
        "movies": len(snapshot.arrays["movie_ids"]),
        "users": len(snapshot.arrays["recommendations.key"]),
        "algorithm": snapshot.facts["algorithm"],
        "cores": os.cpu_count(),
        "load_before": round(load_before, 1),
        "seconds_to_start": round(startup, 2),
        "requests": rows,
    }
    (out / "serve.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    _print(result)
    return int(any(row["errors"] for row in rows.values()))


def _generated_lake(out: Path, ratings: int | None) -> Path:
    shape = SHAPE
    if ratings:
        shape = Shape(ratings, max(ratings // MEAN, 10), max(ratings // 30, 100))
    lake = out / f"lake-serve-{'-'.join(map(str, shape))}"
    if not (lake / "_SUCCESS").exists():
        if lake.exists():
            raise SystemExit(f"error: {lake} is incomplete: remove it, and run the command again")
        print(f"generating a lake of {shape.ratings:,} ratings …", file=sys.stderr, flush=True)
        write_lake(lake, shape)
        (lake / "_SUCCESS").touch()
    return lake


def _requests(name: str, snapshot: Snapshot) -> list[tuple[str, str, str]]:
    """Return requests of a stream, which are the same for equal lakes."""
    random = np.random.default_rng(1)
    if name == LISTS:
        users = random.choice(snapshot.arrays["recommendations.key"], MOST_REQUESTS)
        return [("GET", f"/api/users/{user}/recommendations", "") for user in users.tolist()]
    movies, counts = snapshot.arrays["movie_ids"], snapshot.arrays["rating_counts"]
    scale = snapshot.facts["scale"]
    shares = counts.astype(float) / counts.sum()
    bodies = []
    for _ in range(MOST_REQUESTS // 10):
        rated = random.choice(movies, min(RATED, len(movies) // 2), replace=False, p=shares)
        ratings: list[dict[str, Any]] = [{"movie_id": movie} for movie in rated.tolist()]
        if scale["has_ratings"]:
            low, high = scale["rating_min"], scale["rating_max"]
            for each, value in zip(ratings, random.uniform(low, high, len(rated)), strict=True):
                each["rating"] = round(value, 1)
        bodies.append(json.dumps({"ratings": ratings}))
    return [("POST", "/api/recommendations", body) for body in bodies]


@contextmanager
def served(lake: Path) -> Iterator[tuple[Server, float]]:
    """Start `reelhouse app` on a free port; yield it, and the seconds until it answers."""
    started = time.monotonic()
    process = psutil.Popen(
        [Path(sys.executable).parent / "reelhouse", "app", "--port", "0"],
        env={**os.environ, "REELHOUSE_LAKE": str(lake)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        server = Server(process, int(process.stdout.readline().split()[1].rpartition(":")[2]))
        server.version()
        yield server, time.monotonic() - started
    finally:
        process.terminate()
        process.wait()


def _start(server: Server, streams: list[Stream], seconds: float) -> subprocess.Popen[str]:
    """Start the generator of requests, which is a process of its own."""
    plan = {"port": server.port, "seconds": seconds, "streams": [s._asdict() for s in streams]}
    command = [sys.executable, "-m", "benchmarks.load"]
    pipe = subprocess.PIPE
    generator = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
    assert generator.stdin is not None
    generator.stdin.write(json.dumps(plan))
    generator.stdin.close()
    return generator


def _finish(generator: subprocess.Popen[str]) -> dict[str, dict[str, Any]]:
    assert generator.stdout is not None
    found: dict[str, dict[str, Any]] = json.loads(generator.stdout.read())
    generator.wait()
    return found


def _send(server: Server, streams: list[Stream], seconds: float) -> dict[str, dict[str, Any]]:
    """Return the summary of each stream, with the processor time of the server per request."""
    before = server.cpu_seconds()
    found = _finish(_start(server, streams, seconds))
    requests = sum(row["requests"] for row in found.values())
    cpu = round(1000 * (server.cpu_seconds() - before) / requests, 2)
    return {name: {**row, "cpu_ms_per_request": cpu} for name, row in found.items()}


def _publish_under_load(
    server: Server, streams: list[Stream], lake: Path
) -> dict[str, dict[str, Any]]:
    """Send both streams, publish a release meanwhile, and wait until it is served."""
    change_lists(lake)
    old = server.version()
    generator = _start(server, streams, MOST_SECONDS_TO_SWAP + 2 * SECONDS_AROUND)
    time.sleep(SECONDS_AROUND)
    publish(lake)
    published = time.monotonic()
    while (is_old := server.version() == old) and generator.poll() is None:
        time.sleep(0.1)
    swap = round(time.monotonic() - published, 1)
    if is_old:
        raise SystemExit(f"error: the API did not serve the new release within {swap} s")
    time.sleep(SECONDS_AROUND)
    generator.terminate()
    return {
        f"{name}, {PUBLISHING}": {**row, "seconds_until_served": swap}
        for name, row in _finish(generator).items()
    }


def _print(result: dict[str, Any]) -> None:
    print(
        f"{result['algorithm']}, {result['movies']:,} movies, lists of {result['users']:,} users,"
        f" {result['cores']} cores (load before: {result['load_before']}); latencies from the time"
        " at which a request was due\n"
    )
    names = ("request", "a second", "requests", "p50 ms", "p99 ms", "target", "CPU ms", "errors")
    print(f"| {' | '.join(names)} |\n|{'---|' * len(names)}")
    for name, row in result["requests"].items():
        target = f"≤ {TARGETS[name]:g}" if name in TARGETS else ""
        cpu = row.get("cpu_ms_per_request", "")
        cells = [name, f"{row['rate']:g}", f"{row['requests']:,}", row["ms_p50"], row["ms_p99"]]
        print(f"| {' | '.join(map(str, [*cells, target, cpu, row['errors']]))} |")
