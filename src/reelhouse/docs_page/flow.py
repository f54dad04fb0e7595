"""The flow by stage: the stages of the project in the order of the data, and their arrows."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath
from typing import Any, NamedTuple

Arrow = tuple[str, str]


class Flow(NamedTuple):
    """Stages of the project, and the dependencies between them."""

    models: dict[str, list[str]]
    """Stage → unique ids of its models."""
    columns: dict[str, int]
    """Stage → length of the longest path to the stage."""
    arrows: list[Arrow]
    """Pairs of stages: models of the second read models of the first.

    A pair is left out if a path through other stages connects it as well, or if it closes a cycle.
    """


def stage_of(node: dict[str, Any]) -> str:
    """Return the stage of a model: the first folder below `models` or `python_models`.

    A model without such a folder has `models` or `python_models` itself as its stage.
    """
    folders = PurePosixPath(node["original_file_path"]).parts[:-1]
    return folders[min(1, len(folders) - 1)]


def read_flow(manifest: dict[str, Any]) -> Flow:
    """Return the stages in the order of the data."""
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    stages = {node["unique_id"]: stage_of(node) for node in nodes}
    read = {
        (stages[parent], stages[node["unique_id"]])
        for node in nodes
        for parent in node["depends_on"]["nodes"]
        if parent in stages
    }
    arrows = _without_cycles(sorted(read))
    columns = dict.fromkeys(stages.values(), 0)
    for _ in columns:  # no path is longer
        for before, after in arrows:
            columns[after] = max(columns[after], columns[before] + 1)
    # Of stages in one column, a stage that others read comes first.
    readers = Counter(before for before, _ in arrows)
    order = sorted(columns, key=lambda stage: (columns[stage], -readers[stage], stage))
    models = {stage: sorted(m for m, s in stages.items() if s == stage) for stage in order}
    return Flow(models, {stage: columns[stage] for stage in order}, _direct(arrows))


def _without_cycles(arrows: list[Arrow]) -> list[Arrow]:
    """Return the arrows without those that lead back to a stage before."""
    kept: list[Arrow] = []
    for before, after in arrows:
        if before != after and not _reaches(after, before, kept):
            kept.append((before, after))
    return kept


def _direct(arrows: list[Arrow]) -> list[Arrow]:
    """Return the arrows without those that a path of other arrows replaces."""
    return [
        arrow
        for arrow in arrows
        if not _reaches(*arrow, [each for each in arrows if each != arrow])
    ]


def _reaches(start: str, end: str, arrows: list[Arrow]) -> bool:
    """Return whether a path leads from a stage to another one; the arrows have no cycle."""
    nexts = [after for before, after in arrows if before == start]
    return end in nexts or any(_reaches(each, end, arrows) for each in nexts)
