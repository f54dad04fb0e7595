"""Read some parts of the ratings: files of a folder, or snapshots of an Iceberg table."""

from __future__ import annotations

import pytest

from reelhouse.errors import ReelhouseError
from reelhouse.ingest.raw_files import file_with_role, list_raw_files
from reelhouse.ingest.readers import read_ratings
from reelhouse.ingest.sources import find_source
from reelhouse.ingest.versions import FILE_VERSION, versions_of, without_old_rows

HEADER = "user,item,rating,time\n"
NAMES = ["a.csv", "b c.csv", "d+e.csv", "f%20g.csv", "h[1].csv", "März.csv"]


@pytest.fixture
def iceberg(spark, tmp_path):
    """Return the name of a new Iceberg catalog."""
    name = f"parts_{tmp_path.name.replace('-', '_')}"
    place = f"spark.sql.catalog.{name}"
    spark.conf.set(place, "org.apache.iceberg.spark.SparkCatalog")
    spark.conf.set(f"{place}.type", "hadoop")
    spark.conf.set(f"{place}.warehouse", (tmp_path / "warehouse").as_uri())
    return name


def folder_of_parts(folder):
    for number, name in enumerate(NAMES):
        lines = f"{number},1,3,978300760\n{number},2,4,978300761\n"
        (folder / name).write_text(HEADER + lines)
    return find_source(str(folder)).files[0]


def rows_of(spark, file):
    return {
        (row["user_id"], row["movie_id"], row[FILE_VERSION])
        for row in read_ratings(spark, file).collect()
    }


def test_every_row_has_the_version_of_its_file(spark, tmp_path):
    file = folder_of_parts(tmp_path)
    versions = versions_of(file, 0)
    expected = {
        (str(number), movie, versions[name])
        for number, name in enumerate(NAMES)
        for movie in ("1", "2")
    }
    assert rows_of(spark, file._replace(parts=versions)) == expected


@pytest.mark.parametrize("chosen", [["a.csv"], ["d+e.csv", "h[1].csv", "März.csv"], []])
def test_only_the_chosen_parts_are_read(spark, tmp_path, chosen):
    file = folder_of_parts(tmp_path)
    versions = versions_of(file, 0)
    parts = {name: versions[name] for name in chosen}
    found = rows_of(spark, file._replace(parts=parts))
    assert {version for *_, version in found} == set(parts.values())
    assert len(found) == 2 * len(chosen)


@pytest.mark.parametrize("suffix", ["csv", "json", "parquet"])
def test_a_part_keeps_the_columns_of_its_folder(spark, tmp_path, suffix):
    import pyarrow as pa
    import pyarrow.parquet as pq

    for day in ("01", "02"):
        folder = tmp_path / f"item={day}"
        folder.mkdir()
        path = folder / f"part.{suffix}"
        if suffix == "csv":
            path.write_text("user,rating\n1,3\n2,4\n")
        elif suffix == "json":
            path.write_text('{"user": "1", "rating": 3}\n{"user": "2", "rating": 4}\n')
        else:
            pq.write_table(pa.table({"user": [1, 2], "rating": [3, 4]}), path)
    file = find_source(str(tmp_path)).files[0]
    versions = versions_of(file, 0)
    name = f"item=02/part.{suffix}"
    found = rows_of(spark, file._replace(parts={name: versions[name]}))
    assert found == {("1", "02", versions[name]), ("2", "02", versions[name])}


def test_fingerprint_and_counts_of_an_update_are_those_of_a_rebuild(spark, iceberg, tmp_path):
    def listed(is_update):
        frame = list_raw_files(
            spark,
            data=str(folder),
            columns="",
            table=f"{iceberg}.db.raw_files",
            is_update=is_update,
        )
        return frame.localCheckpoint()

    folder = tmp_path / "parts"
    folder.mkdir()
    folder_of_parts(folder)
    listed(False).writeTo(f"{iceberg}.db.raw_files").using("iceberg").create()
    (folder / "new.csv").write_text(HEADER + "9,1,5,978300762\n")
    (folder / "a.csv").unlink()
    updated, rebuilt = listed(True), listed(False)
    assert updated.collect() == rebuilt.collect()
    counts = {part["name"]: part["row_count"] for part in updated.first()["parts"]}
    assert counts["new.csv"] == 1
    assert "a.csv" not in counts
    with pytest.raises(ReelhouseError, match=r"another version .* `make build`"):
        file_with_role(updated.drop("parts"), "ratings")


def test_rows_of_changed_and_removed_files_are_deleted(spark, iceberg, tmp_path):
    table = f"{iceberg}.db.raw_ratings"
    folder = tmp_path / "parts"
    folder.mkdir()
    file = folder_of_parts(folder)
    file = file._replace(parts=versions_of(file, 0))
    read_ratings(spark, file).writeTo(table).using("iceberg").create()
    assert without_old_rows(file, table, spark).parts == {}
    assert spark.table(table).count() == 2 * len(NAMES)

    (folder / "a.csv").unlink()
    (folder / "März.csv").write_text(HEADER + "7,7,5,978300760\n")
    versions = versions_of(file, 0)
    changed = without_old_rows(file._replace(parts=versions), table, spark)
    assert changed.parts == {"März.csv": versions["März.csv"]}
    read_ratings(spark, changed).writeTo(table).append()
    assert sorted(spark.table(table).collect(), key=str) == sorted(
        read_ratings(spark, file._replace(parts=versions)).collect(), key=str
    )


def test_an_iceberg_table_is_read_from_its_last_snapshot_on(spark, iceberg):
    name = f"{iceberg}.shop.sales"

    def versions(earlier, forgotten=0):
        return versions_of(file, forgotten, spark=spark, earlier=earlier)

    spark.sql(f"create table {name} (user_id int, movie_id int, rating int) using iceberg")
    file = find_source(f"table:{name}").files[0]
    file = file._replace(columns={each: each for each in ("user_id", "movie_id", "rating")})
    assert list(versions({})) == [""]
    spark.sql(f"insert into {name} values (1, 1, 3), (2, 2, 4)")
    first = versions({})
    assert versions(first) == first
    spark.sql(f"insert into {name} values (3, 3, 5)")
    spark.sql(f"insert into {name} values (4, 3, 5)")
    second = versions(first)
    assert next(iter(second)) == next(iter(first))
    assert len(second) == 2
    added = {part: version for part, version in second.items() if part not in first}
    assert {user for user, *_ in rows_of(spark, file._replace(parts=added))} == {"3", "4"}
    assert len(rows_of(spark, file._replace(parts=second))) == 4

    assert len(versions(second, forgotten=1)) == 1
    spark.sql(f"delete from {name} where user_id = 1")
    third = versions(second)
    assert len(third) == 1
    assert len(rows_of(spark, file._replace(parts=third))) == 3
