"""`make docs`, `make report` and `make page` in a real browser: no error, all of it drawn."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reelhouse.algorithms.als import settings_from_row
from reelhouse.als import fold_in
from reelhouse.explorer.app import create_explorer
from reelhouse.explorer.lists import Filters, computed_list
from reelhouse.explorer.predictions import predicted_ratings
from reelhouse.explorer.state import LakeState
from reelhouse.explorer.user_lists import ratings_of_user
from reelhouse.serve.titles import short_title
from tests.browser import browsed, needs_chromium
from tests.e2e.conftest import ROOT, Lake
from tests.unit.explorer.explored_lake import serving
from tests.unit.page.opened import rate, scores_by_title

pytestmark = needs_chromium
CLICK = """
address => {
    const started = performance.now();
    document.querySelector(`main a[href="${address}"]`).click();
    return new Promise(resolve => addEventListener("hashchange", () =>
        requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - started))),
        { once: true }));
}
"""
"""Click a link of the page of `make docs`; return the milliseconds until the next page is drawn."""
PLOTS_AS_WIDE_AS_HIGH = """
[...document.querySelectorAll("svg")].map(svg => {
    const box = svg.getBoundingClientRect();
    return box.width > 200 && box.height > 100;
})
"""


def make(target: str, lake: Lake, page: str = "") -> str:
    done = subprocess.run(
        ["make", target], cwd=ROOT, env=lake.environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return (ROOT / "target" / f"{page or target}.html").as_uri()


def test_the_docs_page_traces_every_column(movielens: Lake) -> None:
    (ROOT / "target").mkdir(exist_ok=True)
    results = movielens.folder / "target" / "run_results.json"
    shutil.copy(results, ROOT / "target" / results.name)
    # Compiled Python models have the value of REELHOUSE_DATA.
    hostile = Path("/x</script><script>console.error('run')</script>")
    page_file = make("docs", replace(movielens, data=hostile))
    assert not (ROOT / "target" / "index.html").exists(), "dbt's page, which is empty on disk"
    assert (ROOT / "target" / "docs.html").stat().st_size < 5_000_000
    with browsed(viewport={"width": 1400, "height": 1000}) as page:
        page.goto(page_file)
        content = page.evaluate("content")
        models = content["models"]
        assert {name: model["fault"] for name, model in models.items() if model["fault"]} == {}
        for name, model in models.items():
            types = {column["name"]: column["type"] for column in model["columns"]}
            if name in movielens.tables():
                assert list(types) == movielens.table(name).column_names, name
                assert all(types.values()), name
        data_tests = [test for test in content["tests"] if test["kind"] == "data"]
        assert {test.get("status") for test in data_tests} == {"pass"}
        page.screenshot(path=str(ROOT / "target" / "docs.png"))

        way = ["raw_ratings.rating", *way_to_score(page)]
        times = [page.evaluate(CLICK, "#/stage/recommendations")]
        times.append(page.evaluate(CLICK, "#/model/recommendations"))
        for column in reversed(way):
            times.append(page.evaluate(CLICK, f"#/column/{column.replace('.', '/')}"))
        assert page.locator("h1").inner_text() == "raw_ratings.rating"
        page.get_by_text("files of the data set").wait_for()
        print(f"clicks of the docs page, ms: {[round(each) for each in times]}")
    with serving(movielens.folder) as server, browsed(server.address) as page:
        page.goto(f"{server.address}/lake")
        page.get_by_role("button", name="recommendations", exact=False).filter(
            has=page.get_by_text("recommendations", exact=True)
        ).click()
        for table in ("int_recommendations_reranked", "int_recommendations_ranked", "movies"):
            page.get_by_role("dialog").get_by_role("button", name=table, exact=True).click()
            page.get_by_role("dialog").get_by_role("heading", name=table, exact=True).wait_for()
        with page.context.expect_page() as opened:
            page.get_by_role("link", name="Where its columns come from").click()
        opened.value.get_by_role("heading", level=1, name="movies").wait_for()


def way_to_score(page: Any) -> list[str]:
    """Return the columns from that after `raw_ratings.rating` to `recommendations.score`."""
    way = page.evaluate("waysBack(['recommendations', 'score']).map(way => way.map(inputText))")
    (found,) = (steps for steps in way if steps[-1] == "raw_ratings.rating")
    return list(reversed(found[:-1]))


def test_the_report_shows_every_algorithm_and_draws_every_plot(movielens: Lake) -> None:
    page_file = make("report", movielens)
    with browsed() as page:
        page.goto(page_file)
        text = page.inner_text("body")
        compared = movielens.table("model_comparison").to_pylist()
        for row in compared:
            if row["protocol"] == "random":
                assert row["algorithm"] in text
        drawn = page.evaluate(PLOTS_AS_WIDE_AS_HIGH)
        assert len(drawn) >= 6
        assert all(drawn)
        page.screenshot(path=str(ROOT / "target" / "report.png"), full_page=True)
        paper = page.pdf(prefer_css_page_size=True)
        boxes = re.findall(rb"MediaBox \[(.*?)\]", paper)
        assert {tuple(round(float(end)) for end in box.split()) for box in boxes} == {
            (0, 0, 595, 842)  # A4 in points
        }


def python_scores(lake: Lake, ratings: dict[str, float]) -> dict[str, float]:
    """Return the score of each title that a new user did not rate, by a fold-in in Python."""
    served = {row["use"]: row["algorithm"] for row in lake.table("served_algorithms").to_pylist()}
    chosen = {"algorithm": served["similarity"], "protocol": "all"}
    row = next(
        row for row in lake.table("int_fit_plan").to_pylist() if row.items() >= chosen.items()
    )
    factors = {
        row["id"]: row["factors"]
        for row in lake.table("als_factors").to_pylist()
        if row.items() >= {**chosen, "side": "movie"}.items()
    }
    titles = {
        row["movie_id"]: short_title(row["title"]) for row in lake.table("movies").to_pylist()
    }
    rated = {movie: ratings[title] for movie, title in titles.items() if title in ratings}
    is_graded = row["feedback"] == "graded"
    values = {
        movie: min((rating - 1) / 3, 1) if is_graded else 1
        for movie, rating in rated.items()
        if is_graded or rating >= 4
    }
    ids = np.array(sorted(factors))
    matrix = np.array([factors[movie] for movie in ids], np.float32)
    settings = settings_from_row(row, "cholesky")
    user = fold_in(settings, ids, matrix, np.array([*values]), np.array([*values.values()]))
    scores = zip(ids, matrix @ user, strict=True)
    return {titles[movie]: score for movie, score in scores if movie not in rated}


def test_the_page_recommends_to_a_new_user_without_a_network(movielens: Lake) -> None:
    ratings = {"Alien": 5, "Blade Runner": 5, "Fargo": 4, "Babe": 2, "Pulp Fiction": 5}
    page_file = make("page", movielens, "reelhouse")
    assert (ROOT / "target" / "reelhouse.html").stat().st_size < 8_000_000
    with browsed(viewport={"width": 1400, "height": 1000}) as page:
        page.goto(page_file)
        for title, rating in ratings.items():
            rate(page, title, rating)
        found = scores_by_title(page)
        page.mouse.move(0, 0)
        page.screenshot(path=str(ROOT / "target" / "page.png"))
    expected = python_scores(movielens, ratings)
    best = sorted(expected, key=lambda title: -expected[title])[: len(found)]
    assert list(found) == best
    assert list(found.values()) == pytest.approx([expected[title] for title in best], abs=1e-3)


def test_the_lists_of_the_explorer_are_those_of_the_tables(movielens: Lake) -> None:
    app = create_explorer(movielens.folder)
    with closing(LakeState(movielens.folder, app.state.current)) as state:
        stored = state.rows(
            "select user_id, list(movie_id order by rank) as movies,"
            " list(predicted_rating order by rank) as ratings from recommendations"
            " where strategy = 'personal' group by user_id order by user_id limit 50"
        )
        for row in stored:
            ratings = ratings_of_user(state, row["user_id"])
            picks = computed_list(state, ratings, Filters()).picks
            assert [pick.movie.movie_id for pick in picks[: len(row["movies"])]] == row["movies"]
            predicted = predicted_ratings(state, row["user_id"], row["movies"])
            found = [predicted[movie_id] for movie_id in row["movies"]]
            assert found == pytest.approx(row["ratings"], abs=1e-6)
    assert len(stored) == 50


@pytest.mark.slow
def test_clicks_in_the_explorer_are_timed(movielens: Lake, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "clicks", "--data", movielens.folder]
    done = subprocess.run(
        [*command, "--out", tmp_path], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "| rate a movie | 60 |" in done.stdout
    assert json.loads((tmp_path / "clicks.json").read_text())["actions"]["all clicks"]["times"] > 60
