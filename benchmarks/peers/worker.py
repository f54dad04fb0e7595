"""`python -m benchmarks.peers.worker TASK`: fit one system in this process.

It runs in the environment of Reelhouse or in that of benchmarks/peers.txt, so that it imports only
NumPy and the library that it measures.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from benchmarks.peers.systems import SYSTEMS, print_libmf_curve
from benchmarks.peers.task import Task, read_rows

WARM_UP_RATINGS = 10_000


def main(text: str) -> None:
    """Run a task, and write its seconds, its peak of memory and its factors to its folder."""
    task = Task.from_json(text)
    rows = read_rows(task.ratings, "train")
    if task.curve:
        print_libmf_curve(rows, read_rows(task.ratings, "test"), task)
        return
    run = SYSTEMS[task.system]
    # Numba loads or compiles kernels, and libraries start threads, at their first call.
    run(rows.take(slice(WARM_UP_RATINGS)), replace(task, iterations=2))
    fitted = run(rows, task)
    folder = Path(task.folder)
    found = {"seconds": fitted.seconds, "peak_mb": peak_mb(), "version": _version(task.system)}
    np.savez(folder / "factors.npz", users=fitted.users, movies=fitted.movies)
    (folder / "result.json").write_text(json.dumps(found))


def peak_mb() -> float:
    """Return the most memory in MB that this process has had, the ratings included."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(kilobytes) / 2**10


def _version(system: str) -> str:
    try:
        return version(system)
    except PackageNotFoundError:
        return ""


if __name__ == "__main__":
    main(sys.argv[1])
