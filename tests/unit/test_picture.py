"""The pictures of README show the figures that README prints, and the stages of the project."""

from __future__ import annotations

import json
import re
from collections import Counter
from xml.etree import ElementTree

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


def test_the_picture_of_the_stages_has_the_folders_and_their_models() -> None:
    files = [*ROOT.glob("models/*/**/*.sql"), *ROOT.glob("python_models/*/**/*.py")]
    counts = Counter(file.relative_to(ROOT).parts[1] for file in files)
    texts = ElementTree.parse(ROOT / "docs" / "flow.svg").iter("{http://www.w3.org/2000/svg}text")
    names, words, sentences = zip(*zip(*[iter(texts)] * 3, strict=True), strict=True)
    drawn = dict(zip((each.text for each in names), (each.text for each in words), strict=True))
    assert drawn == {stage: f"{count} models" for stage, count in counts.items()}
    blocks = " ".join((ROOT / "docs" / "dbt" / "stages.md").read_text().split())
    for stage, sentence in zip(drawn, sentences, strict=True):
        text = " ".join(" ".join(sentence.itertext()).split())
        assert f"{{% docs stage_{stage} %}} {text} {{% enddocs %}}" in blocks
