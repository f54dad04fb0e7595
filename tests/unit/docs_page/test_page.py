"""The page of `make docs` in a browser: links, search, keyboard, hostile texts, widths."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reelhouse.docs_page.document import docs_text
from tests.browser import browsed, needs_chromium, playwright
from tests.unit.docs_page.small_project import HOSTILE, small_project

axe = pytest.importorskip("axe_playwright_python.sync_playwright")
pytestmark = needs_chromium
expect = playwright.expect
PAGES = ("", "#/stage/fits", "#/model/lists", "#/model/factors", "#/column/lists/score", "#/x")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    file: Path = tmp_path_factory.mktemp("docs") / "docs.html"
    file.write_text(docs_text(small_project()), encoding="utf-8")
    return file.as_uri()


@pytest.fixture
def page(address: str) -> Iterator[Any]:
    with browsed(viewport={"width": 1400, "height": 900}) as opened:
        opened.goto(address)
        yield opened


def heading(page: Any) -> Any:
    return page.get_by_role("heading", level=1)


def test_one_clicks_from_a_score_back_to_the_raw_rating(page: Any) -> None:
    page.get_by_role("button", name="lists").click()
    page.get_by_role("list", name="Stages").get_by_role("link", name="lists").click()
    page.get_by_role("rowheader").get_by_role("link", name="score").click()
    for column in ("factors.factors", "stg_ratings.rating", "raw_ratings.rating"):
        way = page.get_by_role("link", name=column, exact=True)
        way.first.click()
        expect(heading(page)).to_have_text(column)
    page.get_by_text("files of the data set").wait_for()
    page.get_by_role("link", name="stg_ratings.rating").click()
    expect(heading(page)).to_have_text("stg_ratings.rating")
    page.go_back()
    expect(heading(page)).to_have_text("raw_ratings.rating")


def test_origins_are_the_columns_at_the_start(page: Any, address: str) -> None:
    page.goto(f"{address}#/column/lists/score")
    ways = page.locator(".ways > li")
    assert [way.inner_text().split() for way in ways.all()] == [
        [f"raw_ratings.{name}", f"stg_ratings.{name}", "factors.factors", "lists.score"]
        for name in ("rating", "user_id")
    ]


def test_the_tree_opens_step_by_step(page: Any, address: str) -> None:
    page.goto(f"{address}#/column/lists/score")
    for column in ("factors.factors", "stg_ratings.rating", "raw_ratings.rating"):
        page.get_by_role("button", name=f"Inputs of {column}").press("Enter")
    leaf = page.locator(".tree .leaf", has_text="files of the data set")
    expect(leaf).to_be_visible()
    page.get_by_role("button", name="Inputs of factors.factors").press("Space")
    expect(leaf).to_be_hidden()


def test_search_finds_names_texts_and_tests_with_the_keyboard(page: Any) -> None:
    page.keyboard.press("/")
    page.keyboard.type("score")
    options = page.get_by_role("option")
    expect(options.first).to_contain_text("lists.score")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("lists.score")
    expect(page.get_by_role("listbox")).to_be_hidden()
    box = page.get_by_role("combobox")
    for text, found in [
        ("lists.score", "lists.score"),
        ("lists", "lists"),
        ("no score", "no score is lost"),
        ("vector", "factors.factors"),
        ("def model", "factors"),  # in the source
    ]:
        box.fill(text)
        expect(options.first.locator("code")).to_have_text(found)
    box.fill("zebra")
    page.get_by_text("No table, column or test matches.").wait_for()
    box.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    box.fill("lists")
    box.evaluate("box => box.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }))")
    expect(page.get_by_role("listbox")).to_be_hidden()
    before = page.url
    box.press("Enter")  # no result is visible, so none is followed
    assert page.url == before
    box.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")


def test_the_first_tab_leads_to_the_content(page: Any, address: str) -> None:
    page.goto(f"{address}#/model/lists")
    page.reload()  # the focus is at the start
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    expect(heading(page)).to_have_text("lists")


@pytest.mark.parametrize(
    "place", ["#/model/100%", "#/model/constructor", "#/column/lists/toString"]
)
def test_an_address_of_nothing_says_so(page: Any, address: str, place: str) -> None:
    page.goto(f"{address}{place}")
    page.reload()
    expect(heading(page)).to_have_text("Nothing has this name")


def test_a_model_shows_source_neighbours_and_results_of_tests(page: Any, address: str) -> None:
    page.goto(f"{address}#/model/lists")
    source = page.get_by_role("region", name="As written: lists")
    expect(source).to_have_text("select * from {{ ref('factors') }} -- text")
    page.get_by_role("button", name="Compiled").click()
    expect(page.get_by_role("region", name="Compiled: lists")).to_contain_text("with factors as")
    tests = page.locator(".tests > li")
    assert [test.inner_text().split()[0] for test in tests.all()] == ["failed", "passed", "not"]
    tests.first.locator("summary").click()
    expect(tests.first).to_contain_text("Got 3 results")
    page.get_by_role("button", name="As written").click()
    source.get_by_role("link", name="'factors'").click()
    expect(heading(page)).to_have_text("factors")
    page.get_by_text("These decide which rows the table has").wait_for()
    page.get_by_text("Declared in the YAML", exact=False).first.wait_for(state="detached")


def test_texts_with_markup_stay_text(page: Any, address: str) -> None:
    for path in PAGES:
        page.goto(f"{address}{path}")
        assert "hacked" not in page.title(), path
        assert page.locator("main script, main img").count() == 0, path
    page.goto(f"{address}#/model/raw_ratings")
    expect(page.get_by_role("row", name="rating")).to_contain_text(HOSTILE.replace("`a`", "a"))


@pytest.mark.parametrize("width", [380, 1000, 1400])
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_no_page_is_wider_than_the_screen_and_all_can_be_read(
    address: str, width: int, colours: str
) -> None:
    options = {"viewport": {"width": width, "height": 800}, "color_scheme": colours}
    with browsed(**options) as page:
        for path in PAGES:
            page.goto(f"{address}{path}")
            page.reload()
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            found = axe.Axe().run(page).response["violations"]
            faults = [rule["id"] for rule in found if rule["impact"] in ("serious", "critical")]
            assert faults == [], (path, found)


def test_a_stage_opens_and_closes_with_the_keyboard(page: Any) -> None:
    box = page.get_by_role("button", name=re.compile("^fits"))
    box.focus()
    page.keyboard.press("Enter")
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(box).to_be_focused()
    expect(page.get_by_role("heading", name="Fits")).to_be_visible()
    page.keyboard.press("Space")
    expect(box).to_have_attribute("aria-expanded", "false")
