"""The page reads files of ratings as `reelhouse recommend` does."""

from __future__ import annotations

import base64
from typing import Any

from reelhouse.page.document import HERE
from reelhouse.serve.rating_files import LARGEST_FILE
from reelhouse.serve.titles import short_title
from reelhouse.web.assets import WEB, as_one_script
from tests.browser import browsed, needs_chromium
from tests.unit.serve.rating_file_cases import CASES, LETTERBOXD, LIKE, MOVIES, Case, text, zipped
from tests.unit.serve.refused_file_cases import REFUSED

pytestmark = needs_chromium
READ = """async ([base64, model]) => {
    try {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        const file = new File([bytes], "my.csv");
        const { ratings, unknown } = await readRatingsFile(file, model);
        return { ratings: [...ratings], unknown };
    } catch (error) {
        return { error: error.message };
    }
}"""


def model(case: Case) -> dict[str, Any]:
    """Return the part of the page's model that files need."""
    scale = {name: case.scale[f"rating_{name}"] for name in ("min", "max", "step")}
    return {
        "sourceIds": [source_id for source_id, *_ in MOVIES],
        "titles": [short_title(title) for _, title, *_ in MOVIES],
        "years": [year for *_, year, _ in MOVIES],
        "counts": [count for *_, count in MOVIES],
        "scale": scale if case.scale["has_ratings"] else None,
    }


def expected(case: Case) -> dict[str, Any]:
    """Return what the page reads: a like has the highest rating or, with events, 1."""
    if case.error:
        return {"error": case.error}
    positions = {source_id: position for position, (source_id, *_) in enumerate(MOVIES)}
    like = case.scale["rating_max"] or 1
    ratings = [
        [positions[movie], like if rating is LIKE else rating]
        for movie, rating in case.ratings.items()
    ]
    return {"ratings": ratings, "unknown": list(case.unknown)}


def read_all(cases: dict[str, Case]) -> dict[str, Any]:
    """Return what the page reads from the files."""
    scripts = [WEB / "widgets.js", WEB / "drop.js", HERE / "titles.js", HERE / "files.js"]
    with browsed() as page:
        page.add_script_tag(content=as_one_script(scripts))
        return {
            name: page.evaluate(READ, [base64.b64encode(case.content).decode(), model(case)])
            for name, case in cases.items()
        }


def test_every_file_has_the_ratings_of_the_table() -> None:
    cases = {**CASES, **REFUSED}
    found, wanted = read_all(cases), {name: expected(case) for name, case in cases.items()}
    for name, case in cases.items():
        error = found[name].get("error", "")
        if case.error and error.startswith("my.csv") and case.error in error:
            found[name] = {"error": case.error}
    assert found == wanted


def test_a_file_that_is_too_large_is_refused() -> None:
    rows = "Alien,5\n" * (LARGEST_FILE // 8)
    found = read_all(
        {
            "too large": text("title,rating\n" + rows),
            "many rows": text("title,rating\n\n" + rows[: 8 * 50_001]),
            "as many rows as may be": text("title,rating\n\n" + rows[: 8 * 50_000]),
            "huge in a zip": zipped({"ratings.csv": LETTERBOXD + "\n" * LARGEST_FILE}),
        }
    )
    assert found == {
        "too large": {"error": "my.csv is larger than 20 MB: keep a part of its rows"},
        "many rows": {
            "error": "my.csv has more than 50,000 rows: leave the rows of one user in it"
        },
        "as many rows as may be": {"ratings": [[0, 5]], "unknown": []},
        "huge in a zip": {
            "error": "ratings.csv in my.csv is larger than 20 MB: unpack it, and keep a part of"
            " its rows"
        },
    }
