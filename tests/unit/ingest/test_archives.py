"""Zips that are damaged, or built to do harm."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from reelhouse.errors import ReelhouseError
from reelhouse.ingest import sources
from reelhouse.ingest.archives import unpack
from reelhouse.ingest.sources import find_source


def zipped(path: Path, **members: str | bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def refused(archive: Path, what: str) -> None:
    """Check that the archive is refused, and that nothing is left behind."""
    target = archive.parent / "out" / "data"
    with pytest.raises(ReelhouseError, match=what):
        unpack(archive, target)
    assert not target.exists()
    assert [path.name for path in archive.parent.rglob("*") if path.is_file()] == [archive.name]


def test_the_one_folder_at_the_top_is_left_out(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", **{"ml/ratings.csv": "x", "ml/sub/more.csv": "y"})
    folder = unpack(archive, tmp_path / "out")
    assert sorted(path.name for path in folder.rglob("*.csv")) == ["more.csv", "ratings.csv"]
    assert (folder / "ratings.csv").read_text() == "x"


def test_a_zip_without_a_top_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", **{"ratings.csv": "x", "movies.csv": "y"})
    assert (unpack(archive, tmp_path / "out") / "movies.csv").read_text() == "y"


def test_a_truncated_zip_is_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", **{"ratings.csv": "1,2,3\n" * 1000})
    archive.write_bytes(archive.read_bytes()[:-40])
    refused(archive, "is not a complete zip .* download it again")


def test_a_zip_with_a_flipped_byte_is_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", **{"ratings.csv": "".join(map(str, range(5000)))})
    content = bytearray(archive.read_bytes())
    content[2000] ^= 0xFF
    archive.write_bytes(content)
    refused(archive, "is not a complete zip")


def test_another_file_named_zip_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    archive.write_text("<html>404</html>")
    refused(archive, "is not a complete zip")


def test_an_empty_zip_is_refused(tmp_path: Path) -> None:
    refused(zipped(tmp_path / "a.zip"), "empty zip")


@pytest.mark.parametrize(
    "name", ["../evil.csv", "a/../../evil.csv", "/etc/evil", "..\\evil", "C:/x"]
)
def test_a_path_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    refused(zipped(tmp_path / "a.zip", **{name: "x"}), "is a path outside of the folder")


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    refused(
        zipped(tmp_path / "a.zip", **{"ratings.csv": bytes(200 << 20)}), "as only a zip bomb does"
    )


def test_a_zip_with_a_password_is_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", **{"ratings.csv": "x"})
    content = bytearray(archive.read_bytes())
    for header, flag in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(header) + flag] |= 1  # "encrypted"
    archive.write_bytes(content)
    refused(archive, "cannot be unpacked: .*password")


def test_a_files_name_cannot_steer_the_terminal(tmp_path: Path) -> None:
    nested = "a/" * 200 + "x"
    archive = zipped(tmp_path / "a\x1b[2Jb.zip", **{nested: "x"})
    with pytest.raises(ReelhouseError) as raised:
        unpack(archive, tmp_path / "out")

    assert r"a\x1b[2Jb.zip has" in str(raised.value)


@pytest.mark.parametrize("name", ["../\x1b[2J.csv", "\x1b[2J.inter"])
def test_a_members_name_cannot_steer_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A zip is refused for a member out of the folder, or for several unpacked ratings files."""
    monkeypatch.setattr(sources, "DATA", tmp_path / "data")
    archive = zipped(tmp_path / "a.zip", **{name: "x", "ratings.csv": "x"})
    with pytest.raises(ReelhouseError) as raised:
        find_source(str(archive))

    assert r"\x1b[2J" in str(raised.value)
    assert str(raised.value).isprintable()


def test_too_many_nested_folders_are_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", **{"a/" * 1200 + "ratings.csv": "x"})
    refused(archive, "has folders nested 1,200 deep")
