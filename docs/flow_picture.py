"""Draw docs/flow.svg, the picture of the stages in README.md.

Run as ``.venv/bin/python docs/flow_picture.py``; it needs no build.
"""

from __future__ import annotations

import html
import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import NamedTuple

from reelhouse.docs_page.flow import read_flow
from reelhouse.paths import ROOT

OUT = Path(__file__).with_name("flow.svg")
WIDTH, HEIGHT, GAP, ROW_GAP = 151, 146, 18, 32
"""Sizes of a box, and the gaps between columns and rows, in the pixels of a page of GitHub."""
LINE = 20
"""Number of characters in a line of a box."""
PLACES = {
    **{name: (column, 0) for column, name in enumerate(("raw", "staging", "ratings", "splits"))},
    "tuning": (4, 0),
    **{"fits": (4, 1), "recommendations": (3, 1), "evaluation": (2, 1), "exploration": (1, 1)},
}
"""Stage → its column and row."""
STYLE = """
text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f1b17 }
.name { font-size: 13.5px; font-weight: 700 }
.count { fill: #665e55 }
rect { fill: #fffdfb; stroke: #b8afa3 }
path { fill: none; stroke: #8a8178; stroke-width: 1.5 }
"""


class Box(NamedTuple):
    """The left upper corner of a box."""

    x: int
    y: int


def main() -> None:
    """Parse the project, and write the picture."""
    folder = ROOT / "target" / "lint"
    dbt = Path(sys.executable).with_name("dbt")
    command = [dbt, "--quiet", "parse", "--target-path", folder]
    subprocess.run(command, cwd=ROOT, check=True)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    OUT.write_text(picture(manifest), encoding="utf-8")
    print(f"written: {OUT}")


def picture(manifest: dict) -> str:
    """Return the picture as SVG."""
    flow = read_flow(manifest)
    boxes = {
        stage: Box(1 + column * (WIDTH + GAP), 1 + row * (HEIGHT + ROW_GAP))
        for stage, (column, row) in PLACES.items()
    }
    texts = {
        stage: manifest["docs"][f"doc.reelhouse.stage_{stage}"]["block_contents"]
        for stage in flow.models
    }
    width = max(box.x for box in boxes.values()) + WIDTH + 1
    height = max(box.y for box in boxes.values()) + HEIGHT + 1
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
            f' viewBox="0 0 {width} {height}" role="img">',
            f"<title>The stages of Reelhouse</title><style>{STYLE}</style>",
            *(_arrow(boxes[before], boxes[after]) for before, after in flow.arrows),
            *(
                _box(stage, len(models), texts[stage].strip(), boxes[stage])
                for stage, models in flow.models.items()
            ),
            "</svg>\n",
        ]
    )


def _box(stage: str, count: int, text: str, box: Box) -> str:
    lines = textwrap.wrap(text, LINE)
    spans = "".join(
        f'<tspan x="{box.x + 8}" dy="{15 if place else 0}">{html.escape(line)}</tspan>'
        for place, line in enumerate(lines)
    )
    return (
        f'<rect x="{box.x}" y="{box.y}" width="{WIDTH}" height="{HEIGHT}" rx="8"/>'
        f'<text class="name" x="{box.x + 8}" y="{box.y + 22}">{html.escape(stage)}</text>'
        f'<text class="count" x="{box.x + 8}" y="{box.y + 38}">'
        f"{count} model{'' if count == 1 else 's'}</text>"
        f'<text x="{box.x + 8}" y="{box.y + 56}">{spans}</text>'
    )


def _arrow(start: Box, end: Box) -> str:
    """Return a line between neighbours in a row, or from a row to the next."""
    middle = start.y + HEIGHT // 2
    if start.y != end.y:
        x, y = start.x + WIDTH // 2, start.y + HEIGHT
        target = end.x + WIDTH // 2
        line = f"M{x} {y}v{ROW_GAP // 2}H{target}V{end.y}m-5 -5l5 5l5 -5"
    elif end.x > start.x:
        line = f"M{start.x + WIDTH} {middle}H{end.x}m-5 -5l5 5l-5 5"
    else:
        line = f"M{start.x} {middle}H{end.x + WIDTH}m5 -5l-5 5l5 5"
    return f'<path d="{line}"/>'


if __name__ == "__main__":
    main()
