"""Versions of parts: an update that reads only new versions has the rows of a full rebuild."""

from __future__ import annotations

import csv
from pathlib import Path
from tempfile import TemporaryDirectory

import hypothesis.strategies as st
from hypothesis import given, settings

from reelhouse.ingest.parts import files_of, part_name
from reelhouse.ingest.sources import find_source
from reelhouse.ingest.versions import differences, versions_of

NAMES = ("2024-01.csv", "2024-02.csv", "März 3.csv", "a+b%20.csv")
RATING = st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5), st.integers(0, 9))
RATINGS = st.lists(RATING, min_size=2, max_size=6)
CHANGES = st.lists(st.tuples(st.sampled_from(NAMES), st.none() | RATINGS), max_size=3)
"""Files to write with new content, or to remove (None)."""
FIRST = [(1, 1, 3, 1), (2, 2, 4, 2), (3, 3, 5, 3)]
Row = tuple[str, ...]


def write(folder: Path, name: str, ratings: list[tuple[int, ...]] | None) -> None:
    if ratings is None:
        (folder / name).unlink(missing_ok=True)
        return
    with (folder / name).open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["userId", "movieId", "rating", "timestamp"])
        writer.writerows((*row[:3], 978300000 + row[3]) for row in ratings)


def read(path: Path) -> list[Row]:
    with path.open(newline="") as file:
        return [tuple(row) for row in csv.reader(file)][1:]


def interactions(rows: list[Row]) -> dict[Row, Row]:
    """Return the newest rating of each user and movie; of equally new ones, the highest."""
    newest: dict[Row, Row] = {}
    for user, movie, rating, rated_at in rows:
        latest = max(newest.get((user, movie), ("", "")), (rated_at, rating))
        newest[user, movie] = latest
    return newest


class Table:
    """The table raw_ratings: the rows of each version."""

    def __init__(self) -> None:
        self.rows: dict[str | None, list[Row]] = {}

    def update(self, folder: Path, forgotten: int = 0) -> set[str]:
        """Take the changes of a folder; return the names of the files that were read."""
        ratings = find_source(str(folder)).files[0]
        versions = versions_of(ratings, forgotten)
        old, new = differences(self.rows.keys(), versions)
        for version in old:
            del self.rows[version]
        for path in files_of(ratings):
            name = part_name(ratings, path)
            if name in new:
                self.rows[new[name]] = read(path)
        return set(new)

    def all(self) -> list[Row]:
        return sorted(row for rows in self.rows.values() for row in rows)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(CHANGES, st.integers(0, 1)), min_size=1, max_size=6))
def test_any_sequence_of_updates_has_the_rows_of_a_rebuild(sequence):
    """Files are added, changed, removed and brought back, and people are forgotten."""
    updated, forgotten = Table(), 0
    with TemporaryDirectory() as place:
        folder = Path(place)
        write(folder, "0.csv", FIRST)
        for changes, newly_forgotten in sequence:
            for name, ratings in changes:
                write(folder, name, ratings)
            forgotten += newly_forgotten
            updated.update(folder, forgotten)
            rebuilt = Table()
            rebuilt.update(folder, forgotten)
            assert updated.rows == rebuilt.rows
            assert interactions(updated.all()) == interactions(rebuilt.all())


def test_only_new_and_changed_files_are_read(tmp_path):
    table = Table()
    write(tmp_path, "a.csv", FIRST)
    assert table.update(tmp_path) == {"a.csv"}
    assert table.update(tmp_path) == set()
    write(tmp_path, "b.csv", [(4, 4, 2, 4)])
    assert table.update(tmp_path) == {"b.csv"}
    write(tmp_path, "b.csv", [(4, 4, 1, 5)])
    assert table.update(tmp_path) == {"b.csv"}
    write(tmp_path, "b.csv", None)
    assert table.update(tmp_path) == set()
    assert [row[:3] for row in table.all()] == [("1", "1", "3"), ("2", "2", "4"), ("3", "3", "5")]


def test_every_file_is_read_again_after_someone_is_forgotten(tmp_path):
    """The rows of the person are emptied, and so is the text of malformed lines."""
    table = Table()
    for name in NAMES:
        write(tmp_path, name, FIRST)
    assert table.update(tmp_path) == set(NAMES)
    assert table.update(tmp_path, forgotten=1) == set(NAMES)


def test_every_file_is_read_again_if_other_columns_are_taken(tmp_path):
    write(tmp_path, "ratings.csv", FIRST)
    taken, ignored = (
        versions_of(find_source(str(tmp_path), columns).files[0], 0)
        for columns in ("", "rated_at=")
    )
    assert taken.keys() == ignored.keys()
    assert taken != ignored


def test_every_file_is_read_again_if_a_new_first_file_has_line_breaks(tmp_path):
    """The first part decides how quotes at the ends of lines are read in all parts."""
    header = "user,item,rating,text\n"
    (tmp_path / "part-1.csv").write_text(header + "1,2,3,fine\n4,5,2,bad\n" * 99)
    before = find_source(str(tmp_path)).files[0]
    (tmp_path / "part-0.csv").write_text(header + '1,2,3,"fine\nbut slow"\n4,5,2,bad\n' * 99)
    after = find_source(str(tmp_path)).files[0]
    assert (before.has_line_breaks, after.has_line_breaks) == (False, True)
    assert versions_of(before, 0)["part-1.csv"] != versions_of(after, 0)["part-1.csv"]
