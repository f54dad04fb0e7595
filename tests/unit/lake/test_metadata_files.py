"""Metadata files that are damaged: every command has the same opinion of them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from reelhouse.lake.catalog import PUBLISHED, lost_tables, read_catalog
from reelhouse.lake.damage import damaged_file
from reelhouse.lake.metadata_files import UnreadableFileError, read_metadata
from tests.unit.lakes import build_lake


def flipped(content: bytes) -> bytes:
    """Return compressed metadata with one wrong byte after the header."""
    packed = bytearray(gzip.compress(content))
    packed[12] ^= 0xFF
    return bytes(packed)


DAMAGE = {
    "no longer exists": None,
    "half of it": lambda content: content[: len(content) // 2],
    "half of the compressed file": lambda content: gzip.compress(content)[: len(content) // 8],
    "a wrong byte in the compressed file": flipped,
    "a wrong byte in the header": lambda content: b"\x1f\x8b\xff" + content,
    "not UTF-8": lambda content: content.replace(b"source_id", b"source_\xff"),
    "a list": lambda content: b"[" + content + b"]",
    "an empty object": lambda _: b"{}",
}


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    return build_lake(tmp_path / "lake")


@pytest.fixture
def file(lake: Path) -> Path:
    """Return the metadata file of the table `movies`."""
    return Path(read_catalog(lake).tables["reelhouse", "movies"])


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_one_error_and_a_lost_table(lake: Path, file: Path, damage: str) -> None:
    change = DAMAGE[damage]
    content = file.read_bytes()
    if change is None:
        file.unlink()
    else:
        file.write_bytes(change(content))

    with pytest.raises(UnreadableFileError, match="is missing or damaged") as raised:
        read_metadata(str(file))

    assert raised.value.path == str(file)
    assert "\n" not in str(raised.value)
    assert damaged_file(lake, PUBLISHED) == str(file)
    assert lost_tables(lake) == ["movies"]


def test_compressed_metadata_is_read(lake: Path, file: Path) -> None:
    metadata = json.loads(content := file.read_bytes())
    file.write_bytes(gzip.compress(content))

    assert read_metadata(str(file)) == metadata
    assert damaged_file(lake, PUBLISHED) is None
    assert lost_tables(lake) == []
