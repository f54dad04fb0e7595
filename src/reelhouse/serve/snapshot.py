"""Snapshots of a lake: the tables of one version as memory-mapped arrays, for recommendations."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from reelhouse.errors import ReelhouseError
from reelhouse.lake.catalog import NAMESPACE, Catalog, read_catalog, snapshot_folder
from reelhouse.project import project_vars

FORMAT = 1
"""Version of the format of a snapshot; snapshots in other formats are not read."""
TABLES = (
    *("algorithms", "als_factors", "int_driver_fits", "int_fit_plan", "int_rating_scale"),
    *("interactions", "movies", "rating_biases", "recommendations", "similar_movies"),
)
"""Tables that a snapshot is computed from."""
STORED_LISTS = {"recommendations": "user_id", "similar_movies": "movie_id"}
"""Table of lists that a snapshot holds → the column whose rows are one list."""
FACTS = "facts.json"
"""File of the numbers and texts of a snapshot; each array has its own file."""


class Snapshot(NamedTuple):
    """The part of a lake that recommendations need.

    Attributes
    ----------
    version
        Changes when a release replaces one of the ``TABLES``.
    facts
        Numbers and texts, such as the parameters of the algorithm and the titles of the movies.
    arrays
        Arrays by name, such as the factors of the movies.
    """

    version: str
    facts: dict[str, Any]
    arrays: dict[str, NDArray[Any]]


Reader = Callable[[Path], tuple[dict[str, Any], dict[str, NDArray[Any]]]]
"""Function of a lake that returns the facts and arrays of a snapshot."""


def open_snapshot(lake: Path, read_lake: Reader) -> Snapshot:
    """Return the snapshot of the current version of a lake.

    The first call for a version reads the lake with ``read_lake`` and writes the snapshot to the
    folder ``serve`` of the lake; the next calls map its files into memory. If a command changes the
    tables during the first call, the lake is read again.

    Raises
    ------
    ReelhouseError
        There is no lake, or it lacks one of the ``TABLES``.
    """
    while True:
        version = lake_version(read_catalog(lake))
        folder = snapshot_folder(lake) / version
        if folder.is_dir():
            return _read(folder, version)
        snapshot = _new_snapshot(lake, read_lake, folder)
        # The rows may otherwise come from two versions, or name a user whom `make forget` has
        # erased meanwhile: it changes the catalog before it removes the snapshots.
        if lake_version(read_catalog(lake)) == version:
            return snapshot
        shutil.rmtree(folder, ignore_errors=True)


def lake_version(catalog: Catalog) -> str:
    """Return a hash of the versions of the ``TABLES``, and of the vars that the snapshot uses.

    Raises
    ------
    ReelhouseError
        The lake lacks one of the ``TABLES``.
    """
    missing = [table for table in TABLES if (NAMESPACE, table) not in catalog.tables]
    if missing:
        raise ReelhouseError(f"the lake has no {', '.join(missing)}: run `make build`")
    files = [catalog.tables[NAMESPACE, table] for table in TABLES]
    variables = [project_vars()[name] for name in ("seed", "candidate_movies")]
    text = json.dumps([FORMAT, files, variables])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _new_snapshot(lake: Path, read_lake: Reader, folder: Path) -> Snapshot:
    """Read the lake and write a snapshot; without write permission, keep it in memory."""
    facts, arrays = read_lake(lake)
    try:
        _write(folder, facts, arrays)
    except OSError:
        return Snapshot(folder.name, facts, arrays)
    return _read(folder, folder.name)


def _write(folder: Path, facts: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
    """Write a snapshot under its final name at once, and remove the snapshots of other versions."""
    folder.parent.mkdir(exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix="draft-", dir=folder.parent))
    try:
        for name, array in arrays.items():
            np.save(draft / f"{name}.npy", array)
        (draft / FACTS).write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
        draft.replace(folder)
    except OSError:
        shutil.rmtree(draft, ignore_errors=True)
        if not folder.is_dir():  # otherwise another process was faster
            raise
    # A process that has mapped the files of an old snapshot keeps them.
    for other in folder.parent.iterdir():
        if other != folder and not other.name.startswith("draft-"):
            shutil.rmtree(other, ignore_errors=True)


def _read(folder: Path, version: str) -> Snapshot:
    facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    arrays = {file.stem: np.load(file, mmap_mode="r") for file in folder.glob("*.npy")}
    return Snapshot(version, facts, arrays)
