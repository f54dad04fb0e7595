"""Ratings files for the tests of `reelhouse.ingest`."""

from __future__ import annotations

from pathlib import Path

import pytest

from reelhouse.errors import ReelhouseError
from reelhouse.ingest.sources import find_source

CSV = "userId,movieId,rating,timestamp\n1,2,3.5,978300760\n"


COLUMNS = {"user_id": "userId", "movie_id": "movieId", "rating": "rating", "rated_at": "timestamp"}


def write(folder: Path, **files: str | bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def refused(data: Path, what: str, columns: str = "") -> None:
    with pytest.raises(ReelhouseError, match=what):
        find_source(str(data), columns)
