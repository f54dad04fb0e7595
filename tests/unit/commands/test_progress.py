"""Progress of a dbt run, on a terminal and in a log."""

from __future__ import annotations

import io
import os
import select
import sys
import time
from types import SimpleNamespace

import pytest

from reelhouse.commands import progress
from reelhouse.commands.progress import Progress


def event(name: str, node: str = "", total: int = 0) -> SimpleNamespace:
    """Return an event as dbt passes it to a callback."""
    info = SimpleNamespace(unique_id=f"model.{node}", node_name=node)
    data = SimpleNamespace(node_info=info, total=total)
    return SimpleNamespace(info=SimpleNamespace(name=name), data=data)


def run_nodes(shown: Progress, count: int) -> None:
    shown(event("LogStartLine", total=count))
    for number in range(count):
        shown(event("NodeStart", f"node_{number}"))
        shown(event("SQLQuery", f"node_{number}"))  # does not belong to the count
        shown(event("NodeFinished", f"node_{number}"))
    shown.close()


def test_a_log_gets_a_line_for_every_tenth_of_the_nodes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run_nodes(Progress(), 40)

    lines = capsys.readouterr().out.splitlines()
    assert [line.rpartition(", ")[0] for line in lines] == [
        f"dbt build … {done} of 40 nodes" for done in range(4, 41, 4)
    ]


def test_a_log_gets_a_line_while_no_node_ends(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "SILENT_SECONDS", 0.05)
    shown = Progress()
    shown(event("LogStartLine", total=40))
    shown(event("NodeStart", "als_factors"))
    shown(event("NodeStart", "ease_weights"))
    printed = ""
    for _ in range(200):
        time.sleep(0.05)
        printed += capsys.readouterr().out
        if "of 40" in printed:
            break
    shown.close()

    assert "dbt build … 0 of 40 nodes, 0 s, running als_factors, ease_weights\n" in printed
    capsys.readouterr()
    time.sleep(0.2)
    assert capsys.readouterr().out == "", "a line after the end"


def test_a_terminal_gets_a_bar_that_names_running_nodes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = io.StringIO()
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stderr", terminal)

    run_nodes(Progress(), 2)

    shown = terminal.getvalue()
    assert "dbt build 1/2 [" in shown
    assert "node_1" in shown
    assert shown.endswith("\r")  # the bar is removed
    assert capsys.readouterr().out == ""


def test_a_terminal_without_a_size_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, its = os.openpty()
    shown = b""
    with os.fdopen(its, "w") as terminal:
        assert os.get_terminal_size(its) == (0, 0)
        monkeypatch.setattr(sys, "stderr", terminal)
        run_nodes(Progress(), 2)
        terminal.flush()
        # The terminal passes the text on in several pieces.
        while b"1/2" not in shown and select.select([ours], [], [], 10)[0]:
            shown += os.read(ours, 4096)
    os.close(ours)
    assert b"dbt build 1/2 [" in shown
