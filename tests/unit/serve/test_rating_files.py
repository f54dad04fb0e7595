"""Exports of Letterboxd, IMDb and MovieLens become ratings on the scale of the lake.

tests/unit/page/test_rating_files.py reads the same files in a browser.
"""

import time
import zipfile
from pathlib import Path

import pytest

from reelhouse.errors import ReelhouseError
from reelhouse.serve.rating_files import LARGEST_FILE, read_ratings
from reelhouse.serve.titles import title_keys
from tests.unit.serve.rating_file_cases import CASES, LETTERBOXD, MOVIES, STARS, Case, zipped
from tests.unit.serve.refused_file_cases import REFUSED

ALL_CASES = {**CASES, **REFUSED}
IDS = [10 * int(source_id) for source_id, *_ in MOVIES]


def facts(case: Case) -> dict[str, object]:
    """Return the facts of a snapshot with the movies."""
    keys: dict[str, list[int]] = {}
    for position in sorted(range(len(MOVIES)), key=lambda position: -MOVIES[position][3]):
        for key in title_keys(MOVIES[position][1]):
            keys.setdefault(key, []).append(position)
    return {
        "source_ids": [source_id for source_id, *_ in MOVIES],
        "years": [year for *_, year, _ in MOVIES],
        "keys": keys,
        "scale": case.scale,
    }


@pytest.mark.parametrize("case", ALL_CASES.values(), ids=ALL_CASES)
def test_a_file_has_the_ratings_of_the_table(case: Case, tmp_path: Path) -> None:
    file = tmp_path / "my.csv"
    file.write_bytes(case.content)
    if case.error:
        with pytest.raises(ReelhouseError) as refused:
            read_ratings(file, facts(case), IDS)
        assert case.error in str(refused.value)
        assert str(refused.value).startswith(str(file))
        return
    found = read_ratings(file, facts(case), IDS)
    assert found.ratings == {10 * int(movie): rating for movie, rating in case.ratings.items()}
    assert found.unknown == list(case.unknown)


def test_a_small_zip_file_of_a_huge_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "my.zip"
    case = zipped({"ratings.csv": LETTERBOXD + "\n" * LARGEST_FILE}, scale=STARS)
    file.write_bytes(case.content)
    assert file.stat().st_size < LARGEST_FILE / 100
    with pytest.raises(ReelhouseError, match=r"ratings\.csv in .*my\.zip is larger than 20 MB"):
        read_ratings(file, facts(case), IDS)


def test_no_more_rows_are_read_than_a_person_has(tmp_path: Path) -> None:
    file = tmp_path / "my.csv"
    file.write_text("title,rating\n" + "Alien,5\n" * 2_000_000)
    began = time.process_time()
    with pytest.raises(ReelhouseError, match=r"my\.csv has more than 50,000 rows: leave the rows"):
        read_ratings(file, facts(CASES["score"]), IDS)
    assert time.process_time() - began < 4


def test_a_cell_of_spaces_takes_no_time(tmp_path: Path) -> None:
    file = tmp_path / "my.csv"
    file.write_text(f"title\nAlien{' ' * 100_000}3\n")
    began = time.process_time()
    assert len(read_ratings(file, facts(CASES["score"]), IDS).unknown) == 1
    assert time.process_time() - began < 2


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_file_with_damaged_content_is_refused(method: int, tmp_path: Path) -> None:
    file = tmp_path / "my.zip"
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("ratings.csv", LETTERBOXD)
    content = bytearray(file.read_bytes())
    content[60:90] = bytes(30)
    file.write_bytes(content)
    with pytest.raises(ReelhouseError, match=r"my\.zip has no ratings\.csv, or is damaged"):
        read_ratings(file, facts(CASES["zip"]), IDS)
