"""Folders of ratings: MovieLens releases, part files, and folders named after columns."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reelhouse.ingest.sources import find_source
from tests.unit.ingest.ratings_files import COLUMNS, CSV, refused, write


@pytest.mark.parametrize(
    ("files", "separators", "scale"),
    [
        (("u.data", "u.item", "u.user"), ["\t", "|", "|"], (1, 5, 1)),
        (("u.data",), ["\t"], (1, 5, 1)),
        (("ratings.dat", "movies.dat", "users.dat"), ["::"] * 3, (1, 5, 1)),
        (("ratings.dat", "movies.dat", "tags.dat"), ["::"] * 3, (0.5, 5, 0.5)),
    ],
)
def test_a_release_is_known_by_its_files(
    tmp_path: Path, files: tuple[str, ...], separators: list[str], scale: tuple[float, ...]
) -> None:
    # 300 is no rating, but a single row does not show it.
    line = separators[0].join(["1", "2", "300", "978300760"]) + "\n"
    source = find_source(str(write(tmp_path / "odd-name", **dict.fromkeys(files, line))))
    assert [file.separator for file in source.files] == separators
    assert not any(file.has_header for file in source.files)
    assert list(source.files[0].columns.values()) == ["1", "2", "3", "4"]
    assert (source.scale, source.guess) == (scale, "")


@pytest.mark.parametrize(("name", "separator"), [("u.data", "\t"), ("ratings.dat", "::")])
def test_the_rows_not_the_name_decide_whether_a_file_is_a_release(
    tmp_path: Path, name: str, separator: str
) -> None:
    def file(*order: int) -> Path:
        rows = [(n * 7 % 31, n * 11 % 43, 1 + n % 5, 978300760 + n) for n in range(300)]
        lines = (separator.join(str(row[place]) for place in order) for row in rows)
        return write(tmp_path, **{name: "\n".join(lines)}) / name

    release = find_source(str(file(0, 1, 2, 3)))
    assert (release.scale, release.guess) == ((1, 5, 1) if name == "u.data" else (0.5, 5, 0.5), "")
    refused(file(2, 0, 1, 3), "guessed safely: name them, .*user_id=1")
    named = find_source(str(file(2, 0, 1, 3)), "user_id=2, movie_id=3, rating=1, rated_at=4")
    assert (named.scale, named.file("ratings").columns["user_id"]) == (None, "2")
    without_times = find_source(str(file(0, 1, 2)))
    assert (without_times.scale, without_times.guess) == (None, "user_id=1, movie_id=2, rating=3")


def test_a_file_with_the_name_of_a_release_may_have_a_header(tmp_path: Path) -> None:
    folder = write(tmp_path, **{"u.data": "user\titem\trating\n1\t2\t9\n", "u.item": "x"})
    source = find_source(str(folder))
    assert source.files[0].columns["user_id"] == "user"
    assert (len(source.files), source.scale) == (1, None)


def test_recboles_file_of_ratings_is_found_beside_its_items(tmp_path: Path) -> None:
    header = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
    folder = write(tmp_path, **{"x.inter": f"{header}a\tb\t3.0\t978300760.0\n", "x.item": "y"})
    assert find_source(str(folder)).files[0].columns == {
        "user_id": "user_id:token", "movie_id": "item_id:token",
        "rating": "rating:float", "rated_at": "timestamp:float",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("ratings", "movies", "links", "tags"),
    [
        ("ratings.csv", "movies.csv", "links.csv", "tags.csv"),
        ("rating.csv", "movie.csv", "link.csv", "tag.csv"),
    ],
)
def test_the_csv_releases_and_kaggles_are_known(
    tmp_path: Path, ratings: str, movies: str, links: str, tags: str
) -> None:
    folder = write(
        tmp_path,
        **{
            ratings: '"userId","movieId","rating","timestamp"\r\n1,2,4,"2005-04-02 23:53:47"\r\n',
            movies: "movieId,title,genres\n",
            links: "movieId,imdbId,tmdbId\n",
            tags: "userId,movieId,tag,timestamp\n",
        },
    )
    source = find_source(str(folder))
    assert [file.role for file in source.files] == ["ratings", "movies", "links", "tags"]
    assert source.files[0].columns == COLUMNS
    assert source.scale == (0.5, 5, 0.5)


def test_links_and_tags_of_another_program_are_left_out(tmp_path: Path) -> None:
    long = "userId,movieId,tag,timestamp\n1,2," + "x" * (3 << 20)
    links = "".join(f"{n},{n * n % 977},{n**3 % 10007}\n" for n in range(100_000))
    truncated = gzip.compress(b"movieId,imdbId,tmdbId\n" + links.encode())[:-20]
    for number, others in enumerate(
        (
            {"links.csv": "url,clicks\nhttps://a,1\n", "tags.csv": ""},
            {"links.csv.gz": truncated, "tags.csv": long},
        )
    ):
        folder = write(tmp_path / str(number), **{"ratings.csv": CSV, **others})
        assert [file.role for file in find_source(str(folder)).files] == ["ratings"]
    line = "1::2::3::978300760\n"
    folder = write(tmp_path / "10m", **{"ratings.dat": line, "movies.dat": "x", "tags.dat": long})
    assert [file.role for file in find_source(str(folder)).files] == ["ratings", "movies"]


def test_compressed_files_of_movielens_are_known_by_their_names(tmp_path: Path) -> None:
    folder = write(tmp_path / "packed", **{"movies.csv": "movieId,title,genres\n"})
    (folder / "ratings.csv.gz").write_bytes(gzip.compress(CSV.encode()))
    source = find_source(str(folder))
    assert [Path(file.path).name for file in source.files] == ["ratings.csv.gz", "movies.csv"]


def test_a_folder_of_parts_is_one_file(tmp_path: Path) -> None:
    folder = write(tmp_path / "parts", **{"part-0.csv": CSV, "part-1.csv": CSV, "_SUCCESS": ""})
    assert find_source(str(folder)).files[0].path == str(folder)
    (folder / "part-1.csv").write_text(CSV.replace("userId,movieId", "movieId,userId"))
    refused(folder, "part-1.csv has other columns than part-0.csv")


def test_parts_read_by_name_need_the_same_columns_and_types(tmp_path: Path) -> None:
    rows = '{"user": 1, "item": 2, "stars": 3}\n', '{"stars": 3, "item": 2, "user": 1, "x": 0}\n'
    folder = write(tmp_path / "json", **{"a.jsonl": rows[0], "b.jsonl": rows[1]})
    assert find_source(str(folder)).files[0].format == "json"
    folder = tmp_path / "parquet"
    folder.mkdir()
    pq.write_table(pa.table({"user": [1], "item": [2], "stars": [3]}), folder / "a.parquet")
    pq.write_table(pa.table({"stars": [3.5], "item": [2], "user": [1]}), folder / "b.parquet")
    refused(folder, "b.parquet has stars as double, and a.parquet as int64: write both alike")
    pq.write_table(pa.table({"item": [2], "user": [1]}), folder / "b.parquet")
    refused(folder, "b.parquet has no column stars, which a.parquet has")


def test_a_part_of_json_lines_may_have_names_that_the_first_lacks(tmp_path: Path) -> None:
    """Spark leaves out null values, and all events may be in the first part."""
    rows = '{"user": 1, "item": 2}\n', '{"user": 2, "item": 3, "rating": 4}\n' * 20
    folder = write(tmp_path / "parts", **{"part-0.json": rows[0], "part-1.json": rows[1]})
    assert find_source(str(folder)).files[0].columns["rating"] == "rating"
    folder = write(tmp_path / "splits", **{"train.json": rows[0], "test.json": rows[1]})
    assert find_source(str(folder)).files[0].columns["rating"] == "rating"
    (folder / "test.json").write_text("[]\n")
    refused(folder, "test.json is not JSON Lines")


def partitioned(folder: Path, *names: str, content: str = CSV) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


def test_columns_in_the_names_of_folders_are_columns(tmp_path: Path) -> None:
    """As Spark writes them with partitionBy: escaped, with hidden files, empty parts and levels."""
    folder = partitioned(
        tmp_path / "p",
        *("rating=4/who%3F=1/part-0.csv", "rating=__HIVE_DEFAULT_PARTITION__/who%3F=2/part-1.csv"),
        content="item,when\n1,978300760\n",
    )
    write(folder, _SUCCESS="", **{"._SUCCESS.crc": "x"})
    write(folder / "rating=4" / "who%3F=1", **{".part-0.csv.crc": "x", "part-9.csv": ""})
    ratings = find_source(str(folder), "user_id=who?, rated_at=when").files[0]
    assert (ratings.format, ratings.path) == ("text", str(folder))
    assert ratings.columns == {
        "user_id": "who?", "movie_id": "item", "rating": "rating", "rated_at": "when"
    }  # fmt: skip


def test_the_only_partition_of_a_folder_is_a_partition(tmp_path: Path) -> None:
    folder = partitioned(tmp_path / "p", "rating=4/part-0.csv", content="user,item\n1,2\n")
    assert find_source(str(folder)).files[0].columns["rating"] == "rating"


@pytest.mark.parametrize(
    ("names", "what"),
    [
        (("year=1/a.csv", "b.csv"), "is partitioned by .* name one of the folders"),
        (("year=1/a.csv", "month=1/b.csv"), "partitioned by (year|month), and .* by"),
        (("year=1/a.csv", "year=1/month=1/b.csv"), "partitioned by year, and .* by year, month"),
        (("year=1/a.csv", "year=2/more/b.csv"), "more is not a folder of a partition"),
        (("year=1/a.csv", "year=/b.csv"), "year= is not a folder of a partition"),
        (("year=1/Year=2/a.csv",), "names a column twice"),
        (("year=1/a.csv", "year=2/b.parquet"), "holds no ratings file with a known name"),
        (("year=1/a.csv", "other/b.csv"), "holds no ratings file with a known name"),
        (("userId=1/a.csv",), "'userId' appears twice"),
        (("_delta_log/0.json", "a.csv"), "is a Delta table"),
    ],
)
def test_partitions_that_differ_are_refused(
    tmp_path: Path, names: tuple[str, ...], what: str
) -> None:
    refused(partitioned(tmp_path / "p", *names), what)


def test_a_part_with_other_columns_or_behind_a_link_is_refused(tmp_path: Path) -> None:
    folder = partitioned(tmp_path / "p", "year=1/a.csv", "year=2/b.csv")
    (folder / "year=2" / "b.csv").write_text("user,item,rating\n")
    refused(folder, "b.csv has other columns than a.csv")
    (folder / "year=3").symlink_to(folder)
    refused(folder, "year=3 is a link to a folder")


def test_too_many_nested_folders_are_refused(tmp_path: Path) -> None:
    inner = tmp_path
    for _ in range(150):  # with more, pytest could not remove it
        inner /= "a"
        inner.mkdir()
    (inner / "ratings.csv").write_text(CSV)
    refused(tmp_path, "has folders nested 100 deep: name the innermost")
    assert find_source(str(inner)).files[0].path == str(inner / "ratings.csv")


def test_the_names_of_movielens_may_have_capitals(tmp_path: Path) -> None:
    folder = write(
        tmp_path, **{"Ratings.csv": "User-ID,ISBN,Book-Rating\na,b,3\n", "Books.csv": "x"}
    )
    assert Path(find_source(str(folder)).files[0].path).name == "Ratings.csv"


def test_a_folder_of_several_tables_is_refused_with_a_remedy(tmp_path: Path) -> None:
    folder = write(tmp_path, **{"a.csv": CSV, "b.csv": "movieId,title\n1,x\n"})
    what = r"b\.csv has other columns than a\.csv: .*only one file .* name this .*DATA=.*/a\.csv$"
    refused(folder, what)
    (folder / "b.csv").rename(folder / "_b.csv")  # hidden
    write(folder, **{"A-movies.csv": "movieId,title\n1,x\n"})
    what = r"files with different content \(A-movies\.csv, a\.csv\): name .*DATA=.*/a\.csv$"
    refused(folder, what)


def test_files_without_a_header_are_parts_only_if_numbers_alone_differ(tmp_path: Path) -> None:
    """Trusted users look like ratings, and a pair of them has as many columns."""
    line = "1 2 3\n2 1 4\n"
    folder = write(tmp_path / "two", **{"ratings_data.txt": line, "trust_data.txt": line})
    refused(folder, r"different content \(ratings_data\.txt, trust_data\.txt\): name the file")
    names = ("part-00000-3f2c9d1e.txt", "part-00001-3f2c9d1e.txt")
    parts = write(tmp_path / "parts", **dict.fromkeys(names, line))
    assert find_source(str(parts)).files[0].path == str(parts)


def test_an_error_about_all_parts_names_their_folder(tmp_path: Path) -> None:
    content = "".join(f"{n % 7},{n % 11},x,{n * 37}\n" for n in range(200))
    names = ("plays_1.csv", "plays_2.csv")
    folder = write(tmp_path / "plays", **dict.fromkeys(names, content))
    refused(folder, f"DATA={folder} COLUMNS='user_id=1, movie_id=2, strength=4'")
    folder = write(tmp_path / "splits", **{"train.csv": content, "test.csv": content})
    refused(folder, f"DATA={folder} COLUMNS='user_id=1, movie_id=2, strength=4'")


def test_a_folder_without_ratings_and_one_with_two_are_refused(tmp_path: Path) -> None:
    refused(write(tmp_path / "none", **{"a.csv": CSV, "b.parquet": "x"}), "holds no ratings")
    refused(write(tmp_path / "two", **{"u.data": "x", "ratings.csv": CSV}), "several ratings files")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "holds no ratings")
