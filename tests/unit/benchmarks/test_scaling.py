"""Builds of more ratings than were measured."""

import json

import pytest

from benchmarks.scaling import PROJECTED, STEPS, measure, project, read_build


def write_build(folder, millions, seconds):
    nodes = [{"stage": "fits", "seconds": 2.0 * millions}, {"stage": "tests", "seconds": 1.0}]
    row = {"ratings": millions * 10**6, "seconds": seconds, "peak_mb": 1024.0 * millions}
    file = folder / f"{millions}m-build.json"
    file.write_text(json.dumps({**row, "shuffle_total_mb": 512.0 * millions, "nodes": nodes}))
    return file


def test_a_larger_build_is_on_the_line_through_the_two_largest(tmp_path):
    seconds = {1: 60.0, 16: 300.0, 32: 620.0}
    builds = [read_build(write_build(tmp_path, *pair)) for pair in seconds.items()]
    found = project(builds, 100_000_000)
    assert found.seconds == pytest.approx(620 + 20 * 68)
    assert found.peak_mb == pytest.approx(1024 * 100)
    assert found.steps == pytest.approx({**dict.fromkeys(STEPS, 0.0), "fit": 200.0, "test": 1.0})


def test_the_builds_are_printed_and_written(tmp_path, capsys):
    for millions, seconds in {1: 60.0, 16: 300.0}.items():
        write_build(tmp_path, millions, seconds)
    assert measure(tmp_path, ["1m-build", "16m-build", "32m-build"]) == 0
    printed = capsys.readouterr().out
    assert "| 16,000,000 | 300 | 16.0 | 8.0 |" in printed
    assert "| 1,000,000,000 | 8,620,689 |" in printed
    rows = json.loads((tmp_path / "scaling.json").read_text())
    assert [row["ratings"] for row in rows] == [10**6, 16 * 10**6, *PROJECTED]
