"""`SIZE=peers`: measure Reelhouse and its peers in rounds, each fit in a separate process."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.generate import Shape
from benchmarks.peers import results
from benchmarks.peers.data import SEED, write_split
from benchmarks.peers.environment import peers_python
from benchmarks.peers.quality import Evaluation
from benchmarks.peers.results import OURS, Row, Run
from benchmarks.peers.systems import reelhouse_settings
from benchmarks.peers.task import Task, read_rows
from reelhouse.errors import ReelhouseError
from reelhouse.paths import ROOT

SYSTEMS = {
    "explicit": (OURS, "libmf"),
    "implicit": (OURS, "irspack", "rusket", "implicit"),
}
ITERATIONS, CG_STEPS, N = 10, 3, 10
# With these values, lists are 2 to 3 times as good as the most popular movies at 300,000 and at 2
# million ratings. They are not tuned, and the seconds hardly depend on them.
REG = {"explicit": 0.05, "implicit": 30.0}
ALPHA = 1.0
CURVE_ITERATIONS = 4 * ITERATIONS
"""LIBMF may take this many iterations to reach the RMSE of Reelhouse."""
ATTEMPTS = 4
THREADS = os.cpu_count() or 1
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")


def measure(shape: Shape, out: Path, *, factors: int, rounds: int) -> int:
    """Fit every system in every round; print the tables, and write OUT/peers.json."""
    folder = out / "peers"
    folder.mkdir(exist_ok=True)
    try:
        python = peers_python()
        ratings = write_split(shape, folder)
        tasks = _tasks(ratings, folder, factors)
        runs = [
            _run(feedback, task, python, f"round {number} of {rounds}")
            for number in range(1, rounds + 1)
            for (feedback, _), task in tasks.items()
        ]
        evaluation = Evaluation(
            read_rows(str(ratings), "train"),
            read_rows(str(ratings), "test"),
            seed=SEED,
            threads=THREADS,
        )
        qualities = {key: _quality(evaluation, task) for key, task in tasks.items()}
        facts = {
            "ratings": evaluation.train_count,
            "factors": factors,
            "iterations": ITERATIONS,
            "cg_steps": CG_STEPS,
            "cores": os.cpu_count() or 1,
            "threads": THREADS,
        }
        rows = results.summarise(runs, qualities, facts)
        _print_table(rows, shape, evaluation, rounds)
        _write(rows, out)
        _write(rows + _equal_rmse(rows, evaluation, tasks, python), out)
    except ReelhouseError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _write(rows: list[Row], out: Path) -> None:
    (out / "peers.json").write_text(json.dumps(rows, indent=1) + "\n")


def _tasks(ratings: Path, folder: Path, factors: int) -> dict[tuple[str, str], Task]:
    """Return the task of each feedback and system."""
    return {
        (feedback, system): Task(
            system=system,
            ratings=str(ratings),
            folder=str(folder / f"{feedback}-{system}"),
            factors=factors,
            iterations=ITERATIONS,
            cg_steps=CG_STEPS,
            threads=THREADS,
            seed=SEED,
            reg=REG[feedback],
            alpha=ALPHA if feedback == "implicit" else None,
            n=N,
        )
        for feedback, systems in SYSTEMS.items()
        for system in systems
    }


def _run(feedback: str, task: Task, python: Path, label: str) -> Run:
    print(f"{label}: {task.system}, {feedback} …", file=sys.stderr, flush=True)
    _start(task, python)
    found = json.loads((Path(task.folder) / "result.json").read_text())
    return Run(feedback, task.system, found["version"], found["seconds"], found["peak_mb"])


def _start(task: Task, python: Path) -> str:
    """Run a task in a new process, and return the output of the process.

    Raises
    ------
    ReelhouseError
        The process fails, or LIBMF does not end.
    """
    folder = Path(task.folder)
    folder.mkdir(exist_ok=True)
    log = folder / "log"
    environment = os.environ | dict.fromkeys(THREAD_VARIABLES, str(task.threads))
    interpreter = sys.executable if task.system == OURS else python
    command = [interpreter, "-m", "benchmarks.peers.worker", task.to_json()]
    # The threads of LIBMF sometimes wait for each other for ever, mostly with few ratings.
    limit = 30 + Path(task.ratings).stat().st_size / 100_000 if task.system == "libmf" else None
    for attempt in range(1, ATTEMPTS + 1):
        with log.open("w") as output:
            try:
                done = subprocess.run(
                    command,
                    cwd=ROOT,
                    env=environment,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    timeout=limit,
                )
            except subprocess.TimeoutExpired:
                print(f"{task.system} hung, attempt {attempt}", file=sys.stderr, flush=True)
                continue
        if done.returncode:
            raise ReelhouseError(f"{task.system} ended with code {done.returncode}: see {log}")
        return log.read_text(errors="replace")
    raise ReelhouseError(f"{task.system} hung {ATTEMPTS} times: run the command again")


def _quality(evaluation: Evaluation, task: Task) -> dict[str, float | None]:
    with np.load(Path(task.folder) / "factors.npz") as factors:
        users, movies = factors["users"], factors["movies"]
    return {
        "rmse": round(evaluation.rmse(users, movies), 5) if task.alpha is None else None,
        "ndcg": round(evaluation.ndcg(users, movies), 5),
        "objective": evaluation.objective(reelhouse_settings(task), users, movies),
    }


def _equal_rmse(
    rows: list[Row], evaluation: Evaluation, tasks: dict[tuple[str, str], Task], python: Path
) -> list[Row]:
    """Print and return the seconds until the lowest RMSE that both explicit systems reach.

    The RMSE after each iteration is found in fits that are not timed.
    """
    ours, theirs = tasks["explicit", OURS], tasks["explicit", "libmf"]
    print("\nRMSE after each iteration …", file=sys.stderr, flush=True)
    printed = _start(replace(theirs, iterations=CURVE_ITERATIONS, curve=True), python)
    curves = {
        OURS: evaluation.rmse_curve(reelhouse_settings(ours)),
        "libmf": results.parse_libmf_curve(printed),
    }
    reached = results.rows_of_equal_rmse(rows, curves)
    for row in reached:
        print(
            f"{row['system']} reached the RMSE {row['unclipped_rmse']:.4f} after"
            f" {row['iterations_needed']} iterations, {row['seconds']:.2f} s"
        )
    print(f"ratio: {reached[-1]['ratio_to_reelhouse']:.2f}×")
    return reached


def _print_table(rows: list[Row], shape: Shape, evaluation: Evaluation, rounds: int) -> None:
    first = rows[0]
    measured = f"medians of {rounds} rounds" if rounds > 1 else "of one round"
    print(
        f"\nThere are {shape.users:,} users, {shape.movies:,} movies, {evaluation.train_count:,}"
        f" ratings to fit and {evaluation.test_count:,} held-out ratings.\nAll systems have"
        f" {first['factors']} factors, {ITERATIONS} iterations, {CG_STEPS} conjugate-gradient steps"
        f" and {THREADS} threads, with Python\n{platform.python_version()}. Times are in seconds,"
        f" {measured}; (2.00×) means that Reelhouse took half the time.\n"
    )
    print(results.table(rows))
    print("\nFastest peers:")
    for row in results.fastest_peers(rows):
        print(
            f"- {row['feedback']}, {row['phase']}: {row['system']},"
            f" {row['ratio_to_reelhouse']:.2f} times the seconds of Reelhouse"
        )
    differing = results.differences(rows)
    print("\nQuality:" if differing else "\nAll qualities are within 1 % of Reelhouse's.")
    for line in differing:
        print(f"- {line}")
