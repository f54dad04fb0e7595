"""Scores that the page computes in a browser without a network, against those of Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.browser import browsed, needs_chromium
from tests.unit.page.fitted_lakes import MOVIES, SHOWN, FittedLake, fitted_lake
from tests.unit.page.opened import open_page, rate, scores_by_title, show_all
from tests.unit.serve.personal_cases import PERSONAL_CASES

pytestmark = needs_chromium
RATINGS = {2: 5, 7: 1, 11: 4, 20: 3, 33: 5}
CASES = {
    "graded": ("als_graded", {}),
    "implicit with alpha": ("als_implicit", {}),
    "implicit with an unobserved weight": (
        "als_implicit",
        {"alpha": None, "unobserved_weight": 0.2},
    ),
    "explicit": ("als_explicit", {}),
    "residual": ("als_residual", {}),
    "events with strengths": ("als_implicit", {"events": True}),
    "graded events": ("als_graded", {"events": True}),
}


@pytest.mark.parametrize("case", CASES)
def test_scores_of_five_ratings_equal_those_of_python(case: str, tmp_path: Path) -> None:
    algorithm, parameters = CASES[case]
    lake = fitted_lake(tmp_path / "lake", algorithm, **parameters)
    ratings = dict.fromkeys(RATINGS, 1) if lake.row["events"] else RATINGS
    with browsed() as page:
        open_page(page, lake, tmp_path)
        for movie, rating in ratings.items():
            rate(page, SHOWN[movie], rating)
        show_all(page)
        found = scores_by_title(page)
    expected = dict(zip(SHOWN, lake.scores(ratings), strict=True))
    assert len(found) == MOVIES - len(ratings)
    for title, score in found.items():
        assert score == pytest.approx(expected[title], abs=1e-3)
    assert list(found) == sorted(found, key=lambda title: -found[title])


@pytest.mark.parametrize("name", PERSONAL_CASES)
def test_a_list_is_personal_if_the_ratings_order_the_movies(name: str, tmp_path: Path) -> None:
    algorithm, ratings, is_personal = PERSONAL_CASES[name]
    lake = fitted_lake(tmp_path / "lake", algorithm)
    with browsed() as page:
        open_page(page, lake, tmp_path)
        for movie, rating in ratings.items():
            rate(page, SHOWN[movie], rating)
        page.get_by_text(f"You rated {len(ratings)} movie").wait_for()
        heading = "For you" if is_personal else "Most popular"
        page.get_by_role("heading", name=heading).wait_for()
        hint = page.get_by_text("To get your own list, rate a movie 4 or higher")
        assert hint.count() == (0 if is_personal else 1)
        assert (page.locator("#list summary").count() > 0) == is_personal


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> FittedLake:
    return fitted_lake(tmp_path_factory.mktemp("graded") / "lake", "als_graded")


def test_a_reason_names_the_ratings_that_add_most(graded: FittedLake, tmp_path: Path) -> None:
    with browsed() as page:
        open_page(page, graded, tmp_path)
        for movie, rating in RATINGS.items():
            rate(page, SHOWN[movie], rating)
        first = page.locator("#list > li").first
        reason = first.locator(".reason").inner_text()
        first.get_by_text("Why?").click()
        first.locator("tfoot").wait_for()
        rows = first.locator("tbody tr").all_inner_texts()
        score = float(first.locator("data").get_attribute("value"))
    parts = [row.split("\t") for row in rows]
    assert reason == f"because you rated {parts[0][0]} and {parts[1][0]}"
    assert {name.rsplit(" ", 1)[0] for name, *_ in parts} == {SHOWN[movie] for movie in RATINGS}
    added = [float(text.replace("\u2212", "-")) for *_, text in parts]
    assert added == sorted(added, reverse=True)
    assert sum(added) == pytest.approx(score, abs=0.003)


def test_without_a_rating_the_list_is_that_of_popularity(
    graded: FittedLake, tmp_path: Path
) -> None:
    with browsed() as page:
        open_page(page, graded, tmp_path)
        page.get_by_role("heading", name="Most popular").wait_for()
        show_all(page)
        counts = _counts(page)
        assert counts == sorted(counts, reverse=True)
        slider = page.get_by_label("Popularity or novelty")
        assert slider.is_disabled()
        rate(page, SHOWN[2], 5)
        page.get_by_role("heading", name="For you").wait_for()
        slider.fill("100")
        page.get_by_role("button", name="Remove all").click()
        page.get_by_role("heading", name="Most popular").wait_for()
        show_all(page)
        assert _counts(page) == counts


def test_the_slider_trades_popularity_against_novelty(graded: FittedLake, tmp_path: Path) -> None:
    with browsed() as page:
        open_page(page, graded, tmp_path)
        rate(page, SHOWN[2], 5)
        means = []
        for value in ("-100", "0", "100"):
            page.get_by_label("Popularity or novelty").fill(value)
            means.append(np.mean(_counts(page)))
    assert means[0] > means[1] > means[2]


def test_filters_keep_titles_of_the_genres_and_years(graded: FittedLake, tmp_path: Path) -> None:
    with browsed() as page:
        open_page(page, graded, tmp_path)
        page.get_by_label("Sci-Fi").check()
        page.get_by_label("Last year").fill("1960")
        notes = page.locator("#list > li .pick-text > .note").all_inner_texts()
        assert len(notes) == 3  # the films of 1952, 1955 and 1958 have three genres
        assert all("Sci-Fi" in note and int(note[:4]) <= 1960 for note in notes)
        page.get_by_label("Last year").fill("1950")
        page.get_by_text("No title fits these filters").wait_for()
        page.get_by_role("button", name="Remove the filters").click()
        assert page.locator("#list > li").count() == 10


def _counts(page: Any) -> list[int]:
    notes = page.locator("#list > li .pick-text > .note").all_inner_texts()
    return [int(note.split(" of ")[1].split()[0]) for note in notes]
