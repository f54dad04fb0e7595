"""A page in Debian's chromium, without a network, that has nothing to complain of at the end."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the PATH")


@contextmanager
def browsed(
    address: str | None = None, *, requests_fail: bool = False, **options: Any
) -> Iterator[Any]:
    """Open an empty page; at its end, fail if it wrote to the console or asked for another file.

    ``address`` is that of a server on this machine, which the page may ask; without one, there is
    no network. With ``requests_fail``, failed requests are no complaint. ``options`` are those of a
    browser context, such as ``viewport``.
    """
    allowed = ("file:", "blob:", "data:", *([f"{address}/"] if address else []))
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_context(
            offline=address is None, reduced_motion="reduce", **options
        ).new_page()
        page.set_default_timeout(10_000)
        said: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: said.append(f"uncaught: {error}"))
        page.on("request", lambda request: asked.append(request.url))
        yield page
        browser.close()
    if requests_fail:
        said = [line for line in said if not line.startswith("error: Failed to load resource")]
    assert [line for line in said if not line.startswith(("log", "debug", "info"))] == []
    assert [url for url in asked if not url.startswith(allowed)] == []


def change_by_keyboard(page: Any, rows: Any) -> None:
    """Change three ratings of 3 whose second row has the focus; check that the focus stays."""
    page.keyboard.press("ArrowRight")
    playwright.expect(rows.nth(1).get_by_role("radio", name="4 of 5")).to_be_focused()
    rows.nth(1).get_by_role("radio", name="4 of 5").click()  # takes the rating back
    playwright.expect(rows).to_have_count(2)
    playwright.expect(rows.nth(1).get_by_role("radio", name="3 of 5")).to_be_focused()
    rows.first.get_by_role("button", name="Remove").press("Enter")
    playwright.expect(rows).to_have_count(1)
    playwright.expect(rows.first.get_by_role("button", name="Remove")).to_be_focused()
