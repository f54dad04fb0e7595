"""Ratings packed on Spark's workers, in cached CSR blocks of users and of movies.

A half-step broadcasts the factors of the fixed side, solves the blocks of the other side in Python
workers (one thread each), and collects the result in the driver. Spark computes a lost block again.
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

from reelhouse.als.biases import Side, other_side
from reelhouse.als.csr import (
    UNSTABLE_RATINGS,
    Csr,
    balanced_bounds,
    csr_of_both_sides,
    require_positions,
)
from reelhouse.als.half_steps import HalfStep, row_solver
from reelhouse.als.ids import Positions
from reelhouse.als.ratings import check_finite, select_rating_columns
from reelhouse.als.settings import Floats, Ints
from reelhouse.errors import ReelhouseError

RATINGS_PER_BLOCK = 4_000_000
# Rows in a worker's memory while it sorts them into blocks: 20 bytes each before, 24 after.
ROWS_AT_ONCE = 4_000_000
# Limit of a broadcast in bytes. While it arrives, every Python worker has two copies of it.
BROADCAST_BYTES = 2 << 30

CHUNK = "side string, block int, rows binary, columns binary, values binary"
BLOCK = "side string, block int, indptr binary, columns binary, values binary"
SOLVED = "block int, factors binary, objective double"


class SparkRatings:
    """Ratings packed in the memory of Spark's workers, with the interface of ``LocalRatings``."""

    def __init__(
        self, ratings: DataFrame, count: int, blocks: int | None = None, *, threads: int = 1
    ) -> None:
        """Pack ``count`` rows of ``user_id bigint, movie_id bigint, value``.

        ``blocks`` is the number of blocks of each side: by default one per 4 million ratings, and
        at least one per core. The factors do not depend on it. ``threads`` is the number of threads
        of the driver.
        """
        self._context = ratings.sparkSession.sparkContext
        self.threads = threads
        block_count = blocks or max(
            -(-count // RATINGS_PER_BLOCK), self._context.defaultParallelism
        )
        narrow = select_rating_columns(ratings)
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
            self._bounds[side] = balanced_bounds(indptr, block_count)
        self._shared_ids = self._context.broadcast(self.ids)
        self._blocks = _pack_blocks(narrow, self._shared_ids, self._bounds, block_count)
        self._blocks.count()

    def solve(self, side: Side, step: HalfStep) -> tuple[Floats, float]:
        """Return the factors (rows, k) of one side, and the sum of the objectives of its rows.

        Raises
        ------
        ReelhouseError
            The factors are more than the limit of a broadcast, or the ratings have
            changed since they were packed.
        """
        has_start = step.settings.solver == "cg"
        shared = self._broadcast(step if has_start else step._replace(start=step.start[:0]))
        bounds = self._bounds[side]

        def solve_blocks(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            local_step: HalfStep = shared.value
            solve_rows = row_solver(local_step)
            for block, rows in _read_blocks(batches):
                first, last = bounds[block], bounds[block + 1]
                shape = (last - first, local_step.start.shape[1])
                if has_start:
                    solved = local_step.start[first:last].copy()
                else:
                    solved = np.zeros(shape, np.float32)
                objective = solve_rows(rows, solved, local_step.ridge[first:last])
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
            raise ReelhouseError(UNSTABLE_RATINGS)
        factors = np.empty_like(step.start)
        for block, solved in zip(rows["block"].to_pylist(), rows["factors"], strict=True):
            piece = factors[bounds[block] : bounds[block + 1]]
            piece[:] = np.frombuffer(solved.as_buffer(), np.float32).reshape(piece.shape)
        # Summed in the order of blocks, so that equal fits report equal losses.
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
    # 0 times NaN or infinity is NaN.
    return F.min(value) + F.sum(value * 0.0)


def _pack_blocks(
    ratings: DataFrame, shared: Broadcast[dict[Side, Ints]], bounds: dict[Side, Ints], blocks: int
) -> DataFrame:
    """Return cached rows of ``BLOCK``: partition b has block b of the users and of the movies."""

    def to_chunks(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        buffered: list[pa.RecordBatch] = []
        for batch in batches:
            buffered.append(batch)
            if sum(part.num_rows for part in buffered) >= ROWS_AT_ONCE:
                yield from _chunks(pa.Table.from_batches(buffered), shared.value, bounds)
                buffered = []
        if buffered:
            yield from _chunks(pa.Table.from_batches(buffered), shared.value, bounds)

    def to_blocks(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        arrived = list(batches)
        if not arrived:
            return
        chunks = pa.Table.from_batches(arrived)
        for side in ("user", "movie"):
            side_chunks = chunks.filter(pc.field("side") == side)
            if side_chunks.num_rows:
                yield _block(side_chunks, side, bounds[side], len(shared.value[other_side(side)]))

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
    """Yield rows of ``CHUNK``: the ratings of a table, by side and block."""
    positions: dict[Side, Positions] = {
        side: require_positions(side_ids, table[f"{side}_id"].to_numpy())
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
                    columns=positions[other_side(side)][chosen],
                    values=values[chosen],
                )


def _block(chunks: pa.Table, side: Side, bounds: Ints, column_count: int) -> pa.RecordBatch:
    block = chunks["block"][0].as_py()
    rows, columns = (_joined(chunks[name], np.int32) for name in ("rows", "columns"))
    count = int(bounds[block + 1] - bounds[block])
    values = _joined(chunks["values"], np.float32)
    by_row, _ = csr_of_both_sides(rows, columns, values, count, column_count)
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
    """Return a batch of one row of ``CHUNK`` or ``BLOCK``."""
    columns = {name: [array.tobytes()] for name, array in arrays.items()}
    return pa.RecordBatch.from_pydict(
        {"side": [side], "block": pa.array([block], pa.int32()), **columns}
    )


def _joined(column: pa.ChunkedArray, dtype: type) -> NDArray[Any]:
    return np.concatenate([np.frombuffer(value.as_buffer(), dtype) for value in column])
