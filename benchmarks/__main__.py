"""`python -m benchmarks SIZE`: Reelhouse and its peers on the same ratings, in one run."""

from __future__ import annotations

import itertools
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from benchmarks import folds
from benchmarks.build import build, print_nodes, write_csv
from benchmarks.generate import generate, movie_count, user_count
from benchmarks.memory import Memory
from benchmarks.systems import (
    EXPLICIT,
    FACTORS,
    IMPLICIT,
    SEED,
    THREADS,
    Measured,
    implicit,
    mllib,
    reelhouse,
    reelhouse_on_workers,
)
from reelhouse.als import Settings
from reelhouse.judges import HeldOut, Rows, judge_of_errors

OUT = Path(__file__).parent / "out"
SIZES = {"1m": 1_000_000, "16m": 16_000_000, "20m": 20_000_000, "128m": 128_000_000}
BUILDS = {f"{size}-build": size for size in SIZES}
FOLDS = "kfold"  # of MovieLens 100k, for errors and lists rather than seconds
ALONE, BESIDE = "128m", "16m"  # where peers would take hours, and what growth is counted from
PHASES = ("pack", "iteration", "recommend_all", "total")


def main(size: str) -> int:
    """Run one size; print the table and write benchmarks/out/SIZE.json."""
    known = [*SIZES, *BUILDS, FOLDS]
    if size not in known:
        print(f"error: no size {size}: there are {', '.join(known)}", file=sys.stderr)
        return 1
    if size == FOLDS:
        for title, compared in folds.measure(OUT):
            print(f"\n{title}\n")
            folds.print_table(compared)
            kind = title.split()[0].lower()
            compared.to_json(OUT / f"{FOLDS}-{kind}.json", orient="records", indent=1)
        return 0
    if size in BUILDS:
        return measure_build(BUILDS[size])
    before = measure(BESIDE, alone=True) if size == ALONE else []
    rows = measure(size, alone=size == ALONE)
    (OUT / f"{size}.json").write_text(json.dumps(rows, indent=1) + "\n")
    for small, large in zip(before, rows, strict=True):
        growth = large["seconds"] / small["seconds"]
        print(
            f"{large['feedback']}, {large['phase']}: {growth:.1f} times the"
            f" {small['seconds']:.1f} s of {BESIDE}, at"
            f" {large['ratings'] / small['ratings']:.1f} times the ratings"
        )
    return 0


def measure_build(size: str) -> int:
    """Build the ratings of a size, all models and tests; print what took how long."""
    data = write_csv(ratings_folder(size), OUT / f"csv-{size}")
    began = time.monotonic()
    code, peak, nodes = build(data, OUT / f"lake-{size}")
    seconds = time.monotonic() - began
    print_nodes(nodes, seconds, peak)
    rows = [node._asdict() for node in nodes]
    (OUT / f"{size}-build.json").write_text(json.dumps(rows, indent=1) + "\n")
    return code


def measure(size: str, *, alone: bool) -> list[dict[str, Any]]:
    """Fit by every system, or by cg and few iterations ``alone``; print the table."""
    folder = ratings_folder(size)
    spark = session()
    ratings = spark.read.parquet(str(folder))
    held_out = F.pmod(F.xxhash64("user_id", "movie_id", F.lit(SEED)), F.lit(10)) == 0
    columns = ["user_id", "movie_id", F.col("rating").alias("value")]
    train = ratings.where(~held_out).select(*columns)
    test = ratings.where(held_out).select(*columns, "expected_rating").toArrow()
    known = train.count()

    rows: list[dict[str, Any]] = []
    for settings in (EXPLICIT, IMPLICIT):
        systems = {"reelhouse-cg": reelhouse("cg"), "reelhouse-cholesky": reelhouse("cholesky")}
        if alone:
            settings = replace(settings, iterations=3)
            del systems["reelhouse-cholesky"]
        elif settings is IMPLICIT:
            systems |= {"implicit": implicit, "mllib": mllib}
        else:
            systems |= {"reelhouse-workers": reelhouse_on_workers, "mllib": mllib}
        for name, system in systems.items():
            print(f"{name}, {settings.feedback} …", file=sys.stderr, flush=True)
            with Memory() as memory:
                measured = system(train, settings)
            rows += records(name, settings, measured, test, known, memory.peak())
    with_ratios(rows)
    print_table(rows, size, settings.iterations, known, test)
    return rows


def ratings_folder(size: str) -> Path:
    """The generated ratings, made in a process of its own so that its memory is not counted."""
    folder = OUT / f"ratings-{size}"
    if not (folder / "_SUCCESS").exists():
        shutil.rmtree(folder, ignore_errors=True)
        print(f"generating {SIZES[size]:,} ratings …", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "benchmarks", "generate", size], check=True)
    return folder


def session() -> SparkSession:
    """Spark on all cores, quiet."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    return (
        SparkSession.builder.master("local[*]")
        .config("spark.driver.memory", os.environ.get("REELHOUSE_MEMORY", "8g"))
        .config("spark.driver.maxResultSize", "0")
        .config("spark.driver.extraJavaOptions", "-Xss8m")
        .config("spark.sql.execution.arrow.pyspark.enabled", "true")
        .config("spark.sql.shuffle.partitions", "8")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.log.level", "OFF")
        .getOrCreate()
    )


def records(
    name: str,
    settings: Settings,
    measured: Measured,
    test: pa.Table,
    known: int,
    peak: float,
) -> list[dict[str, Any]]:
    """A row a phase, as benchmarks/out/SIZE.json has them."""
    seconds = {phase: getattr(measured, phase) for phase in PHASES[:-1]}
    if measured.recommend_all is None:
        del seconds["recommend_all"]
    else:
        fitting = measured.pack + settings.iterations * measured.iteration
        seconds["total"] = fitting + measured.recommend_all
    error = round(rmse(measured, test), 5) if settings.feedback == "explicit" else None
    return [
        {
            "system": name,
            "feedback": settings.feedback,
            "phase": phase,
            "seconds": round(spent, 3),
            "ratio_to_mllib": None,
            "rmse": error,
            "peak_mb": round(peak),
            "ratings": known,
            "factors": FACTORS,
            "cores": os.cpu_count(),
            "threads": THREADS,
        }
        for phase, spent in seconds.items()
    ]


def rmse(measured: Measured, test: pa.Table) -> float:
    """RMSE of the held-out ratings; the few without a known user and movie are predicted as 3.5."""
    rows = Rows(*(test[name].to_numpy() for name in ("user_id", "movie_id", "value")))
    held_out = HeldOut(rows, np.full(len(test), 3.5), 0.5, 5.0)
    judge = judge_of_errors(measured.ids, held_out, of_residuals=False)
    return judge(measured.factors["user"], measured.factors["movie"])


def with_ratios(rows: list[dict[str, Any]]) -> None:
    """Set how many times faster than MLlib each row is."""
    peers = {(r["feedback"], r["phase"]): r["seconds"] for r in rows if r["system"] == "mllib"}
    for row in rows:
        peer = peers.get((row["feedback"], row["phase"]))
        if peer is not None and row["seconds"]:
            row["ratio_to_mllib"] = round(peer / row["seconds"], 2)


def print_table(
    rows: list[dict[str, Any]], size: str, iterations: int, known: int, test: pa.Table
) -> None:
    """Print the result as README shows it."""
    expected, value = test["expected_rating"].to_numpy(), test["value"].to_numpy()
    floor = np.sqrt(np.mean((expected - value) ** 2))
    packages = ", ".join(f"{name} {version(name)}" for name in ("pyspark", "implicit", "numba"))
    print(
        f"\n{known:,} ratings to fit of {user_count(SIZES[size]):,} users and"
        f" {movie_count(SIZES[size]):,} movies, {len(test):,} held out; {FACTORS} factors,"
        f" {iterations} iterations; {THREADS} threads; Python {platform.python_version()},"
        f" {packages}. Seconds, in brackets times faster than MLlib. No model has an RMSE below"
        f" {floor:.4f}, the noise in the generated ratings.\n"
    )
    heads = ["feedback", "system", *PHASES, "RMSE", "peak MB"]
    print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
    for _, group in itertools.groupby(rows, lambda row: (row["feedback"], row["system"])):
        first, *_ = mine = list(group)
        cells = dict.fromkeys(PHASES, "")
        for row in mine:
            ratio = row["ratio_to_mllib"]
            cells[row["phase"]] = f"{row['seconds']:.1f}" + (f" ({ratio:.1f}×)" if ratio else "")
        error = "" if first["rmse"] is None else f"{first['rmse']:.4f}"
        print(
            "| "
            + " | ".join(
                [
                    first["feedback"],
                    first["system"],
                    *cells.values(),
                    error,
                    f"{first['peak_mb']:,}",
                ]
            )
            + " |"
        )


def write_ratings(size: str) -> int:
    """Generate the ratings of a size as Parquet."""
    frame: DataFrame = generate(session(), SIZES[size], SEED)
    frame.write.parquet(str(OUT / f"ratings-{size}"))
    return 0


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    if sys.argv[1:2] == ["generate"]:
        sys.exit(write_ratings(sys.argv[2]))
    sys.exit(main(*sys.argv[1:2] or ["1m"]))
