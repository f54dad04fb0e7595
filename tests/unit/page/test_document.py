"""The file of the page: its size, its numbers, its policy, and lakes without a model for it."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import numpy as np
import pytest

from reelhouse.errors import ReelhouseError
from reelhouse.page import document
from reelhouse.page.document import fill_template, quantised, rating_choices
from tests.unit.page.fitted_lakes import fitted_lake
from tests.unit.page.opened import text_of

MEGABYTE = 1_000_000


def test_a_catalogue_of_27000_movies_fits_in_15_megabytes() -> None:
    movies = 27_000
    factors = np.random.default_rng(1).normal(size=(movies, 64)).astype(np.float32)
    content = {
        "titles": ["A title of the length that titles of MovieLens have"] * movies,
        "sourceIds": ["123456"] * movies,
        "years": [1999] * movies,
        "genresOf": [[1, 2, 3, 4]] * movies,
        "counts": [12_345] * movies,
        "means": [3.45] * movies,
        **quantised(factors),
    }
    assert len(fill_template(content).encode()) < 8 * MEGABYTE


def test_a_quantised_factor_is_at_most_half_a_step_away() -> None:
    scales = np.array([1e-3, 1, 50, 0], np.float32)
    factors = np.random.default_rng(1).normal(size=(50, 4)).astype(np.float32) * scales
    found = quantised(factors)
    whole = np.frombuffer(base64.b64decode(found["factors"]), "<i2").reshape(50, 4)
    steps = np.array(found["steps"])
    assert np.all(np.abs(whole * steps - factors) <= 0.51 * steps)
    assert np.all(steps <= scales * 5 / 32767 + 1e-30)


def test_the_policy_allows_no_request_and_only_the_one_script() -> None:
    page = fill_template({"titles": ["</script>", "<!--", "{{ script }}"]})
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy[1]
    assert page.count("</script>") == 2
    content = re.search(r'id="content">(.*?)</script>', page, re.DOTALL)
    assert content
    assert json.loads(content[1])["titles"] == ["</script>", "<!--", "{{ script }}"]


def test_the_scripts_never_write_html() -> None:
    for file in document.SCRIPTS:
        text = file.read_text()
        for name in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert name not in text
        for name in ("fetch(", "XMLHttpRequest", "localStorage", "http://", "https://"):
            assert name not in text.replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize(
    ("scale", "given", "choices"),
    [
        ((1, 5, 1), [1, 5], [1, 2, 3, 4, 5]),
        ((1, 5, None), [1, 2, 5], [1, 2, 5]),
        ((0, 10, 1), [2, 4, 6], [2, 4, 6]),
        ((0, 100, None), list(range(11)), [20, 40, 60, 80, 100]),
    ],
)
def test_a_person_chooses_among_at_most_ten_ratings(
    scale: tuple[float, float, float | None], given: list[float], choices: list[float]
) -> None:
    assert rating_choices(*scale, given) == choices


def test_the_page_names_the_data_without_its_folder(tmp_path: Path) -> None:
    page = text_of(fitted_lake(tmp_path / "lake", "als_graded"))
    assert '"name":"planted"' in page
    assert "/home/" not in page


def test_an_algorithm_of_weights_is_replaced_by_that_of_similar_movies(tmp_path: Path) -> None:
    served = {"ranking": "ease", "similarity": "als_graded"}
    page = text_of(fitted_lake(tmp_path / "lake", "als_graded", served=served))
    assert '"algorithm":"als_graded","ranking":"ease"' in page


def test_an_algorithm_of_als_makes_the_same_lists_as_in_the_lake(tmp_path: Path) -> None:
    served = {"ranking": "als_graded", "similarity": "als_implicit"}
    page = text_of(fitted_lake(tmp_path / "lake", "als_graded", served=served))
    assert '"algorithm":"als_graded","ranking":"als_graded"' in page


def test_without_an_algorithm_of_als_the_error_names_the_remedy(tmp_path: Path) -> None:
    served = {"ranking": "ease", "similarity": "svd"}
    lake = fitted_lake(tmp_path / "lake", "als_graded", served=served)
    with pytest.raises(ReelhouseError, match=r"serves ease, svd: set the var similarity_algorithm"):
        text_of(lake)
