"""`SIZE=roofline`: the kernels of ALS and of top-N lists beside the limits of this machine.

A kernel can be no faster than the processor computes and than the memory delivers its factors
(Williams, Waterman & Patterson 2009, "Roofline: an insightful visual performance model"). Both
limits are measured here: the floating-point operations per second of a matrix product of OpenBLAS,
and the seconds of a loop that only reads the factors in the order in which a half-step reads them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.generate import Shape
from benchmarks.peers.data import write_split
from benchmarks.systems import EXPLICIT, IMPLICIT, SEED, THREADS, N
from reelhouse.als import LocalRatings, Settings, fit_packed
from reelhouse.als.biases import Side, other_side
from reelhouse.als.csr import balanced_bounds
from reelhouse.als.half_steps import half_step
from reelhouse.als.kernels import AHEAD, compiled, gram_matrix
from reelhouse.als.settings import Floats
from reelhouse.als.vectors import (
    add_scaled,
    lanes_for,
    load,
    pad_rows,
    prefetch,
    store,
    zeros,
)
from reelhouse.ranking.all_users import rank_all

TIMES = 3
"""Number of measurements, of which the median counts."""
MATRIX = 4096
"""Rows and columns of the matrices whose product is timed."""
IN_ORDER = 1 << 28
"""Number of float32 that are read in order: 1 GiB, more than any cache holds."""
SIDES: tuple[Side, Side] = ("user", "movie")


class Limits(NamedTuple):
    """What this machine can do with all its threads."""

    gflops: float
    """Billions of operations per second in a matrix product of float32."""
    gb_in_order: float
    """GB per second that are read from memory in order."""
    gather: dict[Side, float]
    """Seconds to read the other side's factors for every rating, by side that is solved."""


class Kernel(NamedTuple):
    """A measured kernel."""

    name: str
    seconds: float
    gflop: float
    """Billions of floating-point operations."""
    gather: float
    """Seconds that reading its factors takes alone."""


def measure(shape: Shape, out: Path, factors: int) -> int:
    """Print the limits and the kernels, write them to OUT/roofline.json; return the exit code."""
    folder = out / "peers"
    folder.mkdir(exist_ok=True)
    with np.load(write_split(shape, folder)) as file:
        rows = [file[f"train_{name}"] for name in ("users", "movies", "values")]
    packed = LocalRatings(*rows, threads=THREADS)
    settings = replace(IMPLICIT, factors=factors, iterations=2)
    fitted = fit_packed(packed, settings, seed=SEED, label="first iterations").factors
    limits = measure_limits(packed, fitted)
    kernels = list(measure_kernels(packed, fitted, factors, limits))
    ratings = len(rows[0])
    print_table(limits, kernels, ratings, factors)
    result = {
        "ratings": ratings,
        "factors": factors,
        "threads": THREADS,
        **limits._asdict(),
        "kernels": [kernel._asdict() for kernel in kernels],
    }
    (out / "roofline.json").write_text(json.dumps(result, indent=1) + "\n")
    return 0


def measure_limits(packed: LocalRatings, factors: dict[Side, Floats]) -> Limits:
    """Measure the processor and its memory, which needs 1 GiB."""
    left, right = np.random.default_rng(SEED).random((2, MATRIX, MATRIX), np.float32)
    with threadpool_limits(THREADS):
        product = seconds_of(lambda: left @ right)
    numbers = np.ones(IN_ORDER, np.float32)
    share = IN_ORDER // THREADS
    parts = [numbers[i * share : (i + 1) * share] for i in range(THREADS)]
    in_order = seconds_of(lambda: _in_threads(_read_in_order, parts))
    return Limits(
        2 * MATRIX**3 / product / 1e9,
        4 * THREADS * share / in_order / 1e9,
        {side: seconds_of(_reader(packed, side, factors[other_side(side)])) for side in SIDES},
    )


def measure_kernels(
    packed: LocalRatings, factors: dict[Side, Floats], k: int, limits: Limits
) -> Iterator[Kernel]:
    """Measure the half-steps of both sides by both solvers, their Gram matrix, and the lists."""
    users, movies = (factors[side] for side in SIDES)
    spent = seconds_of(lambda: gram_matrix(users, THREADS))
    yield Kernel("matrix of all pairs, users", spent, len(users) * k * k / 1e9, 0.0)
    for settings in (IMPLICIT, EXPLICIT):
        for solver in ("cg", "cholesky"):
            one = replace(settings, factors=k, solver=solver)
            for side in SIDES:
                fixed, start = factors[other_side(side)], factors[side]
                step = half_step(one, fixed, packed.counts[side], start, threads=THREADS)
                spent = seconds_of(lambda: packed.solve(side, step))  # noqa: B023
                gflop = operations(one, packed, side) / 1e9
                name = f"{one.feedback}, {solver}, {side}s"
                yield Kernel(name, spent, gflop, limits.gather[side])
    seen = packed.csr["user"]
    spent = seconds_of(lambda: rank_all(users, movies, seen.indptr, seen.columns, N, THREADS))
    yield Kernel(f"top {N} of every user", spent, 2 * users.size * len(movies) / 1e9, 0.0)


def operations(settings: Settings, packed: LocalRatings, side: Side) -> float:
    """Return the floating-point operations of a half-step, as docs/als.md states them per row."""
    counts = packed.counts[side]
    k, rows, ratings = settings.factors, len(counts), int(counts.sum())
    if settings.solver == "cholesky":
        return ratings * k**2 + rows * k**3 / 3
    gram = 2 * k**2 if settings.weight_of_all_pairs else 0
    return (settings.cg_steps + 1) * (4 * ratings * k + rows * gram)


def seconds_of(run: Callable[[], Any]) -> float:
    """Return the median seconds of a function that has run once before."""
    run()
    measured = []
    for _ in range(TIMES):
        start = perf_counter()
        run()
        measured.append(perf_counter() - start)
    return median(measured)


def print_table(limits: Limits, kernels: list[Kernel], ratings: int, factors: int) -> None:
    """Print the limits and, for each kernel, how near it comes to them."""
    print(f"{ratings:,} ratings, {factors} factors, {THREADS} threads\n")
    print("| limit of this machine | measured |\n|---|---|")
    print(f"| matrix product of float32 (OpenBLAS) | {limits.gflops:,.0f} GFLOP/s |")
    print(f"| memory, read in order | {limits.gb_in_order:,.1f} GB/s |")
    for side, seconds in limits.gather.items():
        gigabytes = 4 * ratings * factors / 1e9
        name = f"factors of {other_side(side)}s, in the order of the {side}s' ratings"
        print(f"| {name} | {gigabytes / seconds:,.1f} GB/s |")
    print(
        "\n| kernel | seconds | GFLOP/s | of the matrix product | reading alone | of the roofline |"
    )
    print("|---" * 6 + "|")
    for kernel in kernels:
        rate = kernel.gflop / kernel.seconds
        bound = max(kernel.gflop / limits.gflops, kernel.gather)
        print(
            f"| {kernel.name} | {kernel.seconds:.3f} | {rate:,.0f} | {rate / limits.gflops:.0%} |"
            f" {f'{kernel.gather:.3f} s' if kernel.gather else ''} | {bound / kernel.seconds:.0%} |"
        )


def _reader(packed: LocalRatings, side: Side, factors: Floats) -> Callable[[], Any]:
    """Return a function that reads the factors of every rating, in the order of a half-step."""
    rows = packed.csr[side]
    # Like a half-step, the threads have about equally many ratings.
    bounds = rows.indptr[balanced_bounds(rows.indptr, THREADS)]
    padded = pad_rows(factors, lanes_for(factors.shape[1]))
    read_rows = _row_reader(padded.shape[1])
    parts = [(padded, rows.columns[first:last]) for first, last in pairwise(bounds)]
    return lambda: _in_threads(lambda part: read_rows(*part), parts)


def _in_threads(function: Callable[[Any], Any], parts: list[Any]) -> list[Any]:
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(function, parts))


@compiled
def _read_in_order(numbers: Any) -> Any:
    """Return the sum of an array (n,), with 64 numbers at once."""
    total = np.zeros(64, np.float32)
    sums = zeros(64)
    for first in range(0, len(numbers), 64):
        sums = add_scaled(sums, np.float32(1), load(numbers, first, sums))
    store(sums, total, 0)
    return total.sum()


@cache
def _row_reader(lanes: int) -> Callable[..., float]:
    """Return the compiled function that adds up rows of factors (rows, lanes), one per column."""

    @compiled
    def read_rows(factors: Any, columns: Any) -> Any:
        total = np.zeros(lanes, np.float32)
        sums = zeros(lanes)
        last = len(columns) - 1
        for p in range(len(columns)):
            prefetch(factors, np.int64(columns[min(p + AHEAD, last)]) * lanes, sums)
            sums = add_scaled(
                sums, np.float32(1), load(factors, np.int64(columns[p]) * lanes, sums)
            )
        store(sums, total, 0)
        return total.sum()

    return read_rows  # type: ignore[no-any-return]
