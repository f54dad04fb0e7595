"""Snapshots of a lake: the tables of one version as memory-mapped arrays, for recommendations."""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from reelhouse.errors import ReelhouseError
from reelhouse.lake.catalog import NAMESPACE, Catalog, read_catalog, snapshot_folder
from reelhouse.lake.cluster import Lake
from reelhouse.project import project_vars

FORMAT = 2
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
LOCK = "lock"
"""File that a process locks while it writes or removes snapshots."""


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


Reader = Callable[[Lake], tuple[dict[str, Any], dict[str, NDArray[Any]]]]
"""Function of a lake that returns the facts and arrays of a snapshot."""


def open_snapshot(lake: Lake, read_lake: Reader) -> Snapshot:
    """Return the snapshot of the current version of a lake.

    The first call for a version reads the lake with ``read_lake`` and writes the snapshot to a
    folder of this machine, such as ``serve`` in the folder of the lake; the next calls map its
    files into memory. If several processes need a new snapshot, one of them writes it and the
    others wait. If a command changes the tables during the first call, the lake is read again.
    Without permission to write, the snapshot stays in memory.

    Raises
    ------
    ReelhouseError
        There is no lake, or it lacks one of the ``TABLES``.
    """
    while True:
        version = lake_version(read_catalog(lake))
        folder = snapshot_folder(lake) / version
        if found := _read(folder):
            return found
        with _locked(folder.parent):
            if found := _read(folder):  # another process has written it
                return found
            if lake_version(read_catalog(lake)) != version:
                continue
            try:
                snapshot = _new_snapshot(lake, read_lake, folder)
            except Exception:
                # `make maintain` may have removed the files of this version.
                if lake_version(read_catalog(lake)) == version:
                    raise
                continue
            # The rows may otherwise come from two versions, or name a user whom `make forget` has
            # erased meanwhile: it changes the catalog before it removes the snapshots.
            if lake_version(read_catalog(lake)) == version:
                return snapshot
            _remove(folder)


def remove_snapshots(lake: Lake) -> None:
    """Remove all snapshots of a lake, which name users. A process that reads one is not disturbed.

    Raises
    ------
    OSError
        A file cannot be removed.
    """
    folder = snapshot_folder(lake)
    if folder.is_dir():
        with _locked(folder):
            for each in _folders(folder):
                with suppress(FileNotFoundError):
                    shutil.rmtree(each)


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


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock for writing snapshots to a folder; do nothing without permission to write.

    The lock of a process ends with the process.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / LOCK).open("ab")
    except OSError:
        yield
        return
    with file:
        # Without locks, as on some network drives, two processes may write the same snapshot, and
        # the slower one uses that of the other.
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _new_snapshot(lake: Lake, read_lake: Reader, folder: Path) -> Snapshot:
    """Read the lake and write a snapshot; if it cannot be written, keep it in memory."""
    facts, arrays = read_lake(lake)
    with suppress(OSError):
        _write(folder, facts, arrays)
    return _read(folder) or Snapshot(folder.name, facts, arrays)


def _write(folder: Path, facts: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
    """Write a snapshot under its final name at once, and remove all others.

    The others are those of other versions, and incomplete ones of processes that were killed.
    """
    draft = _draft_folder(folder.parent)
    draft.mkdir()
    try:
        for name, array in arrays.items():
            np.save(draft / f"{name}.npy", array)
        content = {"facts": facts, "arrays": sorted(arrays)}
        (draft / FACTS).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        # A process that has mapped the files of another snapshot keeps them.
        for other in _folders(folder.parent):
            if other != draft:
                _remove(other)
        draft.replace(folder)
    except OSError:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _draft_folder(folder: Path) -> Path:
    return folder / f"draft-{uuid.uuid4().hex}"


def _folders(folder: Path) -> list[Path]:
    return [each for each in folder.iterdir() if each.is_dir()]


def _remove(folder: Path) -> None:
    """Remove a snapshot; its name disappears at once, so that no process opens a part of it."""
    with suppress(OSError):
        folder = folder.replace(_draft_folder(folder.parent))
    shutil.rmtree(folder, ignore_errors=True)


def _read(folder: Path) -> Snapshot | None:
    """Map the files of a snapshot; None if there is none, or one of its files is not whole."""
    try:
        content = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        # As plain arrays, whose parts are found faster than those of numpy.memmap.
        arrays = {
            name: np.load(folder / f"{name}.npy", mmap_mode="r").view(np.ndarray)
            for name in content["arrays"]
        }
        return Snapshot(folder.name, content["facts"], arrays)
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return None
