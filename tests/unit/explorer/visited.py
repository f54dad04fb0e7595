"""What a person does on the pages of the explorer."""

from __future__ import annotations

from typing import Any

from tests.browser import playwright
from tests.unit.explorer.explored_lake import Server

PATHS = (
    *("/", "/people/3", "/people/40", "/movies", "/movies/10", "/you", "/models", "/data"),
    "/lake",
)


def visit(page: Any, server: Server, path: str) -> None:
    """Open a page, and wait until it is complete."""
    page.goto(server.address + path)
    settled(page)


def settled(page: Any) -> None:
    """Wait until nothing on the page is still to come."""
    page.locator("main[aria-busy=false]").wait_for()
    busy = page.locator("main [aria-busy=true]")
    playwright.expect(busy).to_have_count(0, timeout=30_000)  # drawing the plots imports matplotlib


def rate(page: Any, title: str, stars: int) -> None:
    """Search a title on the page You, and give it stars."""
    page.get_by_role("searchbox").fill(title)
    card = page.locator(".rate .cards > li").filter(has_text=title)
    playwright.expect(page.locator(".rate .cards > li")).to_have_count(1)
    card.get_by_role("radio", name=f"{stars} of 5").click()
    page.get_by_role("searchbox").fill("")
