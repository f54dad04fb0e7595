"""What Back shows: the page as it was left, without a dialog of the page that was left."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser import browsed, needs_chromium, playwright
from tests.unit.explorer.explored_lake import GENRES, TITLES, Server
from tests.unit.explorer.test_explorer_api import unseen_order
from tests.unit.explorer.visited import settled, visit

pytestmark = needs_chromium
expect = playwright.expect
WAIT = 500
"""Milliseconds after which an entry of the history has what the page keeps."""


def left_and_back(page: Any, link: str = "Data") -> None:
    """Follow a link, and go back."""
    page.wait_for_timeout(WAIT)
    other = page.get_by_role("navigation").get_by_role("link", name=link, exact=True)
    other.evaluate("link => link.click()")  # a click of Playwright would scroll to the link
    expect(other).to_have_attribute("aria-current", "page")
    settled(page)
    page.go_back()
    expect(other).not_to_have_attribute("aria-current", "page")
    settled(page)


def test_a_dialog_is_closed(server: Server) -> None:
    with browsed(server.address) as page:
        visit(page, server, "/")
        page.locator(".person a").first.click()
        page.get_by_role("button", name="Why?").first.click()
        page.get_by_role("dialog").wait_for()
        page.go_back()
        page.get_by_role("heading", name="Whose list").wait_for()
        expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_dialog_that_comes_too_late_is_not_opened(server: Server) -> None:
    with browsed(server.address) as page:
        asked: list[Any] = []
        page.route("**/why/*", lambda route: asked.append(route))
        visit(page, server, "/")
        page.locator(".person a").first.click()
        page.get_by_label("Why not this one?").fill(TITLES[unseen_order(3)[9] // 10])
        page.locator(".found button").first.click()
        page.go_back()
        page.get_by_role("heading", name="Whose list").wait_for()
        settled(page)
        asked[0].continue_()
        page.wait_for_timeout(WAIT)
        expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_search_of_people_stays(server: Server) -> None:
    with browsed(server.address) as page:
        visit(page, server, "/")
        page.get_by_label("Id of a person").fill("u3")
        page.get_by_role("heading", name="starts with u3").wait_for()
        left_and_back(page)
        expect(page.get_by_label("Id of a person")).to_have_value("u3")
        page.get_by_role("heading", name="starts with u3").wait_for()
        page.go_forward()
        page.get_by_role("heading", name="The data").wait_for()


def test_a_search_of_movies_and_its_filters_stay(server: Server) -> None:
    with browsed(server.address) as page:
        visit(page, server, "/movies")
        page.get_by_role("searchbox").fill("Film")
        page.get_by_label(GENRES[2]).check()
        page.get_by_label("Last year").fill("1970")
        settled(page)
        titles = page.locator(".cards h3 .hidden")
        shown = titles.all_text_contents()
        page.wait_for_timeout(WAIT)
        page.locator(".cards a").first.click()
        page.get_by_role("heading", level=1, name=shown[0]).wait_for()
        page.go_back()
        page.get_by_role("heading", level=1, name="Movies").wait_for()
        settled(page)
        expect(page.get_by_role("searchbox")).to_have_value("Film")
        expect(page.get_by_label(GENRES[2])).to_be_checked()
        expect(page.get_by_label("Last year")).to_have_value("1970")
        assert titles.all_text_contents() == shown
        page.get_by_role("navigation").get_by_role("link", name="Movies").click()
        expect(page.get_by_role("searchbox")).to_have_value("")


def test_the_lists_of_a_person_stay(server: Server) -> None:
    with browsed(server.address) as page:
        visit(page, server, "/people/3")
        page.get_by_label("Popularity or novelty").fill("100")
        settled(page)
        page.get_by_label("Order").select_option("worst")
        settled(page)
        page.locator(".history ~ .more button").click()
        page.get_by_label("First algorithm").select_option("popularity")
        settled(page)
        lists = page.locator(".picks-grid, .history, .two-lists")
        shown = lists.all_inner_texts()
        left_and_back(page)
        assert lists.all_inner_texts() == shown
        expect(page.get_by_label("Popularity or novelty")).to_have_value("100")


def test_the_page_you_stays(server: Server) -> None:
    with browsed(server.address) as page:
        visit(page, server, "/you")
        page.get_by_role("button", name="Show other movies").click()
        page.get_by_role("button", name="Show more").click()
        page.get_by_label(GENRES[1]).check()
        page.get_by_role("button", name="Show more").click()
        settled(page)
        shown = page.locator("main h3").all_text_contents()
        left_and_back(page)
        assert page.locator("main h3").all_text_contents() == shown
        page.get_by_role("searchbox").fill("Film 07")
        expect(page.locator(".rate .cards > li")).to_have_count(1)
        left_and_back(page)
        expect(page.locator(".rate .cards > li")).to_have_count(1)


def test_a_query_stays(server: Server) -> None:
    with browsed(server.address) as page:
        visit(page, server, "/lake")
        page.get_by_label("One SELECT statement").fill("select $a")
        page.get_by_label("$a").fill("5")
        left_and_back(page)
        expect(page.get_by_label("One SELECT statement")).to_have_value("select $a")
        expect(page.get_by_label("$a")).to_have_value("5")


def test_the_page_is_scrolled_to_where_it_was(server: Server) -> None:
    with browsed(server.address, viewport={"width": 800, "height": 500}) as page:
        for path in ("/people/3", "/movies", "/models"):
            visit(page, server, path)
            page.evaluate("scrollTo(0, document.body.scrollHeight)")
            before = page.evaluate("scrollY")
            assert before > 500
            left_and_back(page, "Lake")
            for _ in range(50):  # parts of the page may still be added
                if abs(page.evaluate("scrollY") - before) < 2:
                    break
                page.wait_for_timeout(100)
            assert page.evaluate("scrollY") == pytest.approx(before, abs=2)
            page.get_by_role("navigation").get_by_role("link", name="You").click()
            page.get_by_role("heading", name="Most popular").wait_for()
            assert page.evaluate("scrollY") == 0
