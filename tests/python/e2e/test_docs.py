"""`make docs` in a real browser: no error in the console, and the lineage graph is drawn."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.python.e2e.conftest import ROOT, Lake

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
GRAPH_IS_DRAWN = """
[...document.querySelectorAll("canvas")].some(canvas => {
    if (canvas.width == 0 || canvas.height == 0) return false;
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    return pixels.filter((value, i) => i % 4 == 3 && value > 0).length > 5000;
})
"""


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the PATH")
def test_the_docs_page_opens_and_shows_the_lineage(movielens: Lake) -> None:
    done = subprocess.run(
        ["make", "docs"], cwd=ROOT, env=movielens.environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    page_file = (ROOT / "target" / "docs.html").as_uri()

    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: said.append(f"uncaught: {error}"))

        page.goto(page_file)
        page.get_by_role("heading", name="Reelhouse").wait_for()

        page.goto(f"{page_file}#!/model/model.reelhouse.recommendations")
        page.get_by_text("predicted_rating").first.wait_for()

        page.get_by_title("View lineage graph").click()
        page.wait_for_function(GRAPH_IS_DRAWN)
        page.screenshot(path=str(ROOT / "target" / "docs.png"))
        browser.close()

    assert [line for line in said if not line.startswith(("log", "debug", "info"))] == []
