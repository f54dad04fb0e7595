"""Train, validation and test files of a folder, and the splits that a column names."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reelhouse.errors import ReelhouseError
from reelhouse.ingest.given_splits import SPLIT_OF_WORD, find_splits
from reelhouse.ingest.raw_files import file_with_role, list_raw_files
from reelhouse.ingest.sources import find_source
from reelhouse.paths import ROOT
from tests.unit.ingest.ratings_files import CSV, refused, write
from tests.unit.ingest.reading import ratings_of

LINE = "1\t2\t3\t978300760\n"


def splits_of(folder: Path, *names: str) -> dict[str, tuple[str, int]]:
    return find_splits(write(folder, **dict.fromkeys(names, "x")))


@pytest.mark.parametrize(
    ("train", "validation", "test"),
    [
        ("u1.base", None, "u1.test"),
        ("ua.base", None, "ua.test"),
        ("r1.train", None, "r1.test"),
        ("train.txt", "valid.txt", "test.txt"),
        ("Train.CSV", "val.csv", "TEST.csv"),
        ("ratings_train.csv", "ratings_validation.csv", "ratings_test.csv"),
        ("train-ratings.tsv", "dev-ratings.tsv", "test-ratings.tsv"),
        ("ml-100k.train.inter", "ml-100k.valid.inter", "ml-100k.test.inter"),
        ("ml-1m.train.rating", None, "ml-1m.test.rating"),
        ("train.csv.gz", None, "test.csv.gz"),
        ("train_3.dat", None, "test_3.dat"),
        ("train", None, "test"),
        ("training.csv", "dev.csv", "testing.csv"),
        ("user-ratings-train-v1_0.txt", None, "user-ratings-test-v1_0.txt"),
        ("train_2023.csv", "valid_new.csv", "test_2024.csv"),
        ("base.csv", None, "dev_test.csv"),
    ],
)
def test_a_name_may_have_the_word_of_a_split(
    tmp_path: Path, train: str, validation: str | None, test: str
) -> None:
    names = [name for name in (train, validation, test) if name]
    found = splits_of(tmp_path, *names, "readme.txt", "movies.csv", "latest.csv", "trainers.csv")
    expected = {train: ("train", 0), test: ("test", 0)}
    if validation:
        expected[validation] = ("validation", 0)
    assert found == expected
    assert next(iter(found)) == train


def test_numbers_in_the_names_are_folds_in_their_order(tmp_path: Path) -> None:
    names = [f"u{n}.{end}" for n in (10, 2, 1) for end in ("test", "base")]
    found = splits_of(tmp_path, *names)
    assert [(name, fold) for name, (_, fold) in found.items()] == [
        ("u1.base", 0), ("u1.test", 0), ("u2.base", 1),
        ("u2.test", 1), ("u10.base", 2), ("u10.test", 2),
    ]  # fmt: skip
    found = splits_of(tmp_path / "words", "train_fold0.csv", "test_fold0.csv", "train_fold1.csv",
                      "test_fold1.csv")  # fmt: skip
    assert found["test_fold1.csv"] == ("test", 1)


def test_a_split_may_have_several_shards(tmp_path: Path) -> None:
    names = ("train-00000-of-00002", "train-00001-of-00002", "test-00000-of-00001")
    found = splits_of(tmp_path, *(f"{name}.parquet" for name in names))
    assert found == {
        "train-00000-of-00002.parquet": ("train", 0),
        "train-00001-of-00002.parquet": ("train", 0),
        "test-00000-of-00001.parquet": ("test", 0),
    }


@pytest.mark.parametrize(
    "names",
    [
        ("train.csv",),
        ("train.csv", "valid.csv"),
        ("test.csv", "ratings_2020.csv"),
        ("trained.csv", "contest.csv"),
        ("train.py", "test.py"),
        (".train.csv", "_test.csv"),
    ],
)
def test_without_a_train_and_a_test_file_there_are_no_splits(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    assert splits_of(tmp_path, *names) == {}


@pytest.mark.parametrize(
    "names",
    [
        ("u1.base", "u1.test", "ua.base", "ua.test"),
        ("ua.base", "ua.test", "ub.base", "ub.test"),
        ("u1.base", "u1.test", "u2.base"),
        ("train1.csv", "train2.csv", "test.csv"),
        ("train.csv", "train.csv.gz", "test.csv"),
        ("train.csv", "test.csv", "ratings_test.csv"),
    ],
)
def test_a_mixture_of_splits_is_refused_with_its_files(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    with pytest.raises(ReelhouseError, match="files of more than one split") as raised:
        splits_of(tmp_path, *names)
    assert all(name in str(raised.value) for name in names)
    assert "leave only one train file" in str(raised.value)
    assert "COLUMNS='split=', which reads all files" in str(raised.value)


def test_the_message_about_a_mixture_repeats_the_columns_that_were_named(tmp_path: Path) -> None:
    folder = write(tmp_path, **dict.fromkeys(("train1.csv", "train2.csv", "test.csv"), CSV))
    refused(folder, "COLUMNS='user_id=userId, split='", "user_id=userId")
    assert find_source(str(folder), "user_id=userId, split=").files


def test_a_folder_of_movielens_folds_has_movies_and_the_scale(tmp_path: Path) -> None:
    folder = write(tmp_path, **{"u1.base": LINE, "u1.test": LINE, "u.item": "x", "u.user": "x"})
    source = find_source(str(folder))
    assert [file.role for file in source.files] == ["ratings", "movies", "users"]
    assert (source.scale, source.guess) == ((1, 5, 1), "")
    assert source.files[0].splits == {"u1.base": ("train", 0), "u1.test": ("test", 0)}


def test_the_files_of_one_split_are_preferred_to_the_whole_and_those_of_several_are_not(
    tmp_path: Path,
) -> None:
    files = dict.fromkeys(("u.data", "u.item", "u1.base", "u1.test"), LINE)
    source = find_source(str(write(tmp_path, **files)))
    assert source.files[0].splits == {"u1.base": ("train", 0), "u1.test": ("test", 0)}
    assert [file.role for file in source.files] == ["ratings", "movies"]
    whole = str(tmp_path / "u.data")
    assert find_source(str(tmp_path), "split=").files[0].path == whole
    write(tmp_path, **{"ua.base": LINE, "ua.test": LINE})
    assert find_source(str(tmp_path)).files[0].path == whole


def nested(folder: Path, *names: str) -> Path:
    for name in names:
        write((folder / name).parent, **{(folder / name).name: CSV})
    return folder


def test_the_files_of_folders_named_after_splits_are_those_of_the_splits(tmp_path: Path) -> None:
    names = ("train/part-00000.csv", "train/part-00001.csv", "valid/a.csv", "test/part-00000.csv")
    folder = nested(tmp_path / "in", *names, "docs/readme.txt", "movies.csv")
    write(folder / "train", _SUCCESS="", empty="")
    (folder / "movies.csv").write_text("movieId,title\n")
    source = find_source(str(folder))
    assert source.files[0].splits == {
        "train/part-00000.csv": ("train", 0),
        "train/part-00001.csv": ("train", 0),
        "valid/a.csv": ("validation", 0),
        "test/part-00000.csv": ("test", 0),
    }
    assert [file.role for file in source.files] == ["ratings", "movies"]
    assert find_source(str(tmp_path)).files[0].splits == source.files[0].splits


def test_one_folder_for_each_split_may_have_any_other_words(tmp_path: Path) -> None:
    names = ("train_2023/a.csv", "train_2023/b.csv", "test_2024/a.csv")
    splits = find_source(str(nested(tmp_path, *names))).files[0].splits
    assert splits == dict(zip(names, (("train", 0), ("train", 0), ("test", 0)), strict=True))


def test_the_files_of_splits_in_folders_may_have_the_name_of_a_release(tmp_path: Path) -> None:
    for folder in ("train", "test"):
        write(tmp_path / folder, **{"u.data": LINE})
    source = find_source(str(tmp_path))
    assert (source.scale, list(source.files[0].splits)) == (
        (1, 5, 1), ["train/u.data", "test/u.data"]
    )  # fmt: skip


def test_folders_may_be_folds(tmp_path: Path) -> None:
    names = [f"fold{n}/{word}.csv" for n in (2, 10) for word in ("train", "test")]
    assert find_source(str(nested(tmp_path, *names))).files[0].splits == {
        "fold2/train.csv": ("train", 0),
        "fold2/test.csv": ("test", 0),
        "fold10/train.csv": ("train", 1),
        "fold10/test.csv": ("test", 1),
    }


def test_the_rows_of_a_folder_have_its_split(spark, tmp_path: Path) -> None:
    for folder, user in (("train set", 1), ("test set", 2)):
        content = f"user,item,rating\n{user},5,3\n{user},6,3\n"
        write(tmp_path / folder, **{"part-0.csv": content})
    write(tmp_path / "train set", **{"part 1+.csv": "user,item,rating\n3,5,3\n"})
    rows = ratings_of(spark, tmp_path, names=("user_id", "split", "fold", "file"))
    assert sorted(set(rows)) == [
        ("1", "train", "0", "part-0.csv"),
        ("2", "test", "0", "part-0.csv"),
        ("3", "train", "0", "part 1+.csv"),
    ]


def test_movies_beside_splits_are_found(tmp_path: Path) -> None:
    files = {"train.csv": CSV, "test.csv": CSV, "movies.csv": "movieId,title\n"}
    assert find_source(str(write(tmp_path, **files))).file("movies") is not None


def test_splits_with_other_columns_or_formats_are_refused(tmp_path: Path) -> None:
    other = CSV.replace("userId,movieId", "movieId,userId")
    folder = write(tmp_path / "columns", **{"train.csv": CSV, "test.csv": other})
    refused(folder, r"test\.csv has other columns than train\.csv: .* name this file as DATA")
    folder = write(tmp_path / "formats", **{"train.csv": CSV, "test.csv": '{"user": 1}\n'})
    refused(folder, r"test\.csv has another format than train\.csv")


def test_columns_can_ignore_the_names_of_files(tmp_path: Path) -> None:
    folder = write(tmp_path, **{"train.csv": CSV, "test.csv": CSV})
    assert find_source(str(folder)).files[0].splits
    assert not find_source(str(folder), "split=").files[0].splits


def test_the_rows_of_a_file_have_its_split_and_fold(spark, tmp_path: Path) -> None:
    files = {
        f"{word}_{fold}.csv": f"user,item,rating,split\n{word},{fold},3,other\n"
        for word in ("train", "test")
        for fold in (1, 2)
    }
    write(tmp_path, **files, **{"notes_1.csv": "user,item,rating\nx,y,3\n"})
    names = ("user_id", "movie_id", "split", "fold")
    assert sorted(ratings_of(spark, tmp_path, names=names)) == [
        ("test", "1", "test", "0"),
        ("test", "2", "test", "1"),
        ("train", "1", "train", "0"),
        ("train", "2", "train", "1"),
    ]


@pytest.mark.parametrize("format", ["txt", "jsonl", "parquet"])
def test_splits_of_every_format_are_read(spark, tmp_path: Path, format: str) -> None:
    for user, word in enumerate(("train", "test")):
        file = tmp_path / f"{word}.{format}"
        if format == "txt":
            file.write_text(f"{user} 1 3\n{user} 2 4\n")
        elif format == "jsonl":
            row = f'{{"user": {user}, "item": 1, "rating": 3}}\n'
            file.write_text(2 * row)
        else:
            pq.write_table(pa.table({"user": [user] * 2, "item": [1, 2], "rating": [3, 4]}), file)
    columns = "user_id=1, movie_id=2, rating=3" if format == "txt" else ""
    rows = ratings_of(spark, tmp_path, columns, names=("user_id", "split", "fold", "file"))
    expected = [("0", "train", "0", f"train.{format}"), ("1", "test", "0", f"test.{format}")]
    assert sorted(set(rows)) == expected
    assert len(rows) == 4


def test_a_column_gives_the_split(spark, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("user,item,rating,subset,half\na,b,3,Train,x\n")
    names = ("split", "fold")
    assert ratings_of(spark, tmp_path / "mine.csv", names=names) == [("Train", None)]
    assert ratings_of(spark, tmp_path / "mine.csv", "split=half", names) == [("x", None)]
    assert ratings_of(spark, tmp_path / "mine.csv", "split=", names) == [(None, None)]


def test_a_column_has_the_words_of_files() -> None:
    """The word base is left out, since a column named set may have a base set."""
    macro = (ROOT / "macros" / "casts" / "split_of.sql").read_text()
    branches = re.findall(r"in \(([^)]*)\)\s+then '(\w+)'", macro)
    words = {word: split for listed, split in branches for word in re.findall(r"'(\w+)'", listed)}
    assert words | {"base": "train"} == SPLIT_OF_WORD


def test_raw_files_keeps_the_splits(spark, tmp_path: Path) -> None:
    write(tmp_path, **{"train.csv": f"{CSV}2,3,4,0\n", "test.csv": CSV})
    raw_files = list_raw_files(spark, data=str(tmp_path), columns="", table="no_such_table")
    file = file_with_role(raw_files, "ratings")
    assert file._replace(parts=None) == find_source(str(tmp_path)).files[0]
