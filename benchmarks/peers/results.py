"""Medians over rounds, ratios to Reelhouse, and the printed tables."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple

OURS = "reelhouse"
PHASES = ("pack", "iteration", "recommend_all", "total")
QUALITIES = ("rmse", "ndcg", "objective")
TOLERANCE = 0.01
"""Relative difference from which a quality counts as different."""

Row = dict[str, Any]


class Run(NamedTuple):
    """One fit of a system: seconds by phase, and the peak of its process in MB."""

    feedback: str
    system: str
    version: str
    seconds: dict[str, float]
    peak_mb: float


def summarise(
    runs: Iterable[Run],
    qualities: dict[tuple[str, str], dict[str, float | None]],
    facts: dict[str, int],
) -> list[Row]:
    """Return a row per feedback, system and phase.

    ``seconds`` and ``peak_mb`` are medians of the rounds; ``rounds`` has the seconds of each. The
    total counts ``facts["iterations"]`` iterations. ``ratio_to_reelhouse`` is the seconds of the
    system divided by those of Reelhouse.
    """
    groups: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        groups.setdefault((run.feedback, run.system), []).append(run)
    rows = []
    for (feedback, system), rounds in groups.items():
        for phase in PHASES:
            seconds = [_seconds(run, phase, facts["iterations"]) for run in rounds]
            known = [each for each in seconds if each is not None]
            if known:
                rows.append(
                    {
                        "system": system,
                        "version": rounds[0].version,
                        "feedback": feedback,
                        "phase": phase,
                        "seconds": round(median(known), 6),
                        "ratio_to_reelhouse": None,
                        "rounds": [round(each, 6) for each in known],
                        "peak_mb": round(median(run.peak_mb for run in rounds)),
                        **qualities[feedback, system],
                        **facts,
                    }
                )
    _add_ratios(rows)
    return rows


def _seconds(run: Run, phase: str, iterations: int) -> float | None:
    if phase != "total":
        return run.seconds.get(phase)
    if "recommend_all" not in run.seconds:
        return None
    fitting = run.seconds["pack"] + iterations * run.seconds["iteration"]
    return fitting + run.seconds["recommend_all"]


def _add_ratios(rows: list[Row]) -> None:
    ours = {(row["feedback"], row["phase"]): row["seconds"] for row in rows if _is_ours(row)}
    for row in rows:
        seconds = ours.get((row["feedback"], row["phase"]))
        if seconds and not _is_ours(row):
            row["ratio_to_reelhouse"] = round(row["seconds"] / seconds, 2)


def _is_ours(row: Row) -> bool:
    return bool(row["system"] == OURS)


def fastest_peers(rows: Sequence[Row]) -> list[Row]:
    """Return the row of the fastest other system for each feedback and phase."""
    fastest: dict[tuple[str, str], Row] = {}
    for row in rows:
        key = row["feedback"], row["phase"]
        if (
            not _is_ours(row)
            and row["seconds"] < fastest.get(key, {"seconds": math.inf})["seconds"]
        ):
            fastest[key] = row
    return list(fastest.values())


def differences(rows: Sequence[Row]) -> list[str]:
    """Describe each quality of a peer that differs from Reelhouse's by more than ``TOLERANCE``."""
    ours = {row["feedback"]: row for row in rows if _is_ours(row)}
    found: dict[str, None] = {}  # ordered, and without repetitions for the phases
    for row in rows:
        for name in QUALITIES:
            value, own = row[name], ours[row["feedback"]][name]
            if value is None or own is None or abs(value / own - 1) <= TOLERANCE:
                continue
            found[
                f"{row['feedback']}, {row['system']}: {_LABELS[name]} differs from Reelhouse's by"
                f" {100 * (value / own - 1):+.1f} %"
            ] = None
    return list(found)


_LABELS = {"rmse": "RMSE", "ndcg": "NDCG@10", "objective": "the objective"}


def parse_libmf_curve(output: str) -> list[float]:
    """Return the RMSE of held-out ratings after each iteration from what LIBMF prints.

    Its table has the columns iter, tr_rmse, va_rmse and obj.
    """
    lines = [line.split() for line in output.splitlines()]
    (head,) = (i for i, words in enumerate(lines) if words[:1] == ["iter"])
    column = lines[head].index("va_rmse")
    steps = itertools.takewhile(lambda words: words and words[0].isdigit(), lines[head + 1 :])
    return [float(words[column]) for words in steps]


def rows_of_equal_rmse(rows: Sequence[Row], curves: Mapping[str, Sequence[float]]) -> list[Row]:
    """Return a row per explicit system: when it reached the lowest RMSE that all of them reach.

    ``curves`` has the RMSE of each system after 1, 2, … iterations, Reelhouse first. The seconds
    are those of packing and of the iterations that were needed.
    """
    error = max(min(curve) for curve in curves.values())
    found: list[Row] = []
    for system, curve in curves.items():
        phases = {
            row["phase"]: row
            for row in rows
            if row["system"] == system and row["feedback"] == "explicit"
        }
        needed = next(i for i, each in enumerate(curve, start=1) if each <= error)
        seconds = phases["pack"]["seconds"] + needed * phases["iteration"]["seconds"]
        found.append(
            {
                **phases["pack"],
                "phase": "equal_rmse",
                "seconds": round(seconds, 6),
                "rounds": [],
                "iterations_needed": needed,
                "unclipped_rmse": round(error, 5),
            }
        )
    _add_ratios(found)
    return found


def table(rows: Sequence[Row]) -> str:
    """Return the table of seconds, with the ratio to Reelhouse in parentheses, and qualities."""
    heads = ["feedback", "system", *PHASES, "RMSE", "NDCG@10", "objective", "peak MB"]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for _, group in itertools.groupby(rows, lambda row: (row["feedback"], row["system"])):
        first, *_ = phases = list(group)
        cells = dict.fromkeys(PHASES, "")
        for row in phases:
            ratio = row["ratio_to_reelhouse"]
            cells[row["phase"]] = f"{row['seconds']:.2f}" + (f" ({ratio:.2f}×)" if ratio else "")
        name = " ".join(filter(None, [first["system"], first["version"]]))
        qualities = [
            "" if first["rmse"] is None else f"{first['rmse']:.4f}",
            f"{first['ndcg']:.4f}",
            f"{first['objective']:.5g}",
        ]
        words = [first["feedback"], name, *cells.values(), *qualities, f"{first['peak_mb']:,}"]
        lines.append("| " + " | ".join(words) + " |")
    return "\n".join(lines)
