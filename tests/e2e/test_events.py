"""A build of events without ratings, from the file to the summary and the report."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from reelhouse.commands import report
from reelhouse.commands.summary import summary_lines
from reelhouse.lake.session import LakeSession
from tests.e2e.conftest import Lake

pytestmark = pytest.mark.slow
NEEDS_RATINGS = "the algorithm needs ratings, and the data has events"


def plays() -> list[tuple[str, str, int, int]]:
    """Return user, song, number of plays and second; users play the songs of their own half."""
    chance = random.Random(0)
    rows = []
    for user in range(60):
        for song in range(40):
            if chance.random() < (0.5 if user % 2 == song % 2 else 0.05):
                rows.append((f"u{user}", f"s{song}", chance.randint(1, 400), 10**9 + user + song))
    return [*rows, *rows[:50]]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    data = tmp_path_factory.mktemp("events") / "plays.tsv"
    lines = ("\t".join(map(str, row)) + "\n" for row in plays())
    data.write_text("listener\tsong\tplays\ttimestamp\n" + "".join(lines))
    columns = "user_id=listener, movie_id=song"
    lake = Lake(tmp_path_factory.mktemp("lake"), data, columns=columns)
    lake.dbt("build", "--exclude-resource-type", "unit_test")
    return lake


def test_events_of_a_pair_add_up(built: Lake) -> None:
    rows = built.table("interactions").to_pylist()
    assert sum(row["event_count"] for row in rows) == len(plays())
    assert sum(row["strength"] for row in rows) == sum(count for _, _, count, _ in plays())
    assert {row["rating"] for row in rows} == {None}
    assert all(row["is_relevant"] for row in rows)
    assert built.table("rejected_ratings").num_rows == 0


def test_lists_suit_the_users_and_predict_no_rating(built: Lake) -> None:
    with LakeSession(built.folder) as session:
        lists = session.execute("""
            select u.source_id, m.source_id, r.predicted_rating from recommendations r
            join users u using (user_id) join movies m using (movie_id) where rank <= 3
        """).fetchall()
    assert {user for user, _, _ in lists} == {user for user, *_ in plays()}
    assert {rating for *_, rating in lists} == {None}
    fitting = [int(user[1:]) % 2 == int(song[1:]) % 2 for user, song, _ in lists]
    assert sum(fitting) / len(fitting) > 0.9


def test_the_comparison_ranks_and_says_why_it_predicts_nothing(built: Lake) -> None:
    rows = built.table("model_comparison").to_pylist()
    compared = {row["algorithm"]: row for row in rows if row["protocol"] == "random"}
    assert compared["als_residual"]["skipped_because"] == NEEDS_RATINGS
    assert compared["als_residual"]["rmse"] is None
    for name in ("als_implicit", "als_graded", "ease", "item_knn"):
        assert compared[name]["skipped_because"] is None
        assert compared[name]["ndcg_at_10"] > compared["popularity"]["ndcg_at_10"]


def test_the_summary_speaks_of_events(built: Lake) -> None:
    with LakeSession(built.folder) as session:
        text = " ".join(" ".join(summary_lines(session)).split())
    assert f"events {len(plays()):,} kept, 0 rejected" in text
    assert "weighted by their strengths" in text
    assert "rating not predicted" in text
    assert text.partition(f"in {built.folder}, ")[2].startswith("release 1 ")


def test_the_report_speaks_of_events_and_plots_no_rating(
    built: Lake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REELHOUSE_LAKE", str(built.folder))
    monkeypatch.setattr(report, "PAGE", tmp_path / "target" / "report.html")
    report.write_report()
    page = report.PAGE.read_text()
    assert f"plays.tsv, {len(plays()):,} events. Lake:" in page
    assert "als_graded" in page
    assert "Precision and recall of lists" in page
    assert "Error of predicted ratings" not in page
