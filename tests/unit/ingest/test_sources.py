"""What DATA may name, and what is said when it cannot be read."""

from __future__ import annotations

import bz2
import gzip
import os
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reelhouse.errors import ReelhouseError
from reelhouse.ingest import sources
from reelhouse.ingest.data_set import DataSet, choose_data_set
from reelhouse.ingest.sources import find_source, identity_of

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


@pytest.mark.parametrize(
    ("files", "formats", "scale"),
    [
        (("u.data", "u.item", "u.user"), ["ml_100k"] * 3, (1, 5, 1)),
        (("u.data",), ["ml_100k"], (1, 5, 1)),
        (("ratings.dat", "movies.dat", "users.dat"), ["ml_dat"] * 3, (1, 5, 1)),
        (("ratings.dat", "movies.dat", "tags.dat"), ["ml_dat"] * 2, (0.5, 5, 0.5)),
    ],
)
def test_a_release_is_known_by_its_files(
    tmp_path: Path, files: tuple[str, ...], formats: list[str], scale: tuple[float, ...]
) -> None:
    source = find_source(str(write(tmp_path / "odd-name", **dict.fromkeys(files, "1::2::3::4\n"))))
    assert [file.format for file in source.files] == formats
    assert source.scale == scale


@pytest.mark.parametrize(
    ("ratings", "movies"), [("ratings.csv", "movies.csv"), ("rating.csv", "movie.csv")]
)
def test_the_csv_releases_and_kaggles_are_known(tmp_path: Path, ratings: str, movies: str) -> None:
    folder = write(
        tmp_path,
        **{
            ratings: '"userId","movieId","rating","timestamp"\r\n1,2,4,"2005-04-02 23:53:47"\r\n',
            movies: "movieId,title,genres\n",
            "tags.csv": "userId,movieId,tag,timestamp\n",
        },
    )
    source = find_source(str(folder))
    assert [file.role for file in source.files] == ["ratings", "movies"]
    assert source.files[0].columns == COLUMNS
    assert source.scale == (0.5, 5, 0.5)


def test_a_folder_inside_a_folder_and_a_zip_are_looked_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "DATA", tmp_path / "data")
    write(tmp_path / "outer" / "inner", **{"ratings.csv": CSV})
    assert Path(find_source(str(tmp_path / "outer")).files[0].path).parent.name == "inner"
    with zipfile.ZipFile(tmp_path / "some.zip", "w") as archive:
        archive.writestr("deep/ratings.csv", CSV)
    first = find_source(str(tmp_path / "some.zip"))
    assert first.data == str(tmp_path / "some.zip")
    unpacked = Path(first.files[0].path)
    changed = unpacked.stat().st_mtime_ns
    assert find_source(str(tmp_path / "some.zip")) == first
    assert unpacked.stat().st_mtime_ns == changed


@pytest.mark.parametrize(
    ("name", "content", "separator"),
    [
        ("mine.tsv", "User\tItem\tStars\tDate\n", "\t"),
        ("mine.csv", "user_id;product_id;score;created_at\n", ";"),
        ("mine.txt", "\ufeffcustomer|asin|overall\n", "|"),
    ],
)
def test_usual_names_need_no_mapping(
    tmp_path: Path, name: str, content: str, separator: str
) -> None:
    ratings = find_source(str(write(tmp_path, **{name: content}) / name)).files[0]
    assert (ratings.format, ratings.separator) == ("csv", separator)
    assert list(ratings.columns)[:3] == ["user_id", "movie_id", "rating"]
    assert "\ufeff" not in "".join(ratings.columns.values())


def test_any_names_do_with_a_mapping(tmp_path: Path) -> None:
    file = write(tmp_path, **{"mine.csv": "who,what,how much,when,rating\n"}) / "mine.csv"
    source = find_source(str(file), "user_id=who, movie_id=what, rating=how much, rated_at=when")
    assert source.files[0].columns == {
        "user_id": "who", "movie_id": "what", "rating": "how much", "rated_at": "when"
    }  # fmt: skip
    assert source.scale is None


def test_times_that_are_given_no_column_are_left_out(tmp_path: Path) -> None:
    file = write(tmp_path, **{"mine.csv": "user,item,rating,timestamp\n"}) / "mine.csv"
    assert "rated_at" in find_source(str(file)).files[0].columns
    assert "rated_at" not in find_source(str(file), "rated_at=").files[0].columns


def test_parquet_and_json_lines_are_read_by_their_names(tmp_path: Path) -> None:
    pq.write_table(pa.table({"uid": [1], "iid": [2], "rating": [3.0]}), tmp_path / "a.parquet")
    (tmp_path / "a.jsonl").write_text('{"user": "a", "item": "b", "stars": 4, "x": {}}\n')
    assert find_source(str(tmp_path / "a.parquet")).files[0].columns["user_id"] == "uid"
    assert find_source(str(tmp_path / "a.jsonl")).files[0].columns["rating"] == "stars"


def test_a_folder_of_parts_is_one_file(tmp_path: Path) -> None:
    folder = write(tmp_path / "parts", **{"part-0.csv": CSV, "part-1.csv": CSV, "_SUCCESS": ""})
    assert find_source(str(folder)).files[0].path == str(folder)
    (folder / "part-1.csv").write_text(CSV.replace("userId,movieId", "movieId,userId"))
    refused(folder, "part-1.csv has other columns than part-0.csv")


def test_parts_whose_columns_go_by_name_have_what_is_taken_alike(tmp_path: Path) -> None:
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
        content="item,when\n1,0\n",
    )
    write(folder, _SUCCESS="", **{"._SUCCESS.crc": "x"})
    write(folder / "rating=4" / "who%3F=1", **{".part-0.csv.crc": "x", "part-9.csv": ""})
    ratings = find_source(str(folder), "user_id=who?, rated_at=when").files[0]
    assert (ratings.format, ratings.path) == ("csv", str(folder))
    assert ratings.columns == {
        "user_id": "who?", "movie_id": "item", "rating": "rating", "rated_at": "when"
    }  # fmt: skip


def test_one_partition_is_not_looked_into_as_any_other_folder(tmp_path: Path) -> None:
    folder = partitioned(tmp_path / "p", "rating=4/part-0.csv", content="user,item\n1,2\n")
    assert find_source(str(folder)).files[0].columns["rating"] == "rating"


@pytest.mark.parametrize(
    ("names", "what"),
    [
        (("year=1/a.csv", "b.csv"), "is partitioned by .* name one of the folders"),
        (("year=1/a.csv", "month=1/b.csv"), "partitioned by (year|month), and .* by"),
        (("year=1/a.csv", "year=1/month=1/b.csv"), "partitioned by year, and .* by year, month"),
        (("year=1/a.csv", "year=2/more/b.csv"), "more is no folder of a partition"),
        (("year=1/a.csv", "year=/b.csv"), "year= is no folder of a partition"),
        (("year=1/Year=2/a.csv",), "gives a column twice"),
        (("year=1/a.csv", "year=2/b.parquet"), "holds no ratings that are known"),
        (("year=1/a.csv", "other/b.csv"), "holds no ratings that are known"),
        (("userId=1/a.csv",), "'userId' is there twice"),
        (("_delta_log/0.json", "a.csv"), "is a Delta table"),
    ],
)
def test_partitions_that_differ_are_said(tmp_path: Path, names: tuple[str, ...], what: str) -> None:
    refused(partitioned(tmp_path / "p", *names), what)


def test_a_part_of_another_form_in_a_partition_is_said(tmp_path: Path) -> None:
    folder = partitioned(tmp_path / "p", "year=1/a.csv", "year=2/b.csv")
    (folder / "year=2" / "b.csv").write_text("user,item,rating\n")
    refused(folder, "b.csv has other columns than a.csv")
    (folder / "year=3").symlink_to(folder)
    refused(folder, "year=3 is a link to a folder")


def test_packed_files_of_movielens_are_known_by_their_names(tmp_path: Path) -> None:
    folder = write(tmp_path / "packed", **{"movies.csv": "movieId,title,genres\n"})
    (folder / "ratings.csv.gz").write_bytes(gzip.compress(CSV.encode()))
    source = find_source(str(folder))
    assert [Path(file.path).name for file in source.files] == ["ratings.csv.gz", "movies.csv"]


def test_a_table_of_the_lake_is_left_to_spark() -> None:
    source = find_source("table:raw.events", "user_id=u")
    assert source.files[0].path == "raw.events"
    assert source.files[0].columns == {"user_id": "u"}


@pytest.mark.parametrize("table", ["recommendations", "reelhouse.int_als_fits", "algorithms", ""])
def test_a_table_that_the_build_makes_is_no_source(table: str) -> None:
    with pytest.raises(ReelhouseError, match="the build does not make itself"):
        find_source(f"table:{table}")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("", "is empty"),
        ("\n" + CSV, "starts with a blank line"),
        ("1,31,2.5,1260759144\n", "has no header: its first line is '1,31,2.5,1260759144'. Write"),
        (",0,1,2\n", "no header: .* if these are names, .* COLUMNS='user_id=0, movie_id=1"),
        ("nothing\n", "no header of several columns"),
        ("userId,rating,timestamp\n", r"has the columns userId, rating, timestamp.*movie_id"),
        ("userId,userId,movieId,rating\n", "'userId' is there twice"),
        (CSV.encode("utf-16"), r"is UTF-16: .*iconv"),
        (CSV.encode("utf-16-le"), "no text of lines"),
        (b"\x00\x01\x02\x03\n", "no text of lines"),
        ("é,movieId,rating\n".encode("latin-1"), "not UTF-8"),
        ("a" * (2 << 20), "no text of lines"),
    ],
)
def test_a_header_that_cannot_be_read_is_said(
    tmp_path: Path, content: str | bytes, what: str
) -> None:
    refused(write(tmp_path, **{"ratings.csv": content}) / "ratings.csv", what)


@pytest.mark.parametrize(
    ("columns", "what"),
    [
        ("user_id=nobody", r"COLUMNS names 'nobody', but .* has the columns userId, movieId"),
        ("user=userId", "write which column of the file is which"),
        ("user_id", "write which column of the file is which"),
        ("user_id=", "write which column of the file is which"),
        ("user_id=userId, user_id=movieId", "each once"),
        ("userId=user_id", "it is user_id=userId, ours first"),
        ("user_id=userId, movie_id=userId", "one column two meanings"),
    ],
)
def test_a_wrong_mapping_names_what_there_is(tmp_path: Path, columns: str, what: str) -> None:
    refused(write(tmp_path, **{"ratings.csv": CSV}) / "ratings.csv", what, columns)


def test_a_number_is_a_name_when_columns_or_the_other_names_say_so(tmp_path: Path) -> None:
    """Pandas names columns 0, 1, 2 when nobody else does."""
    folder = write(tmp_path, **{"a.csv": ",0,1,2\n", "b.csv": "user,item,rating,0\n"})
    ratings = find_source(str(folder / "a.csv"), "user_id=0, movie_id=2, rating=1").files[0]
    assert ratings.columns == {"user_id": "0", "movie_id": "2", "rating": "1"}
    assert find_source(str(folder / "b.csv")).files[0].columns["user_id"] == "user"
    refused(folder / "a.csv", "COLUMNS names '3', but .* columns , 0, 1, 2", "user_id=0,movie_id=3")
    refused(folder / "a.csv", "has no header", "user_id=7, movie_id=8, rating=9")


@pytest.mark.parametrize("name", ["ratings.csv", "ratings.csv.gz", "ratings.csv.bz2", "u.data",
                                  "mine.jsonl.gz", "ratings.dat"])  # fmt: skip
@pytest.mark.parametrize("place", ["first", "last"])
def test_a_line_that_fills_the_memory_is_refused(tmp_path: Path, name: str, place: str) -> None:
    pack = {".gz": gzip.compress, ".bz2": bz2.compress}.get(Path(name).suffix, bytes)
    start = b'{"user": 1, "item": 2, "rating": 3}\n' if "json" in name else CSV.encode()
    lines = start * (3 << 20 >> 5) + b"x" * (3 << 20)
    lines = lines if place == "last" else start + b"x" * (3 << 20)
    file = write(tmp_path, **{name: pack(lines)}) / name
    refused(file, r"has a line of more than 1,048,576 bytes at byte [\d,]+, .* a rating a line")


@pytest.mark.parametrize("name", ["parts/b.csv.gz", "ml/movies.csv.gz"])
def test_a_bomb_is_refused(tmp_path: Path, name: str) -> None:
    """The bomb has many short lines, in a part or beside the ratings."""
    file = tmp_path / name
    write(file.parent, **{"ratings.csv" if name.startswith("ml") else "a.csv": CSV})
    header = "movieId,title,genres\n" if name.startswith("ml") else CSV
    file.write_bytes(gzip.compress(header.encode() + b"1,2,3.5,9\n" * (12 << 20)))
    refused(file.parent, r"unpacks [\d,]+ bytes to more than [\d,]+, .* unpack it yourself")


@pytest.mark.parametrize("name", ["ratings.csv.gz", "parts/b.csv.bz2"])
def test_a_packed_file_that_is_cut_is_refused(tmp_path: Path, name: str) -> None:
    pack = {".gz": gzip.compress, ".bz2": bz2.compress}[Path(name).suffix]
    lines = "".join(f"{n},{n * n % 977},3.5,{n**3 % 10007}\n" for n in range(100_000))
    file = tmp_path / name
    write(file.parent, **({"a.csv": CSV} if "parts" in name else {}))
    file.write_bytes(pack((CSV + lines).encode())[:-20])
    refused(file.parent, "is cut or damaged .* fetch it again")


def test_a_path_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    """Here and inside the folder; dbt and Java could not write it down."""
    bad = os.fsdecode(b"caf\xe9")
    folder = write(tmp_path / "in", **{f"{bad}.csv": CSV})
    refused(folder, r"path is not UTF-8: .*caf\\udce9\.csv; rename")
    write(folder, **{"a.csv": CSV})
    refused(folder, "path is not UTF-8")
    refused(write(tmp_path / bad, **{"a.csv": CSV}), r"DATA is not UTF-8: .*caf.*; rename")
    refused(tmp_path / "in" / "a.csv", "COLUMNS is not UTF-8", f"user_id={bad}")


def test_folders_in_one_another_end(tmp_path: Path) -> None:
    inner = tmp_path
    for _ in range(150):  # with more, pytest could not remove it
        inner /= "a"
        inner.mkdir()
    (inner / "ratings.csv").write_text(CSV)
    refused(tmp_path, "holds 100 folders in one another: name the innermost")
    assert find_source(str(inner)).files[0].path == str(inner / "ratings.csv")


def test_a_zip_whose_content_is_refused_does_not_stay_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "DATA", tmp_path / "data")
    with zipfile.ZipFile(tmp_path / "some.zip", "w") as archive:
        archive.writestr("photos/one.jpg", "x")
        archive.writestr("photos/two.jpg", "x")
    refused(tmp_path / "some.zip", r"some\.zip holds no ratings")
    assert list((tmp_path / "data").iterdir()) == []
    with zipfile.ZipFile(tmp_path / "some.zip", "w") as archive:
        archive.writestr("ratings.csv.gz", gzip.compress(CSV.encode())[:-9])
    refused(tmp_path / "some.zip", r"some\.zip/ratings\.csv\.gz is cut or damaged")
    assert list((tmp_path / "data").iterdir()) == []
    with zipfile.ZipFile(tmp_path / "some.zip", "w") as archive:
        archive.writestr("ratings.csv", CSV)
    find_source(str(tmp_path / "some.zip"))
    refused(tmp_path / "some.zip", "COLUMNS names 'x'", "user_id=x")
    assert len(list((tmp_path / "data").iterdir())) == 1  # a lake may be of it


def test_what_is_not_there_names_the_releases(tmp_path: Path) -> None:
    refused(tmp_path / "missing", r"there is no .*missing.* ml-25m")


def test_a_folder_without_ratings_and_one_with_two_are_said(tmp_path: Path) -> None:
    refused(write(tmp_path / "none", **{"a.csv": CSV, "b.parquet": "x"}), "holds no ratings")
    refused(write(tmp_path / "two", **{"u.data": "x", "ratings.csv": CSV}), "several ratings")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "holds no ratings")


def test_unknown_forms_and_false_ones_are_said(tmp_path: Path) -> None:
    write(tmp_path, **{"a.xlsx": "x", "a.parquet": "x", "a.jsonl": "[1, 2]\n"})
    refused(tmp_path / "a.xlsx", "no known format")
    refused(tmp_path / "a.parquet", "no Parquet file")
    refused(tmp_path / "a.jsonl", "not JSON Lines")
    pq.write_table(pa.table({"user": [1], "User": [2]}), tmp_path / "b.parquet")
    refused(tmp_path / "b.parquet", "differ by capitals alone")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_the_right_to_read_is_said(tmp_path: Path) -> None:
    file = write(tmp_path, **{"ratings.csv": CSV}) / "ratings.csv"
    file.chmod(0)
    refused(file, "cannot be read: Permission denied. Give yourself the right")


def test_a_file_that_the_system_does_not_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "ratings.csv").symlink_to("/proc/self/mem")
    refused(tmp_path / "ratings.csv", "cannot be read: Input/output error")
    refused(tmp_path / ("a" * 300), "cannot be read: File name too long")
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    (tmp_path / "outer").mkdir()
    (tmp_path / "outer" / "link").symlink_to(tmp_path / "folder")
    refused(tmp_path / "outer", "link is a link to a folder: name that folder")


def test_a_release_has_one_identity(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sources, "DATA", tmp_path)
    assert identity_of(str(tmp_path / "ml-1m")) == "ml-1m" == identity_of("ml-1m")
    assert identity_of(str(tmp_path / "x" / ".." / "mine.csv")) == str(tmp_path / "mine.csv")


def test_a_lake_has_one_data_set() -> None:
    present = DataSet("ml-1m", "")
    assert choose_data_set("", "", None) == DataSet("ml-100k", "")
    assert choose_data_set("", "", present) == present
    assert choose_data_set("ml-1m", "", present) == present
    with pytest.raises(ReelhouseError, match=r"holds ml-1m, .*ml-25m, .*make clean"):
        choose_data_set("ml-25m", "", present)
    with pytest.raises(ReelhouseError, match="name DATA"):
        choose_data_set("", "user_id=a", present)
    mapped = DataSet("/data/x.csv", "user_id=a")
    assert choose_data_set("/data/x.csv", " user_id = a ", mapped) == mapped
    assert choose_data_set("/data/x.csv", "", mapped) == mapped
    with pytest.raises(ReelhouseError, match=r"holds /data/x\.csv"):
        choose_data_set("/data/x.csv", "user_id=b", mapped)
