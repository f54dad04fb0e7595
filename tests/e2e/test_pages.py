"""`make docs` and `make report` in a real browser: no error in the console, all of it drawn."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

from tests.browser import browsed, needs_chromium
from tests.e2e.conftest import ROOT, Lake

pytestmark = needs_chromium
GRAPH_IS_DRAWN = """
[...document.querySelectorAll("canvas")].some(canvas => {
    if (canvas.width == 0 || canvas.height == 0) return false;
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    return pixels.filter((value, i) => i % 4 == 3 && value > 0).length > 5000;
})
"""
PLOTS_AS_WIDE_AS_HIGH = """
[...document.querySelectorAll("svg")].map(svg => {
    const box = svg.getBoundingClientRect();
    return box.width > 200 && box.height > 100;
})
"""


def make(target: str, lake: Lake) -> str:
    done = subprocess.run(
        ["make", target], cwd=ROOT, env=lake.environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return (ROOT / "target" / f"{target}.html").as_uri()


def test_the_docs_page_opens_and_shows_the_lineage(movielens: Lake) -> None:
    # dbt puts the configuration of raw_files, with the value of REELHOUSE_DATA, into the page.
    hostile = Path("/x</script><script>console.error('run')</script>")
    page_file = make("docs", replace(movielens, data=hostile))
    with browsed() as page:
        page.goto(page_file)
        page.get_by_role("heading", name="Reelhouse").wait_for()

        page.goto(f"{page_file}#!/model/model.reelhouse.recommendations")
        page.get_by_text("predicted_rating").first.wait_for()

        page.get_by_title("View lineage graph").click()
        page.wait_for_function(GRAPH_IS_DRAWN)
        page.screenshot(path=str(ROOT / "target" / "docs.png"))


def test_the_report_shows_every_algorithm_and_draws_every_plot(movielens: Lake) -> None:
    page_file = make("report", movielens)
    with browsed() as page:
        page.goto(page_file)
        text = page.inner_text("body")
        compared = movielens.table("model_comparison").to_pylist()
        for row in compared:
            if row["protocol"] == "random":
                assert row["algorithm"] in text
        drawn = page.evaluate(PLOTS_AS_WIDE_AS_HIGH)
        assert len(drawn) >= 6
        assert all(drawn)
        page.screenshot(path=str(ROOT / "target" / "report.png"), full_page=True)
