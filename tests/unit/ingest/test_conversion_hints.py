"""Files of other forms are refused with a command that converts them: the commands are run."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from reelhouse.errors import ReelhouseError
from reelhouse.ingest.samples import column_values
from reelhouse.ingest.sources import find_source
from tests.unit.ingest.ratings_files import refused, write


def converted(data: Path, folder: Path) -> Path:
    """Run the command in the error about ``data`` in another folder; return the new file."""
    with pytest.raises(ReelhouseError) as raised:
        find_source(str(data))
    command = re.search(r"as in: (.* > ('.*?'|[^ ;]+))", str(raised.value))
    assert command
    folder.mkdir()
    subprocess.run(command[1], shell=True, cwd=folder, check=True)
    return next(folder.iterdir())


ROWS = [("7", "1", "3"), ("8", "1", "4"), ("7", "22", "5")]


def read(file: Path, *names: str) -> list[tuple[str, ...]]:
    ratings = find_source(str(file)).files[0]
    return list(zip(*(column_values(ratings, name) for name in names), strict=True))


def test_a_movie_above_its_ratings_is_written_on_every_line(tmp_path: Path) -> None:
    content = "1:\n" + "".join(f"{n % 7},{1 + n % 5},2005-09-06\n" for n in range(50))
    content += "22:\n" + "".join(f"{n % 7},{1 + n % 5},2005-09-06\n" for n in range(50))
    file = write(tmp_path, **{"two words.txt": content.replace("\n", "\r\n")}) / "two words.txt"
    new = converted(file, tmp_path / "new")
    assert new.read_text().splitlines()[51] == "1,22,2,2005-09-06"
    assert find_source(str(new)).guess == "user_id=1, movie_id=2, rating=3, rated_at=4"


def test_a_command_for_many_files_reads_all_of_them(tmp_path: Path) -> None:
    files = {f"mv_{n}.txt": f"{n}:\n7,3,2005-09-06\n8,4,2005-09-07\n" for n in (1, 2)}
    write(tmp_path / "many", **files)
    new = converted(tmp_path / "many", tmp_path / "new")
    assert new.read_text().splitlines() == [
        "7,1,3,2005-09-06", "8,1,4,2005-09-07", "7,2,3,2005-09-06", "8,2,4,2005-09-07"
    ]  # fmt: skip


def test_lists_of_movies_are_written_as_pairs(tmp_path: Path) -> None:
    file = write(tmp_path, **{"train.txt": "0 4 5 6\n1 5 \n2 7 4\n"}) / "train.txt"
    pairs = [("0", "4"), ("0", "5"), ("0", "6"), ("1", "5"), ("2", "7"), ("2", "4")]
    assert read(converted(file, tmp_path / "new"), "user_id", "movie_id") == pairs


def test_a_list_may_start_with_its_length(tmp_path: Path) -> None:
    file = write(tmp_path, **{"users.dat": "3 4 5 6\n1 5\n2 7 4\n"}) / "users.dat"
    pairs = [("1", "4"), ("1", "5"), ("1", "6"), ("2", "5"), ("3", "7"), ("3", "4")]
    assert read(converted(file, tmp_path / "new"), "user_id", "movie_id") == pairs


def test_dictionaries_of_python_and_an_array_become_json_lines(tmp_path: Path) -> None:
    rows = [{"user": u, "item": i, "stars": float(r), "text": "It's ok"} for u, i, r in ROWS]
    with gzip.open(tmp_path / "a.json.gz", "wt") as file:
        file.write("".join(f"{row!r}\n" for row in rows))
    write(tmp_path, **{"b.json": json.dumps(rows), "c.json": json.dumps(rows, indent=1)})
    for name in ("a.json.gz", "b.json", "c.json"):
        new = converted(tmp_path / name, tmp_path / f"new-{name}")
        assert read(new, "user_id", "movie_id", "rating") == [(u, i, f"{r}.0") for u, i, r in ROWS]
    refused(write(tmp_path, **{"d.json": "soon\n"}) / "d.json", "write one object per line$")


def test_a_line_for_each_value_becomes_an_object(tmp_path: Path) -> None:
    blocks = (
        f"product/productId: {i}\nreview/userId: {u}\nreview/score: {r}.0\nreview/text: a: b\n"
        for u, i, r in ROWS
    )
    file = write(tmp_path, **{"foods.txt": "\n".join(blocks).encode() + b"x: Caf\xe9\n"})
    new = converted(file / "foods.txt", tmp_path / "new")
    assert read(new, "user_id", "movie_id", "rating") == [(u, i, f"{r}.0") for u, i, r in ROWS]


def test_a_list_of_objects_becomes_an_object_for_each(tmp_path: Path) -> None:
    rows = [{"session": n, "events": [{"item": 1}, {"item": n}]} for n in (7, 8)]
    content = "".join(json.dumps(row) + "\n" for row in rows)
    new = converted(write(tmp_path, **{"a.jsonl": content}) / "a.jsonl", tmp_path / "new")
    pairs = [("7", "1"), ("7", "7"), ("8", "1"), ("8", "8")]
    assert read(new, "user_id", "movie_id") == pairs


def test_a_file_with_the_users_is_joined(tmp_path: Path) -> None:
    write(
        tmp_path,
        **{"lines.csv": "order_id,product_id\n007,1\n007,2\n8,1\n"},
        **{"orders.csv": "order_id,user_id,hour\n007,0042,8\n8,5,9\n", "x.csv": "a,b\n1,2\n"},
    )
    with pytest.raises(ReelhouseError, match=r"orders\.csv has user_id for each order_id") as error:
        find_source(str(tmp_path / "lines.csv"))
    command = str(error.value).partition("as in: .venv/bin/python ")[2]
    subprocess.run(f"{sys.executable} {command}", shell=True, cwd=tmp_path, check=True)
    table = pq.read_table(tmp_path / "joined.parquet").to_pydict()
    assert sorted(zip(table["user_id"], table["product_id"], strict=True)) == [
        ("0042", "1"), ("0042", "2"), ("5", "1")
    ]  # fmt: skip
    assert find_source(str(tmp_path / "joined.parquet"), "rating=").files
