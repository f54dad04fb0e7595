"""The file beside the ratings that has the titles of their movies."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from reelhouse.ingest.readers import read_movies
from reelhouse.ingest.sources import find_source
from tests.unit.ingest.ratings_files import write

RATINGS = "user_id,anime_id,rating\n" + "".join(f"{n % 7},{n % 11},{n % 5}\n" for n in range(99))
ANIME = "anime_id,name,rating\n" + "".join(f'{n},"Title, {n}",8.5\n' for n in range(11))


def movies_of(folder: Path, ratings: str = "a.csv") -> tuple[str, dict[str, str]] | None:
    found = find_source(str(folder / ratings)).file("movies")
    return (Path(found.path).name, dict(found.columns)) if found else None


def test_a_file_with_a_row_per_movie_has_the_titles(tmp_path: Path) -> None:
    rated = "".join(f"{n % 9},{n % 11},Fine {n}\n" for n in range(99))
    folder = write(
        tmp_path,
        **{"a.csv": RATINGS, "anime.csv": ANIME, "about.csv": "id,name\n1,x\n"},
        **{"a-reviews.csv": f"user_id,anime_id,title\n{rated}", "a.jpg": "", "broken.csv": "\n"},
    )
    columns = {"movie_id": "anime_id", "title": "name"}
    assert movies_of(folder) == ("anime.csv", columns)
    (folder / "anime.csv").unlink()
    assert movies_of(folder) is None


def test_titles_may_be_in_another_format(tmp_path: Path) -> None:
    header = "user_id:token\titem_id:token\trating:float\n"
    item = "item_id:token\tmovie_title:token_seq\n1\tHeat\n2\tRan\n"
    folder = write(tmp_path / "a", **{"x.inter": f"{header}a\t1\t3\nb\t2\t4\n", "x.item": item})
    columns = {"movie_id": "item_id:token", "title": "movie_title:token_seq"}
    assert movies_of(folder, "x.inter") == ("x.item", columns)
    folder = write(tmp_path / "b", **{"a.csv": RATINGS})
    with gzip.open(folder / "meta.jsonl.gz", "wt") as file:
        file.write("".join(json.dumps({"anime_id": n, "title": f"T {n}"}) + "\n" for n in range(9)))
    assert movies_of(folder) == ("meta.jsonl.gz", {"movie_id": "anime_id", "title": "title"})


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_titles_are_read_in_their_encoding(spark, tmp_path, encoding):
    content = ANIME.replace("Title", "Café").encode(encoding)
    write(tmp_path, **{"a.csv": RATINGS, "anime.csv": content})
    movies = read_movies(spark, find_source(str(tmp_path / "a.csv")).file("movies"))
    row = movies.where("movie_id = '3'").first()
    assert (row["title"], row["is_utf8"], row["malformed_line"]) == ("Café, 3", True, None)
