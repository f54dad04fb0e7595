"""Read ratings, and the train and test rows that come with them, without Spark."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np

from benchmarks.published.splits import Fold
from reelhouse.algorithms.rating_rows import RatingRows
from reelhouse.errors import ReelhouseError
from reelhouse.ingest.column_names import column_names
from reelhouse.ingest.formats import TEXT, SourceFile
from reelhouse.ingest.sources import find_source

KINDS = {"user_id": "bigint", "movie_id": "bigint", "rating": "double"}


class Source(NamedTuple):
    """All ratings in the order of the file, and the folds if the names of the files give them."""

    ratings: RatingRows
    folds: list[Fold]


def read_source(data: str, limit: int | None = None) -> Source:
    """Read the ratings that DATA names; of each file, at most ``limit`` rows.

    Raises
    ------
    ReelhouseError
        DATA is wrong, or its ratings are not in a text file.
    """
    file = find_source(data).file("ratings")
    if file is None or file.format != TEXT:
        raise ReelhouseError(f"DATA={data}: name a folder with ratings in text files")
    if not file.splits:
        return Source(_read(file, Path(file.path), limit), [])
    # Validation rows of the source are train rows here: the rankers hold out rows of their own.
    parts: dict[tuple[int, bool], list[RatingRows]] = defaultdict(list)
    for name, (split, number) in file.splits.items():
        parts[number, split == "test"].append(_read(file, Path(file.path, name), limit))
    folds = [
        Fold(_concatenated(*parts[number, False]), _concatenated(*parts[number, True]))
        for number in sorted({number for number, _ in parts})
    ]
    return Source(_concatenated(*folds[0]), folds)


def _read(file: SourceFile, path: Path, limit: int | None) -> RatingRows:
    names = column_names(file, path)
    with duckdb.connect() as connection:
        table = connection.read_csv(
            str(path), sep=file.separator, header=file.has_header, all_varchar=True
        )
        columns = [
            f'cast("{table.columns[names.index(file.columns[ours])]}" as {kind}) as {ours}'
            for ours, kind in KINDS.items()
        ]
        rows = table.limit(limit) if limit else table
        return RatingRows(*rows.select(", ".join(columns)).fetchnumpy().values())


def _concatenated(*parts: RatingRows) -> RatingRows:
    return RatingRows(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
