"""The first picture of README shows the figures that README prints."""

from __future__ import annotations

import json
import re

from PIL import Image

from reelhouse.paths import ROOT

RECOMMENDED = re.compile(r"^ +\d+  (\S.*?) +\d\.\d+ +(\d\.\d+)$", re.MULTILINE)
COMPARED = re.compile(r"^([a-z]\w*) +(?:NULL|\d\.\d+) +(\d\.\d+)  \S", re.MULTILINE)


def test_the_picture_has_the_figures_of_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    with Image.open(ROOT / "docs" / "reelhouse.png") as picture:
        drawn = json.loads(picture.info["Description"])
    printed = [(title, float(rating)) for title, rating in RECOMMENDED.findall(readme)]
    recommended = drawn["recommended"]
    assert (
        recommended == [[title, f"{rating:.1f}"] for title, rating in printed][: len(recommended)]
    )
    ndcg = {name: f"{float(value):.3f}" for name, value in COMPARED.findall(readme)}
    assert drawn["ndcg_at_10"].items() <= ndcg.items()
    assert len(drawn["ndcg_at_10"]) > 10
    assert len(recommended) > 5
