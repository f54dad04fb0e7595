"""Every size of `make bench` succeeds on tiny data and prints its table without warnings."""

import os
import subprocess
import sys

import pytest

from benchmarks.__main__ import (
    BUILD_SIZES,
    CLICKS,
    KFOLD,
    LIBRARIES,
    PEERS,
    PUBLISHED,
    ROOFLINE,
    SCALING,
    SERVE,
    SHELL,
    SIZES,
    UPDATE_SIZES,
)
from reelhouse.paths import ROOT
from tests.e2e.conftest import QUICK

ONE_OF_A_KIND = {what: size for size, what in reversed(SIZES.items())}.values()
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def bench(*arguments, out, options=()):
    command = [sys.executable, *options, "-m", "benchmarks", *arguments, "--out", out]
    environment = {**os.environ, **QUICK}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
@pytest.mark.parametrize("size", [size for size in ONE_OF_A_KIND if size not in (CLICKS, SCALING)])
def test_a_size_prints_its_table_and_ends_well(size, tmp_path):
    # The threads of LIBMF often wait for each other for ever with fewer ratings.
    options = ["--ratings", "50000", "--rounds", "1"] if size == PEERS else ["--ratings", "3000"]
    done = bench(size, *options, "--seconds", "2", out=tmp_path)
    assert done.returncode == 0, done.stderr
    written = (done.stdout + done.stderr).splitlines()
    assert not [line for line in written if "WARN" in line or "Traceback" in line], written
    columns = "| node |" if size in BUILD_SIZES or size == KFOLD else "system"
    if size in UPDATE_SIZES:
        columns = "| step |"
    if size == PUBLISHED:
        columns = "ours"
    if size == SHELL:
        columns = "warm"
    if size == ROOFLINE:
        columns = "kernel"
    if size == SERVE:
        columns = "stored list, while a release is published"
    assert any(line.startswith("|") and columns in line for line in written), written
    names = ("kfold-all.json", "kfold-liked.json") if size == LIBRARIES else (f"{size}.json",)
    assert all((tmp_path / name).stat().st_size > 100 for name in names)


def test_scaling_needs_two_builds(tmp_path):
    done = bench(SCALING, out=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "fewer than two builds: run `make bench` with the sizes 1m-build, 16m" in done.stderr


def test_clicks_need_a_lake(tmp_path):
    done = bench(CLICKS, "--data", str(tmp_path), out=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"there is no lake at {tmp_path}: `make build`" in done.stderr


def test_an_unknown_size_is_refused_by_name_before_slow_imports(tmp_path):
    done = bench("17m", out=tmp_path, options=["-X", "importtime"])
    assert done.returncode == 1
    assert "no size 17m: there are 1m, 16m" in done.stderr
    assert "pyspark" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["1m", "--factors", "8"], "--factors is for SIZE=peers and SIZE=roofline"),
        (["roofline", "--rounds", "1"], "--rounds is for SIZE=peers"),
        (["peers", "--rounds", "0"], "set --factors and --rounds to 1 or more"),
    ],
)
def test_options_of_the_peers_are_refused_with_a_remedy(arguments, error, tmp_path):
    done = bench(*arguments, out=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert error in done.stderr


def test_the_help_of_make_names_every_size():
    (text,) = (line for line in MAKEFILE.splitlines() if line.startswith("bench:"))
    named = text.partition("SIZE=")[2].partition(" DATA=")[0].split(", ")
    assert sorted(named) == sorted(SIZES)
