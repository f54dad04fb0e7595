"""What a person does on the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reelhouse.lake.session import LakeSession
from reelhouse.page.document import page_text
from tests.unit.page.fitted_lakes import FittedLake


def text_of(lake: FittedLake, condition: str = "true") -> str:
    """Return the page of a lake."""
    with LakeSession(lake.folder) as session:
        return page_text(session, protocol="random", item_word="movie", condition=condition)


def open_page(page: Any, lake: FittedLake, folder: Path, **options: Any) -> None:
    """Write the page of a lake, and open it from disk."""
    file = folder / "reelhouse.html"
    file.write_text(text_of(lake, **options), encoding="utf-8")
    page.goto(file.as_uri())


def rate(page: Any, title: str, rating: float) -> None:
    """Search a title, and give it some of the stars; like it if the page has no stars."""
    page.get_by_role("searchbox").fill(title)
    card = page.locator("#cards > li").first
    star = card.get_by_role("radio", name=f"{rating:g} of ", exact=False)
    (star if star.count() else card.get_by_role("button")).click()
    page.get_by_role("searchbox").fill("")


def show_all(page: Any) -> None:
    """Make the list as long as it gets."""
    while page.get_by_role("button", name="Show more").is_visible():
        page.get_by_role("button", name="Show more").click()


def scores_by_title(page: Any) -> dict[str, float]:
    """Return the scores in the list, in its order."""
    return {
        row.locator("h3").inner_text(): float(row.locator("data").get_attribute("value"))
        for row in page.locator("#list > li").all()
    }
