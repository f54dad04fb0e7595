"""The walk through the explorer in a real browser, with a check of accessibility on the way."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser import browsed, needs_chromium, playwright
from tests.unit.explorer.explored_lake import GENRES, TITLES, Server
from tests.unit.explorer.visited import PATHS, rate, settled, visit

axe = pytest.importorskip("axe_playwright_python.sync_playwright")
pytestmark = needs_chromium


def serious_findings(page: Any) -> list[tuple[str, str, Any]]:
    """Return the rules of axe-core that the page breaks seriously, and where."""
    return [
        (rule["id"], rule["impact"], [node["html"][:200] for node in rule["nodes"][:3]])
        for rule in axe.Axe().run(page).response["violations"]
        if rule["impact"] in ("serious", "critical")
    ]


def test_from_a_person_to_a_query(server: Server) -> None:
    with browsed(server.address) as page:
        visit(page, server, "/")
        page.get_by_label("Id of a person").fill("u3")
        page.get_by_role("link", name="Person u3 ").or_(
            page.get_by_role("link", name="Person u3")
        ).first.click()
        page.get_by_role("heading", name="Person u3").wait_for()
        settled(page)
        before = page.locator(".picks-grid h3").all_text_contents()
        page.get_by_label(GENRES[2]).check()
        playwright.expect(page.locator(".picks-grid h3")).not_to_have_text(before)
        assert serious_findings(page) == []

        title = page.locator(".picks-grid h3").first.locator(".hidden").text_content()
        page.locator(".picks-grid h3 a").first.click()
        page.get_by_role("heading", level=1, name=title).wait_for()
        settled(page)
        page.get_by_role("heading", name="Ratings").wait_for()
        assert serious_findings(page) == []

        page.get_by_role("link", name="You", exact=True).click()
        page.get_by_role("heading", name="Most popular").wait_for()
        for number, stars in {5: 5, 8: 4, 11: 1, 14: 5, 20: 3}.items():
            rate(page, TITLES[number], stars)
        page.get_by_role("heading", name="You rated 5 movies").wait_for()
        page.get_by_role("heading", name="For you").wait_for()
        first = page.locator(".list > li").first
        assert first.locator(".reason").inner_text().startswith("Because you rated")
        first.get_by_role("button", name="Why?").click()
        dialog = page.get_by_role("dialog")
        rows = dialog.locator("tbody tr").all_inner_texts()
        assert {row.split("\t")[0].rsplit(" ", 1)[0] for row in rows} >= {TITLES[5], TITLES[14]}
        assert serious_findings(page) == []
        page.keyboard.press("Escape")
        dialog.wait_for(state="hidden")

        page.get_by_role("link", name="Lake").click()
        page.get_by_role("heading", name="Ask in SQL").wait_for()
        page.get_by_label("$user").fill("3")
        page.get_by_role("button", name="Run").click()
        page.get_by_text("5 rows in").wait_for()
        assert serious_findings(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_serious_fault_of_accessibility(server: Server, scheme: str) -> None:
    with browsed(server.address, color_scheme=scheme) as page:
        for path in PATHS:
            visit(page, server, path)
            assert serious_findings(page) == [], path


@pytest.mark.parametrize("width", [380, 1400])
def test_no_page_is_wider_than_the_window(server: Server, width: int) -> None:
    with browsed(server.address, viewport={"width": width, "height": 800}) as page:
        for path in PATHS:
            visit(page, server, path)
            assert page.evaluate("document.documentElement.scrollWidth") == width, path


def test_every_example_of_the_query_box_runs(server: Server) -> None:
    with browsed(server.address) as page:
        visit(page, server, "/lake")
        examples = page.locator(".examples button")
        assert examples.count() > 3
        for example in examples.all():
            example.click()
            playwright.expect(page.locator(".result")).to_have_attribute("aria-busy", "false")
            page.locator(".result table.rows").wait_for()
