"""Ratings from files that other services exported, and from a file that the page saved."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser import browsed, needs_chromium
from tests.unit.page.fitted_lakes import SHOWN, TITLES, FittedLake, fitted_lake
from tests.unit.page.opened import open_page, rate

pytestmark = needs_chromium
LETTERBOXD = f"""Date,Name,Year,Letterboxd URI,Rating
2024-01-01,"{SHOWN[2]}",1952,https://boxd.it/a,4.5
2024-01-01,"{SHOWN[7]}",1957,https://boxd.it/b,0.5
2024-01-01,"{SHOWN[9]}",1999,https://boxd.it/c,3
2024-01-01,"Unknown, ""the"" film",1960,https://boxd.it/d,3
"""
IMDB = f"""Const,Your Rating,Date Rated,Title,Original Title,Title Type,Year,Genres
tt1,9,2024-01-01,Un film,{SHOWN[2]},Movie,1952,Drama
tt2,1,2024-01-01,{SHOWN[7]},{SHOWN[7]},Movie,1957,Drama
tt3,5,2024-01-01,"Unknown, ""the"" film",,Movie,1960,Drama
"""
MOVIELENS = f"""movie_id,imdb_id,tmdb_id,rating,average_rating,title
2,1,1,4.5,3.5,"{TITLES[2]}"
7,2,2,0.5,3.5,"{TITLES[7]}"
8,3,3,3.0,3.5,"Unknown, ""the"" film (1960)"
"""


def letterboxd_zip(folder: Path) -> Path:
    file = folder / "letterboxd.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("export/watched.csv", "Date,Name\n")
        archive.writestr("export/ratings.csv", LETTERBOXD)
    return file


def text_file(text: str, ends: str = "\n") -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        file = folder / "ratings.csv"
        file.write_text("\ufeff" + text, encoding="utf-8", newline=ends)
        return file

    return write


FILES = {
    "letterboxd": text_file(LETTERBOXD),
    "letterboxd zip": letterboxd_zip,
    "imdb": text_file(IMDB, "\r\n"),
    "movielens": text_file(MOVIELENS),
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> FittedLake:
    return fitted_lake(tmp_path_factory.mktemp("graded") / "lake", "als_graded")


def rated(page: Any) -> dict[str, int]:
    """Return the stars of the titles that the page says were rated."""
    return {
        row.locator("legend").inner_text().removeprefix("Your rating of "): int(
            row.locator(":checked").get_attribute("value")
        )
        for row in page.locator("#rated > li").all()
    }


@pytest.mark.parametrize("name", FILES)
def test_an_exported_file_is_matched_by_title_and_year(
    name: str, graded: FittedLake, tmp_path: Path
) -> None:
    file = FILES[name](tmp_path)
    with browsed() as page:
        open_page(page, graded, tmp_path)
        page.get_by_label("Import").set_input_files(file)
        page.get_by_text(f"2 ratings imported from {file.name}").first.wait_for()
        assert rated(page) == {SHOWN[2]: 5, SHOWN[7]: 1}
        page.get_by_text("not found").click()
        # The film of another year is another film.
        assert 'Unknown, "the" film' in page.locator("#imported").inner_text()
        assert (SHOWN[9] in page.locator("#imported").inner_text()) == name.startswith("letter")


def test_a_saved_file_restores_the_ratings(graded: FittedLake, tmp_path: Path) -> None:
    with browsed(accept_downloads=True) as page:
        open_page(page, graded, tmp_path)
        for movie, stars in {3: 2, 5: 4}.items():
            rate(page, SHOWN[movie], stars)
        with page.expect_download() as saved:
            page.get_by_role("button", name="Save as CSV").click()
        saved.value.save_as(tmp_path / "saved.csv")
        page.reload()
        assert page.locator("#rated > li").count() == 0
        page.get_by_label("Import").set_input_files(tmp_path / "saved.csv")
        page.get_by_text("2 ratings imported").first.wait_for()
        assert rated(page) == {SHOWN[3]: 2, SHOWN[5]: 4}


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", "PK\x03\x04 damaged"])
def test_another_file_is_refused_with_a_reason(
    content: str, graded: FittedLake, tmp_path: Path
) -> None:
    file = tmp_path / "other.csv"
    file.write_text(content)
    with browsed() as page:
        open_page(page, graded, tmp_path)
        page.get_by_label("Import").set_input_files(file)
        expected = (
            "has no ratings.csv, or is damaged"
            if content.startswith("PK")
            else "IMDb or movielens.org"
        )
        page.locator("#imported").get_by_text(expected).wait_for()
        assert page.locator("#rated > li").count() == 0
