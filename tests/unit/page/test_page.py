"""The page for people with a keyboard, on a phone, and with hostile titles."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser import browsed, change_by_keyboard, needs_chromium, playwright
from tests.unit.page.fitted_lakes import MOVIES, SHOWN, FittedLake, fitted_lake
from tests.unit.page.opened import open_page, rate, show_all

pytestmark = needs_chromium
expect = playwright.expect
HOSTILE = [
    "</script><script>document.title = 'hacked'</script>",
    "<img src=x onerror=\"document.title = 'hacked'\">",
    "{{ content }} {{ script }} ${1}",
    "\"Quotes\" & 'apostrophes' &lt; <!-- <script>",
    "]]> \\u003c \u2028 \x07 é 東京",
    "__proto__",
]


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> FittedLake:
    return fitted_lake(tmp_path_factory.mktemp("graded") / "lake", "als_graded")


def test_titles_and_genres_with_markup_stay_text(tmp_path: Path) -> None:
    titles = [*HOSTILE, *(f"Plain {i:02}" for i in range(len(HOSTILE), MOVIES))]
    genres = ("constructor", "<b>Bold</b>", "{{ style }}")
    lake = fitted_lake(tmp_path / "lake", "als_graded", titles=titles, genres=genres)
    with browsed() as page:
        open_page(page, lake, tmp_path)
        rate(page, "Plain 10", 5)
        rate(page, "Quotes", 5)
        show_all(page)
        shown = page.locator("#list h3").all_text_contents()
        assert {*shown, "Plain 10", HOSTILE[3]} == set(titles)
        assert page.locator("#genres label").all_text_contents() == sorted(genres)
        assert page.locator("#rated .rated-title").first.text_content().startswith(HOSTILE[3])
        assert page.title() == "Reelhouse: recommendations"


def test_stars_are_chosen_by_keyboard_and_the_title_waits(
    graded: FittedLake, tmp_path: Path
) -> None:
    with browsed() as page:
        open_page(page, graded, tmp_path)
        row = page.locator("#list > li").first
        title = row.locator("h3").inner_text()
        row.locator("input").first.focus()
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        assert row.locator("h3").inner_text() == title
        assert page.locator("#rated :checked").get_attribute("value") == "4"
        page.keyboard.press("Tab")
        page.get_by_role("heading", name="For you").wait_for()
        assert title not in page.locator("#list h3").all_inner_texts()


def test_the_focus_stays_in_the_list_of_ratings(graded: FittedLake, tmp_path: Path) -> None:
    with browsed() as page:
        open_page(page, graded, tmp_path)
        for movie in (2, 3, 4):
            rate(page, SHOWN[movie], 3)
        rows = page.locator("#rated > li")
        rows.nth(1).locator(":checked").focus()
        change_by_keyboard(page, rows)
        page.keyboard.press("Enter")
        expect(page.get_by_role("searchbox")).to_be_focused()


def test_the_focus_stays_in_a_list_of_likes(tmp_path: Path) -> None:
    lake = fitted_lake(tmp_path / "lake", "als_graded", events=True)
    with browsed() as page:
        open_page(page, lake, tmp_path)
        first = page.locator("#list > li").first
        title = first.locator("h3").inner_text()
        first.get_by_role("button").press("Enter")
        page.get_by_role("heading", name="For you").wait_for()
        assert first.locator("h3").inner_text() != title
        expect(first.get_by_role("button", name="Like")).to_be_focused()


@pytest.mark.parametrize("text", ["!!!", "\N{CLAPPER BOARD}", " ' "])
def test_a_search_without_letters_finds_nothing(
    text: str, graded: FittedLake, tmp_path: Path
) -> None:
    with browsed() as page:
        open_page(page, graded, tmp_path)
        page.get_by_role("searchbox").fill(text)
        page.get_by_text("None of the 40 movies has this title.").wait_for()
        page.get_by_role("searchbox").fill("  ")
        expect(page.locator("#cards > li")).to_have_count(12)


def test_a_second_click_on_a_star_takes_the_rating_back(graded: FittedLake, tmp_path: Path) -> None:
    with browsed() as page:
        open_page(page, graded, tmp_path)
        star = page.locator("#cards > li").first.get_by_role("radio", name="4 of 5")
        star.click()
        page.get_by_text("You rated 1 movie").wait_for()
        star.click()
        page.get_by_text("You rated").wait_for(state="hidden")
        assert not star.is_checked()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [380, 1400])
def test_nothing_is_wider_than_the_window(
    width: int, scheme: str, graded: FittedLake, tmp_path: Path
) -> None:
    viewport = {"width": width, "height": 800}
    with browsed(viewport=viewport, color_scheme=scheme) as page:
        open_page(page, graded, tmp_path)
        rate(page, SHOWN[2], 5)
        page.get_by_text("Why?").first.click()
        assert page.evaluate("document.documentElement.scrollWidth") == width
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        is_dark = sum(map(int, background.strip("rgb()").split(", "))) < 200
        assert is_dark == (scheme == "dark")


def test_every_field_and_button_has_a_name(graded: FittedLake, tmp_path: Path) -> None:
    with browsed() as page:
        open_page(page, graded, tmp_path)
        rate(page, SHOWN[2], 5)
        controls = page.locator("input:visible, button:visible").all()
        names = [control.aria_snapshot() for control in controls]
    assert len(names) > 50
    assert [name for name in names if '"' not in name.replace('""', "")] == []


def test_a_title_that_is_no_candidate_can_be_rated_and_is_not_listed(
    graded: FittedLake, tmp_path: Path
) -> None:
    with browsed() as page:
        open_page(page, graded, tmp_path, condition="release_year <> 1952")
        show_all(page)
        assert SHOWN[2] not in page.locator("#list h3").all_inner_texts()
        rate(page, SHOWN[2], 5)
        page.get_by_text("You rated 1 movie").wait_for()
