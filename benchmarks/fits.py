"""Fits and top-N lists of Reelhouse and other libraries on generated ratings, by phase."""

from __future__ import annotations

import itertools
import os
import platform
import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from benchmarks.generate import Shape
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
from dbt_spark_session.parameters import LOG
from dbt_spark_session.session import get_session
from reelhouse.algorithms.rating_rows import RatingRows
from reelhouse.algorithms.validation import HeldOut, rmse_metric
from reelhouse.als import Settings
from reelhouse.paths import ROOT

PHASES = ("pack", "iteration", "recommend_all", "total")


def session(out: Path) -> SparkSession:
    """Start Spark on all cores; Spark logs to `logs`, and Java prints to ``out``."""
    logging = f"-Dlog4j2.configurationFile={ROOT.as_uri()}/profiles/log4j2.properties"
    return get_session(
        {
            LOG: f"{out}/java.log",
            "spark.master": "local[*]",
            "spark.driver.memory": os.environ.get("REELHOUSE_MEMORY", "8g"),
            "spark.driver.maxResultSize": "0",
            "spark.driver.extraJavaOptions": f"-Xss8m {logging}",
            "spark.sql.catalogImplementation": "in-memory",
            "spark.sql.execution.arrow.pyspark.enabled": "true",
            "spark.sql.shuffle.partitions": "8",
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
        }
    )


def measure(folder: Path, shape: Shape, out: Path, *, alone: bool) -> list[dict[str, Any]]:
    """Fit with every system and print the table; return a row per feedback, system and phase.

    With ``alone``, fit only Reelhouse by cg, with few iterations.
    """
    ratings = session(out).read.parquet(str(folder))
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
            rows += _records(name, settings, measured, test, known, memory.peak())
    _add_ratios(rows)
    _print_table(rows, shape, settings.iterations, known, test)
    return rows


def print_growth(before: list[dict[str, Any]], rows: list[dict[str, Any]]) -> None:
    """Print how many times the seconds grew from a smaller size to a larger one."""
    for small, large in zip(before, rows, strict=True):
        growth = large["seconds"] / small["seconds"]
        print(
            f"{large['feedback']}, {large['phase']}: {growth:.1f} times the"
            f" {small['seconds']:.1f} s of the smaller size, at"
            f" {large['ratings'] / small['ratings']:.1f} times the ratings"
        )


def _records(
    name: str,
    settings: Settings,
    measured: Measured,
    test: pa.Table,
    known: int,
    peak: float,
) -> list[dict[str, Any]]:
    seconds = {phase: getattr(measured, phase) for phase in PHASES[:-1]}
    if measured.recommend_all is None:
        del seconds["recommend_all"]
    else:
        fitting = measured.pack + settings.iterations * measured.iteration
        seconds["total"] = fitting + measured.recommend_all
    error = round(_rmse(measured, test), 5) if settings.feedback == "explicit" else None
    return [
        {
            "system": name,
            "feedback": settings.feedback,
            "phase": phase,
            "seconds": round(spent, 6),
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


def _rmse(measured: Measured, test: pa.Table) -> float:
    """Return the RMSE of the held-out ratings.

    The prediction is 3.5 for the few ratings whose user or movie has no factors.
    """
    rows = RatingRows(*(test[name].to_numpy() for name in ("user_id", "movie_id", "value")))
    held_out = HeldOut(rows, np.full(len(test), 3.5), 0.5, 5.0)
    metric = rmse_metric(measured.ids, held_out, predicts_residuals=False)
    return metric(measured.factors["user"], measured.factors["movie"])


def _add_ratios(rows: list[dict[str, Any]]) -> None:
    """Set the speed of each row relative to MLlib."""
    mllib_seconds = {
        (r["feedback"], r["phase"]): r["seconds"] for r in rows if r["system"] == "mllib"
    }
    for row in rows:
        mllib = mllib_seconds.get((row["feedback"], row["phase"]))
        if mllib is not None and row["seconds"]:
            row["ratio_to_mllib"] = round(mllib / row["seconds"], 2)


def _print_table(
    rows: list[dict[str, Any]], shape: Shape, iterations: int, known: int, test: pa.Table
) -> None:
    expected, value = test["expected_rating"].to_numpy(), test["value"].to_numpy()
    floor = np.sqrt(np.mean((expected - value) ** 2))
    packages = ", ".join(f"{name} {version(name)}" for name in ("pyspark", "implicit", "numba"))
    print(
        f"\nThere are {shape.users:,} users, {shape.movies:,} movies, {known:,} ratings to fit and"
        f" {len(test):,} held-out ratings.\nAll systems have {FACTORS} factors, {iterations}"
        f" iterations and {THREADS} threads, with Python {platform.python_version()}, {packages}."
        "\nTimes are in seconds; (3.4×) means 3.4 times faster than MLlib. No model can have an"
        f" expected\nRMSE below {floor:.4f}, which is the noise in the generated ratings.\n"
    )
    heads = ["feedback", "system", *PHASES, "RMSE", "peak MB"]
    print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
    for _, group in itertools.groupby(rows, lambda row: (row["feedback"], row["system"])):
        first, *_ = phases = list(group)
        cells = dict.fromkeys(PHASES, "")
        for row in phases:
            ratio = row["ratio_to_mllib"]
            cells[row["phase"]] = f"{row['seconds']:.1f}" + (f" ({ratio:.1f}×)" if ratio else "")
        error = "" if first["rmse"] is None else f"{first['rmse']:.4f}"
        names = [first["feedback"], first["system"]]
        print("| " + " | ".join([*names, *cells.values(), error, f"{first['peak_mb']:,}"]) + " |")
