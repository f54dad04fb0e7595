"""A keyboard keeps its place in lists that change while a person uses them."""

from __future__ import annotations

from typing import Any

from tests.browser import browsed, change_by_keyboard, needs_chromium, playwright
from tests.unit.explorer.explored_lake import (
    TITLES,
    Server,
    event_tables,
    serving,
    write_explored_lake,
)
from tests.unit.explorer.test_explorer_api import unseen_order
from tests.unit.explorer.visited import rate, settled, visit

pytestmark = needs_chromium
expect = playwright.expect


def test_a_movie_of_the_list_is_rated_before_it_leaves(server: Server) -> None:
    with browsed(server.address) as page:
        visit(page, server, "/you")
        row = page.locator(".list > li").first
        title = row.locator("h3").inner_text()
        row.locator("h3 a").focus()
        page.keyboard.press("Tab")
        for stars in (2, 3, 4, 5):
            page.keyboard.press("ArrowRight")
            expect(row.get_by_role("radio", name=f"{stars} of 5")).to_be_focused()
            page.get_by_role("heading", name="You rated 1 movie").wait_for()
        expect(row.locator("h3")).to_have_text(title)
        page.keyboard.press("Tab")
        page.get_by_role("heading", name="For you").wait_for()
        expect(page.locator(".list h3").filter(has_text=title)).to_have_count(0)
        expect(page.locator(".list :focus")).to_have_count(1)


def test_an_answer_that_comes_late_leaves_the_focus_in_the_list(server: Server) -> None:
    with browsed(server.address) as page:
        visit(page, server, "/you")
        asked: list[Any] = []
        page.route("**/explained", lambda route: asked.append(route), times=1)
        rate(page, TITLES[5], 5)
        row = page.locator(".list > li").first
        title = row.locator("h3").inner_text()
        row.locator("h3 a").focus()
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowRight")
        asked[0].continue_()
        page.get_by_role("heading", name="For you").wait_for()
        rated = page.locator(".list > li").filter(has=page.locator("h3", has_text=title))
        expect(rated.get_by_role("radio", name="2 of 5")).to_be_focused()
        page.keyboard.press("ArrowRight")
        expect(rated.get_by_role("radio", name="3 of 5")).to_be_focused()
        page.keyboard.press("Tab")  # to the button Why?
        expect(rated).to_have_count(1)
        page.keyboard.press("Tab")
        expect(rated).to_have_count(0)


def test_the_focus_stays_in_the_list_of_ratings(server: Server) -> None:
    with browsed(server.address) as page:
        visit(page, server, "/you")
        for number in (5, 6, 7):
            rate(page, TITLES[number], 3)
        rows = page.locator(".rated > li")
        rows.nth(1).locator("a").focus()
        page.keyboard.press("Tab")
        change_by_keyboard(page, rows)
        page.get_by_role("button", name="Remove all").press("Enter")
        expect(page.get_by_role("searchbox")).to_be_focused()


def test_the_focus_stays_in_a_list_of_likes(tmp_path: Any) -> None:
    lake = write_explored_lake(tmp_path / "lake", event_tables())
    with serving(lake) as server, browsed(server.address) as page:
        visit(page, server, "/you")
        page.locator(".list").get_by_role("button", name="Like").first.press("Enter")
        page.get_by_role("heading", name="For you").wait_for()
        expect(page.locator(".list > li").first.get_by_role("button", name="Like")).to_be_focused()
        page.locator(".rated").get_by_role("button", name="Like").press("Enter")
        expect(page.get_by_role("searchbox")).to_be_focused()


def test_the_focus_stays_on_the_page_of_a_person(server: Server) -> None:
    with browsed(server.address) as page:
        visit(page, server, "/people/3")
        page.get_by_label("First algorithm").focus()
        page.keyboard.press("ArrowDown")
        settled(page)
        expect(page.get_by_label("First algorithm")).to_be_focused()
        page.locator(".history ~ .more button").press("Enter")
        expect(page.locator(".history > li").nth(12).locator("a")).to_be_focused()
        page.get_by_label("Why not this one?").fill(TITLES[unseen_order(3)[9] // 10])
        page.locator(".found button").first.press("Enter")
        page.get_by_role("dialog").wait_for()
        page.keyboard.press("Escape")
        expect(page.get_by_label("Why not this one?")).to_be_focused()


def test_without_a_movie_for_the_filters_the_heading_has_the_focus(server: Server) -> None:
    with browsed(server.address) as page:
        for path, heading in {"/people/3": "Recommendations", "/you": "Most popular"}.items():
            visit(page, server, path)
            page.get_by_label("Sci-Fi").check()
            page.get_by_label("Last year").fill("1950")  # the film of 1950 has one genre
            page.get_by_role("button", name="Remove the filters").press("Enter")
            expect(page.get_by_role("heading", name=heading)).to_be_focused()
            expect(page.get_by_label("Sci-Fi")).not_to_be_checked()
