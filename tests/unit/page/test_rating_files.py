"""The page reads files of ratings as `reelhouse recommend` does."""

from __future__ import annotations

from typing import Any

from reelhouse.page.document import HERE
from reelhouse.serve.titles import short_title
from tests.browser import browsed, needs_chromium
from tests.unit.serve.rating_file_cases import CASES, LIKE, MOVIES, Case

pytestmark = needs_chromium
READ = """async ([bytes, model]) => {
    try {
        const file = new File([new Uint8Array(bytes)], "my.csv");
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


def test_every_file_has_the_ratings_of_the_table() -> None:
    found, wanted = {}, {name: expected(case) for name, case in CASES.items()}
    with browsed() as page:
        for script in ("titles.js", "files.js"):
            page.add_script_tag(content=(HERE / script).read_text(encoding="utf-8"))
        for name, case in CASES.items():
            read = page.evaluate(READ, [list(case.content), model(case)])
            if case.error and read.get("error", "").startswith("my.csv"):
                read = {"error": case.error if case.error in read["error"] else read["error"]}
            found[name] = read
    assert found == wanted
