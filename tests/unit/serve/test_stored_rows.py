"""Stored lists are JSON, whatever the texts and numbers of a table are."""

import json

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog

from reelhouse.serve.recommender import read_snapshot
from reelhouse.serve.stored_rows import json_of_key
from tests.unit.serve.served_lake import lake_of

ODD = 'Amélie "A\\B" </script> \n\t\x00 東京 {{ }}'


def test_a_list_keeps_every_text_and_has_null_for_what_is_no_number(tmp_path):
    lake, _ = lake_of(tmp_path / "lake", "als_graded")
    with SqlCatalog("lake", uri=f"sqlite:///{lake}/catalog.db") as catalog:
        table = catalog.load_table("reelhouse.recommendations")
        schema = table.schema().as_arrow()
        table.overwrite(
            pa.Table.from_pylist(
                [
                    {"user_id": 7, "rank": 2, "movie_id": 2**53 + 1, "title": None, "score": 0.1},
                    {"user_id": 7, "rank": 1, "movie_id": 20, "title": ODD, "score": float("nan")},
                    {"user_id": 2**40, "rank": 1, "movie_id": 20, "score": float("inf")},
                ],
                schema,
            )
        )
    lists = {
        name.removeprefix("recommendations."): array
        for name, array in read_snapshot(lake).arrays.items()
        if name.startswith("recommendations.")
    }
    missing = {"reason": None, "predicted_rating": None}
    assert json.loads(json_of_key(lists, 7)) == [
        {"rank": 1, "movie_id": 20, "title": ODD, "score": None, **missing},
        {"rank": 2, "movie_id": 2**53 + 1, "title": None, "score": 0.1, **missing},
    ]
    assert [row["score"] for row in json.loads(json_of_key(lists, 2**40))] == [None]
    for unknown in (6, 8, -1, 2**63, -(2**70)):
        assert json_of_key(lists, unknown) == b""


def test_a_table_without_rows_has_no_list(tmp_path):
    lake, _ = lake_of(tmp_path / "lake", "als_graded")
    with SqlCatalog("lake", uri=f"sqlite:///{lake}/catalog.db") as catalog:
        catalog.load_table("reelhouse.similar_movies").delete()
    arrays = read_snapshot(lake).arrays
    names = ("key", "json", "starts")
    assert json_of_key({name: arrays[f"similar_movies.{name}"] for name in names}, 10) == b""
