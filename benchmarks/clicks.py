"""`SIZE=clicks`: milliseconds from a click in the explorer until its page is complete."""

from __future__ import annotations

import functools
import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.serve import served
from reelhouse.lake.catalog import is_lake, lake_folder
from reelhouse.serve.recommender import read_snapshot
from reelhouse.serve.snapshot import Snapshot

FIRST_PAGE, CLICKS = "first page", "all clicks"
TARGETS = {FIRST_PAGE: 700, CLICKS: 150}
"""Largest 95th percentile in milliseconds."""
TIMES = 20

Seconds = dict[str, list[float]]
"""Action → seconds of each repetition."""
Timed = Callable[[str, Callable[[], Any]], None]


def measure(out: Path, given: str) -> int:
    """Visit the explorer in chromium, print a table, and write ``clicks.json``.

    Args:
        out: folder of the result.
        given: a lake that a build has written; empty for the lake of the project.

    Returns:
        The exit code.
    """
    lake = Path(given).resolve() if given else lake_folder()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not is_lake(lake) or chromium is None:
        remedy = (
            "install chromium" if is_lake(lake) else f"there is no lake at {lake}: `make build`"
        )
        print(f"error: the size clicks needs a lake and a browser: {remedy}", file=sys.stderr)
        return 1
    load_before = os.getloadavg()[0]
    snapshot = read_snapshot(lake)
    with served(lake) as (server, _):
        seconds = _visit(f"http://127.0.0.1:{server.port}", snapshot, chromium)
    clicks = [each for action, values in seconds.items() if action != FIRST_PAGE for each in values]
    rows = {action: _summary(values) for action, values in (seconds | {CLICKS: clicks}).items()}
    result = {"cores": os.cpu_count(), "load_before": round(load_before, 1), "actions": rows}
    (out / "clicks.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"{result['cores']} cores (load before: {result['load_before']})\n")
    print("| action | times | median ms | p95 ms | target |\n|---|---|---|---|---|")
    for action, row in rows.items():
        target = f"≤ {TARGETS[action]}" if action in TARGETS else ""
        print(f"| {action} | {row['times']} | {row['ms_p50']} | {row['ms_p95']} | {target} |")
    return 0


def _summary(seconds: list[float]) -> dict[str, Any]:
    p50, p95 = np.percentile(np.array(seconds) * 1000, [50, 95]).round(1)
    return {"times": len(seconds), "ms_p50": float(p50), "ms_p95": float(p95)}


def _visit(address: str, snapshot: Snapshot, chromium: str) -> Seconds:
    from playwright.sync_api import sync_playwright

    random = np.random.default_rng(1)
    people = random.choice(snapshot.arrays["recommendations.key"], TIMES).tolist()
    seconds: Seconds = {}
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for person in people:
            page = browser.new_context(reduced_motion="reduce").new_page()
            timed = _stopwatch(page, seconds)
            timed(FIRST_PAGE, functools.partial(page.goto, f"{address}/"))
            page.goto(f"{address}/people/{person}")
            _settle(page)
            _click_through(page, timed)
            page.context.close()
        browser.close()
    return seconds


def _stopwatch(page: Any, seconds: Seconds) -> Timed:
    """Return a function that does something, waits until the page is complete, and notes both."""

    def timed(action: str, act: Callable[[], Any]) -> None:
        began = time.monotonic()
        act()
        _settle(page)
        seconds.setdefault(action, []).append(time.monotonic() - began)

    return timed


def _settle(page: Any) -> None:
    """Wait until nothing on the page is still to come."""
    page.locator("main[aria-busy=false]").wait_for()
    page.locator("main [aria-busy=true]").first.wait_for(state="detached")


def _click_through(page: Any, timed: Timed) -> None:
    """Filter a list, open a movie, and rate three others."""
    first = page.locator(".picks-grid h3 a").first
    timed("filter by genre", page.locator("input[type=checkbox]").first.check)
    name = page.locator(".picks-grid h3").first.locator(".hidden").text_content()

    def open_movie() -> None:
        first.click()
        page.get_by_role("heading", level=1, name=name).wait_for()

    timed("open a movie", open_movie)

    def open_you() -> None:
        page.get_by_role("link", name="You", exact=True).click()
        page.get_by_role("heading", name="Most popular").wait_for()

    timed("open the page You", open_you)
    for number in range(3):
        card = page.locator(".rate .cards > li").nth(number)
        timed("rate a movie", card.get_by_role("radio").last.click)
    page.get_by_role("heading", name="For you").wait_for()
    why = page.locator(".list > li").first.get_by_role("button", name="Why?")

    def ask_why() -> None:
        why.click()
        page.get_by_role("dialog").locator("tbody tr").first.wait_for()

    timed("ask why", ask_why)
