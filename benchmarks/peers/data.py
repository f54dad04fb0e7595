"""Generated ratings for the peers, in one file, made without Spark."""

from __future__ import annotations

import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.generate import Shape, block_count, generate_block

SEED = 42
HELD_OUT = 0.1


def write_split(shape: Shape, folder: Path) -> Path:
    """Return the file of generated ratings, of which a tenth is held out; write it if missing.

    The file has the arrays ``users``, ``movies`` and ``values`` of both parts, prefixed by
    ``train_`` and ``test_``.
    """
    path = folder / f"ratings-{'-'.join(map(str, shape))}.npz"
    if path.exists():
        return path
    print(f"generating {shape.ratings:,} ratings …", file=sys.stderr, flush=True)
    # Not forked, since pyarrow has started threads.
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), spawn) as pool:
        blocks = pool.map(partial(generate_block, shape, SEED), range(block_count(shape)))
        table = pa.Table.from_batches(blocks)
    columns = {
        "users": table["user_id"].to_numpy(),
        "movies": table["movie_id"].to_numpy(),
        "values": table["rating"].to_numpy().astype(np.float32),
    }
    held_out = np.random.default_rng(SEED).random(len(table)) < HELD_OUT
    parts = {"train": ~held_out, "test": held_out}
    unfinished = path.with_suffix(".part.npz")
    np.savez(
        unfinished,
        **{
            f"{part}_{name}": column[chosen]
            for part, chosen in parts.items()
            for name, column in columns.items()
        },
    )
    unfinished.rename(path)
    return path
