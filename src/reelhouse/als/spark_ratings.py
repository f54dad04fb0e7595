"""Ratings packed on Spark's workers: both sides in CSR blocks, cached, a block of each a partition.

A half-step broadcasts the side that is held fixed, solves every block of the other in Python
workers (one thread each), and brings the result to the driver. Spark makes lost blocks again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyspark import Broadcast
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.storagelevel import StorageLevel

from reelhouse.als.csr import (
    NOT_TWICE_ALIKE,
    Csr,
    Positions,
    balanced_bounds,
    both_sides,
    positions_among,
)
from reelhouse.als.ratings import (
    HalfStep,
    Side,
    check_finite,
    narrowed,
    other,
    solve_rows,
)
from reelhouse.als.settings import Floats, Ints
from reelhouse.errors import ReelhouseError

RATINGS_PER_BLOCK = 4_000_000
# Rows that a worker holds while it sorts them into blocks: 20 bytes each come, 24 go.
ROWS_AT_ONCE = 4_000_000
# What a half-step may send to every Python worker, one a core: pickled, it stands there twice.
BROADCAST_BYTES = 2 << 30

CHUNK = "side string, block int, rows binary, columns binary, values binary"
BLOCK = "side string, block int, indptr binary, columns binary, values binary"
SOLVED = "block int, factors binary, objective double"


class SparkRatings:
    """Ratings packed in the memory of Spark's workers, to solve as ``LocalRatings``."""

    def __init__(
        self, ratings: DataFrame, count: int, blocks: int | None = None, *, threads: int = 1
    ) -> None:
        """Pack ``count`` rows of ``user_id bigint, movie_id bigint, value``.

        ``blocks`` a side: by default one for every 4 million ratings, and at least one for each
        core. The factors do not depend on their number. ``threads`` are those of the driver.
        """
        self._context = ratings.sparkSession.sparkContext
        self.threads = threads
        wanted = blocks or max(-(-count // RATINGS_PER_BLOCK), self._context.defaultParallelism)
        narrow = narrowed(ratings)
        self.ids: dict[Side, Ints] = {}
        self.counts: dict[Side, Ints] = {}
        self._bounds: dict[Side, Ints] = {}
        for side in ("user", "movie"):
            table = narrow.groupBy(f"{side}_id").agg(F.count("*"), _lowest_value())
            ids, counts, lowest = (column.to_numpy() for column in table.toArrow().columns)
            check_finite(lowest)
            self.lowest = lowest.min(keepdims=True)
            order = np.argsort(ids)
            self.ids[side], self.counts[side] = ids[order], counts[order]
            indptr = np.concatenate([[0], np.cumsum(self.counts[side])])
            self._bounds[side] = balanced_bounds(indptr, wanted)
        self._shared_ids = self._context.broadcast(self.ids)
        self._blocks = _packed(narrow, self._shared_ids, self._bounds, wanted)
        self._blocks.count()

    def solve(self, side: Side, step: HalfStep) -> tuple[Floats, float]:
        """Factors (rows, k) of one side, and the sum of the objectives of its rows.

        Raises:
            ReelhouseError: The broadcast would not fit; says what to set.
        """
        warm = step.settings.solver == "cg"
        shared = self._broadcast(step if warm else step._replace(start=step.start[:0]))
        bounds = self._bounds[side]

        def solve_blocks(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            here: HalfStep = shared.value
            for block, rows in _read_blocks(batches):
                first, last = bounds[block], bounds[block + 1]
                shape = (last - first, here.fixed.shape[1])
                solved = here.start[first:last].copy() if warm else np.zeros(shape, np.float32)
                objective = solve_rows(rows, here, solved, here.ridge[first:last])
                yield pa.RecordBatch.from_pydict(
                    {
                        "block": pa.array([block], pa.int32()),
                        "factors": [solved.tobytes()],
                        "objective": [objective],
                    }
                )

        blocks = self._blocks.where(F.col("side") == side)
        try:
            rows = blocks.mapInArrow(solve_blocks, SOLVED).toArrow()
        finally:
            shared.destroy()
        if len(rows) != len(bounds) - 1:
            raise ReelhouseError(NOT_TWICE_ALIKE)
        factors = np.empty_like(step.start)
        for block, solved in zip(rows["block"].to_pylist(), rows["factors"], strict=True):
            piece = factors[bounds[block] : bounds[block + 1]]
            piece[:] = np.frombuffer(solved.as_buffer(), np.float32).reshape(piece.shape)
        # In the order of blocks, so that equal fits report equal losses.
        order = np.argsort(rows["block"].to_numpy())
        return factors, float(rows["objective"].to_numpy()[order].sum())

    def release(self) -> None:
        """Drop the cached blocks."""
        self._blocks.unpersist()
        self._shared_ids.destroy()

    def _broadcast(self, step: HalfStep) -> Any:
        size = sum(array.nbytes for array in step if isinstance(array, np.ndarray))
        if size > BROADCAST_BYTES:
            raise ReelhouseError(
                f"a half-step would send {size / 2**30:.1f} GiB of factors to every worker, and"
                f" the limit is {BROADCAST_BYTES / 2**30:.0f} GiB: set fewer factors in"
                " seeds/algorithms.csv"
            )
        return self._context.broadcast(step)


def _lowest_value() -> Column:
    """Return the lowest value of a group; NaN when a value is missing or not finite."""
    value = F.coalesce(F.col("value"), F.lit(float("nan")))
    # 0 times what is not finite is NaN.
    return F.min(value) + F.sum(value * 0.0)


def _packed(
    ratings: DataFrame, shared: Broadcast[dict[Side, Ints]], bounds: dict[Side, Ints], blocks: int
) -> DataFrame:
    """Cached CSR blocks, ``BLOCK``: partition b holds block b of the users and of the movies."""

    def to_chunks(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        held: list[pa.RecordBatch] = []
        for batch in batches:
            held.append(batch)
            if sum(part.num_rows for part in held) >= ROWS_AT_ONCE:
                yield from _chunks(pa.Table.from_batches(held), shared.value, bounds)
                held = []
        if held:
            yield from _chunks(pa.Table.from_batches(held), shared.value, bounds)

    def to_blocks(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        arrived = list(batches)
        if not arrived:
            return
        chunks = pa.Table.from_batches(arrived)
        for side in ("user", "movie"):
            mine = chunks.filter(pc.field("side") == side)
            if mine.num_rows:
                yield _block(mine, side, bounds[side], len(shared.value[other(side)]))

    packed: DataFrame = (
        ratings.mapInArrow(to_chunks, CHUNK)
        .repartitionById(blocks, F.col("block"))
        .mapInArrow(to_blocks, BLOCK)
        .persist(StorageLevel.MEMORY_AND_DISK)
    )
    return packed


def _chunks(
    table: pa.Table, ids: dict[Side, Ints], bounds: dict[Side, Ints]
) -> Iterator[pa.RecordBatch]:
    """Rows of a partition, sorted into the blocks that they belong to, for either side."""
    positions: dict[Side, Positions] = {
        side: positions_among(side_ids, table[f"{side}_id"].to_numpy())
        for side, side_ids in ids.items()
    }
    values = table["value"].to_numpy()
    for side, rows in positions.items():
        blocks = np.searchsorted(bounds[side], rows, side="right").astype(np.uint16) - np.uint16(1)
        order = np.argsort(blocks, kind="stable")
        stops = np.cumsum(np.bincount(blocks))
        for block, stop in enumerate(stops):
            chosen = order[stops[block - 1] if block else 0 : stop]
            if len(chosen):
                yield _record_batch(
                    side,
                    block,
                    rows=rows[chosen] - np.int32(bounds[side][block]),
                    columns=positions[other(side)][chosen],
                    values=values[chosen],
                )


def _block(chunks: pa.Table, side: Side, bounds: Ints, column_count: int) -> pa.RecordBatch:
    block = chunks["block"][0].as_py()
    rows, columns = (_joined(chunks[name], np.int32) for name in ("rows", "columns"))
    count = int(bounds[block + 1] - bounds[block])
    values = _joined(chunks["values"], np.float32)
    by_row, _ = both_sides(rows, columns, values, count, column_count)
    return _record_batch(side, block, **by_row._asdict())


def _read_blocks(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[int, Csr]]:
    for batch in batches:
        for row in range(batch.num_rows):
            yield (
                batch["block"][row].as_py(),
                Csr(
                    np.frombuffer(batch["indptr"][row].as_buffer(), np.int64),
                    np.frombuffer(batch["columns"][row].as_buffer(), np.int32),
                    np.frombuffer(batch["values"][row].as_buffer(), np.float32),
                ),
            )


def _record_batch(side: Side, block: int, **arrays: NDArray[np.generic]) -> pa.RecordBatch:
    """A row in the form of CHUNK or BLOCK."""
    columns = {name: [array.tobytes()] for name, array in arrays.items()}
    return pa.RecordBatch.from_pydict(
        {"side": [side], "block": pa.array([block], pa.int32()), **columns}
    )


def _joined(column: pa.ChunkedArray, dtype: type) -> NDArray[Any]:
    return np.concatenate([np.frombuffer(value.as_buffer(), dtype) for value in column])
