"""Updates of a lake: new, late, corrected and removed ratings, and a forgotten user."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT, TINY, Lake

HEADER = "user_id,movie_id,rating,rated_at\n"
FORGOTTEN = 7
UP_TO_INTERACTIONS = (
    *("raw_ratings", "stg_value_formats", "int_rating_scale", "interactions", "movies", "users"),
    *("int_ratings_rejected", "rejected_ratings", "rejected_movies", "rejected_users"),
)
OF_EVALUATION = ("predictions", "model_comparison", "paired_tests", "tuning_trials")


def lines_of_tiny() -> list[str]:
    lines = (TINY / "u.data").read_text(encoding="latin-1").splitlines()
    fields = [line.split("\t") for line in lines]
    return [
        ",".join(values)
        for values in fields
        if len(values) == 4 and all(each.isdecimal() for each in values)
    ]


def write(folder: Path, name: str, lines: list[str]) -> None:
    (folder / name).write_text(HEADER + "\n".join(lines) + "\n")


def rows(lake: Lake, table: str) -> list[str]:
    """Return the rows of a table in one order; equal tables have equal rows."""
    return sorted(json.dumps(row, default=str) for row in lake.table(table).to_pylist())


def factors(lake: Lake, protocol: str) -> dict[tuple[str, str, int], list[float]]:
    return {
        (row["algorithm"], row["side"], row["id"]): row["factors"]
        for row in lake.table("als_factors").to_pylist()
        if row["protocol"] == protocol
    }


def reelhouse(lake: Lake, *arguments: str) -> str:
    done = subprocess.run(
        ["reelhouse", *arguments], cwd=ROOT, env=lake.environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_updates_have_the_ratings_of_a_rebuild_and_keep_its_evaluation(tmp_path):
    data = tmp_path / "parts"
    data.mkdir()
    lines = lines_of_tiny()
    write(data, "1.csv", lines[:400])
    write(data, "2.csv", lines[400:500])
    lake = Lake(tmp_path / "lake", data, "protocols: [random]", tune="no")
    lake.dbt("build", "--exclude-resource-type", "unit_test")
    evaluation = {table: rows(lake, table) for table in OF_EVALUATION}
    fitted, served = factors(lake, "random"), factors(lake, "all")

    # A new file has a new user, a rating older than one that the lake has, and a corrected one.
    user, movie, rating, rated_at = lines[0].split(",")
    late = f"{user},{movie},{6 - int(rating)},{int(rated_at) - 1}"
    user, movie, rating, rated_at = lines[1].split(",")
    corrected = f"{user},{movie},{6 - int(rating)},{int(rated_at) + 1}"
    new_user = [f"900,{movie},{1 + movie % 5},888888888" for movie in range(1, 9)]
    write(data, "3.csv", [*lines[500:], late, corrected, *new_user])
    said = reelhouse(lake, "update")
    assert "published release r2" in said
    assert "files      1 file read (" in said and "instead of" not in said
    assert "with the evaluation of release 1" in said
    listed = {row["user_id"] for row in lake.table("recommendations").to_pylist()}
    assert 900 in listed
    assert {table: rows(lake, table) for table in OF_EVALUATION} == evaluation
    assert factors(lake, "random") == fitted
    assert factors(lake, "all").keys() > served.keys()
    iterations = lake.table("fit_iterations").to_pylist()
    of_update = {row["iteration"] for row in iterations if row["protocol"] == "all"}
    assert of_update == {1, 2}
    assert "no file has changed since release 2" in reelhouse(lake, "update")

    # A file is corrected, another is removed, and a user is forgotten. Plain dbt does the same.
    reelhouse(lake, "forget", str(FORGOTTEN))
    write(data, "2.csv", lines[420:480])
    (data / "1.csv").rename(data / "4.csv")
    plain = Lake(lake.folder, data, "update: true", tune="no")
    os.environ["REELHOUSE_PUBLISH"] = "yes"
    try:
        assert "published release r3" in plain.dbt("build", "--selector", "update")
    finally:
        del os.environ["REELHOUSE_PUBLISH"]
    kept = {key: row for key, row in fitted.items() if key[1:] != ("user", FORGOTTEN)}
    assert factors(lake, "random") == kept
    assert FORGOTTEN not in {row["user_id"] for row in lake.table("interactions").to_pylist()}
    fits = [row for row in lake.table("als_factors").to_pylist() if row["losses"]]
    begun_anew = {len(row["losses"]) > 2 for row in fits if row["protocol"] == "all"}
    assert begun_anew == {True}
    history = json.loads(reelhouse(lake, "history", "--format=json"))
    assert [row["evaluation"] for row in history] == ["r1", "r1", "r1"]

    rebuilt = Lake(tmp_path / "rebuilt", data, tune="no")
    rebuilt.folder.mkdir()
    for name in ("forgotten.txt", "forgotten.key"):
        (rebuilt.folder / name).write_bytes((lake.folder / name).read_bytes())
    rebuilt.dbt("run", "--select", "raw", "staging", "ratings", "path:seeds")
    for table in UP_TO_INTERACTIONS:
        assert rows(lake, table) == rows(rebuilt, table), table
    one, other = (each.table("raw_files").to_pylist() for each in (lake, rebuilt))
    assert one[0]["fingerprint"] == other[0]["fingerprint"]
