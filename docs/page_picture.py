"""Take docs/page.png, the picture of the page in README.md, from the lake of a default build.

Run as ``.venv/bin/python docs/page_picture.py`` after ``make build``. Needs Debian's chromium.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from reelhouse.commands.page import PAGE, write_page

RATINGS = {"Alien": 5, "Blade Runner": 5, "Fargo": 4, "Babe": 2, "Pulp Fiction": 5}
OUT = Path(__file__).with_name("page.png")


def main() -> None:
    """Write the page of the lake that REELHOUSE_LAKE names, rate movies, and take the picture."""
    write_page()
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.goto(PAGE.as_uri())
        for title, stars in RATINGS.items():
            _rate(page, title, stars)
        page.get_by_text("Why?").first.click()
        page.mouse.move(0, 0)
        page.evaluate("document.activeElement.blur()")
        page.wait_for_timeout(500)
        page.screenshot(path=OUT)
        browser.close()
    print(f"written: {OUT}")


def _rate(page: Page, title: str, stars: int) -> None:
    search = page.get_by_role("searchbox")
    search.fill(title)
    page.locator("#cards > li").first.get_by_role("radio", name=f"{stars} of 5").click()
    search.fill("")


if __name__ == "__main__":
    main()
