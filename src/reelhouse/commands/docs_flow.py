"""The flow by stage for the first page of `make docs`: a picture, and a table of the models."""

from __future__ import annotations

import base64
import html
from collections import Counter
from pathlib import PurePosixPath
from typing import Any, NamedTuple

MARK = "<!-- `make docs` draws the flow by stage here. -->"
"""Place in the overview for the picture and the table."""
STEP, WIDTH, HEIGHT = 122, 110, 46
"""Distance between two columns of the picture, and the size of a box, in pixels."""
ARC = 13
"""Height of an arc for each column that it crosses, in pixels."""


class Flow(NamedTuple):
    """Stages of the project, and the dependencies between them."""

    models: dict[str, list[str]]
    """Stage → unique ids of its models."""
    columns: dict[str, int]
    """Stage → length of the longest path to the stage."""
    arrows: list[tuple[str, str]]
    """Pairs of stages: models of the second read models of the first."""


def with_flow(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return the manifest with the flow by stage in its overview."""
    docs = {
        name: {**doc, "block_contents": doc["block_contents"].replace(MARK, flow_text(manifest))}
        for name, doc in manifest["docs"].items()
    }
    return {**manifest, "docs": docs}


def flow_text(manifest: dict[str, Any]) -> str:
    """Return Markdown with the picture of the stages, and with links to all models."""
    flow = read_flow(manifest)
    image = base64.b64encode(flow_picture(flow).encode()).decode()
    rows = [
        f"| {stage} | {', '.join(f'[{_name(model)}](#!/model/{model})' for model in models)} |"
        for stage, models in flow.models.items()
    ]
    picture = f"![The stages, and how many models each has](data:image/svg+xml;base64,{image})"
    return "\n".join([picture, "", "| stage | models |", "|---|---|", *rows])


def read_flow(manifest: dict[str, Any]) -> Flow:
    """Return the stages in the order of the data; the folder of a model is its stage."""
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    stages = {
        node["unique_id"]: PurePosixPath(node["original_file_path"]).parts[1] for node in nodes
    }
    read = {
        (stages[parent], stages[node["unique_id"]])
        for node in nodes
        for parent in node["depends_on"]["nodes"]
        if parent in stages
    }
    arrows = sorted((before, after) for before, after in read if before != after)
    columns = dict.fromkeys(stages.values(), 0)
    for _ in columns:  # no path is longer
        for before, after in arrows:
            columns[after] = max(columns[after], columns[before] + 1)
    # Of stages in one column, a stage that others read comes first.
    readers = Counter(before for before, _ in arrows)
    order = sorted(columns, key=lambda stage: (columns[stage], -readers[stage], stage))
    models = {stage: sorted(m for m, s in stages.items() if s == stage) for stage in order}
    return Flow(models, {stage: columns[stage] for stage in order}, arrows)


def flow_picture(flow: Flow) -> str:
    """Return an SVG picture: a box per stage, and an arrow per dependency between two stages."""
    top = 20 + ARC * max((flow.columns[b] - flow.columns[a] for a, b in flow.arrows), default=0)
    lanes: dict[int, int] = {}
    boxes = {}
    for stage, column in flow.columns.items():
        lane = lanes[column] = lanes.get(column, -1) + 1
        boxes[stage] = (2 + column * STEP, top + lane * 80)
    width = STEP * (max(flow.columns.values(), default=0) + 1)
    height = max((y for _, y in boxes.values()), default=0) + HEIGHT + 4
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
            f' viewBox="0 0 {width} {height}" font-family="sans-serif" text-anchor="middle">',
            '<marker id="end" orient="auto" markerWidth="7" markerHeight="7" refX="6" refY="3.5"'
            ' markerUnits="userSpaceOnUse"><path d="M0 0 7 3.5 0 7z" fill="#6b7785"/></marker>',
            *(_arrow(boxes[a], boxes[b]) for a, b in flow.arrows),
            *(_box(stage, len(flow.models[stage]), *place) for stage, place in boxes.items()),
            "</svg>",
        ]
    )


def _box(stage: str, count: int, x: int, y: int) -> str:
    middle = x + WIDTH // 2
    return (
        f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="8" fill="#1f6f8b"/>'
        f'<text x="{middle}" y="{y + 20}" font-size="11.5" font-weight="bold" fill="#fff">'
        f"{html.escape(stage)}</text>"
        f'<text x="{middle}" y="{y + 36}" font-size="11" fill="#dbe8ee">'
        f"{count} model{'' if count == 1 else 's'}</text>"
    )


def _arrow(start: tuple[int, int], end: tuple[int, int]) -> str:
    """Return a line between neighbours, an arc above the row, or a curve down to a lower row."""
    (x1, y1), (x2, y2) = start, end
    if y1 != y2:
        x, y = x1 + WIDTH // 2, y1 + HEIGHT
        path = f"M{x} {y}C{x} {y2 + HEIGHT // 2} {x} {y2 + HEIGHT // 2} {x2} {y2 + HEIGHT // 2}"
    elif x2 - x1 == STEP:
        path = f"M{x1 + WIDTH} {y1 + HEIGHT // 2}H{x2}"
    else:
        high = y1 - 4 / 3 * ARC * (x2 - x1) / STEP
        a, b = x1 + WIDTH // 2 + 12, x2 + WIDTH // 2 - 12
        path = f"M{a} {y1}C{a} {high:.0f} {b} {high:.0f} {b} {y2}"
    return f'<path d="{path}" fill="none" stroke="#6b7785" marker-end="url(#end)"/>'


def _name(model: str) -> str:
    return model.rpartition(".")[2]
