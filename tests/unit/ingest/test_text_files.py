"""Text files that are refused: long lines, bombs, and damaged files."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import pytest

from tests.unit.ingest.ratings_files import CSV, refused, write


@pytest.mark.parametrize("name", ["ratings.csv", "ratings.csv.gz", "ratings.csv.bz2", "u.data",
                                  "mine.jsonl.gz", "ratings.dat"])  # fmt: skip
@pytest.mark.parametrize("place", ["first", "last"])
def test_a_line_of_megabytes_is_refused(tmp_path: Path, name: str, place: str) -> None:
    pack = {".gz": gzip.compress, ".bz2": bz2.compress}.get(Path(name).suffix, bytes)
    start = b'{"user": 1, "item": 2, "rating": 3}\n' if "json" in name else CSV.encode()
    lines = start * (3 << 20 >> 5) + b"x" * (3 << 20)
    lines = lines if place == "last" else start + b"x" * (3 << 20)
    file = write(tmp_path, **{name: pack(lines)}) / name
    refused(
        file, r"has a line of more than 1,048,576 bytes at byte [\d,]+: write one rating per line"
    )


@pytest.mark.parametrize("name", ["parts/b.csv.gz", "ml/movies.csv.gz"])
def test_a_bomb_is_refused(tmp_path: Path, name: str) -> None:
    """The bomb has many short lines; it is a part file, or a file of movies."""
    file = tmp_path / name
    write(file.parent, **{"ratings.csv" if name.startswith("ml") else "a.csv": CSV})
    header = "movieId,title,genres\n" if name.startswith("ml") else CSV
    file.write_bytes(gzip.compress(header.encode() + b"1,2,3.5,9\n" * (12 << 20)))
    refused(file.parent, r"unpacks [\d,]+ bytes to more than [\d,]+, .* unpack it yourself")


@pytest.mark.parametrize("name", ["ratings.csv.gz", "parts/b.csv.bz2"])
def test_a_truncated_compressed_file_is_refused(tmp_path: Path, name: str) -> None:
    pack = {".gz": gzip.compress, ".bz2": bz2.compress}[Path(name).suffix]
    lines = "".join(f"{n},{n * n % 977},3.5,{n**3 % 10007}\n" for n in range(100_000))
    file = tmp_path / name
    write(file.parent, **({"a.csv": CSV} if "parts" in name else {}))
    file.write_bytes(pack((CSV + lines).encode())[:-20])
    refused(file.parent, "is truncated or damaged .* fetch it again")
