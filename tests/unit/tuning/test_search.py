"""Which trials a grid spans, and what a trial's cache key depends on."""

import json
import re
import shutil
import subprocess
import sys

import pytest
import yaml
from pyspark.sql import Row

from reelhouse.errors import ReelhouseError
from reelhouse.paths import ROOT
from reelhouse.tuning.search import (
    ENGINE_SOURCES,
    PARAMETERS,
    Trial,
    engine_version,
    propose_strengths,
    propose_trials,
)

PACKAGE = ROOT / "src" / "reelhouse"
ALS = Row(
    algorithm="als",
    family="als",
    feedback="explicit",
    factors=None,
    reg=0.1,
    iterations=10,
    enabled=True,
    defaults=1,
)


def bounds(parameter, candidates, lowest=None, highest=None):
    return Row(
        algorithm="als", parameter=parameter, candidates=candidates, lowest=lowest, highest=highest
    )


GRID = [bounds("factors", "8|16"), bounds("reg", "0.1|0.2|0.4", 0.05, 0.5)]


def test_a_grid_spans_every_combination():
    spanned = [trial.parameters for trial in propose_trials([ALS], GRID, draws=0, seed=1)]
    assert len(spanned) == 6
    assert {"factors": 16, "reg": 0.2} in spanned


def test_the_current_parameters_are_tried_first_and_once():
    algorithm = Row(**{**ALS.asDict(), "factors": 8, "reg": 0.2})
    spanned = [trial.parameters for trial in propose_trials([algorithm], GRID, draws=0, seed=1)]
    assert spanned[0] == {"factors": 8, "reg": 0.2}
    assert len(spanned) == 6
    drawn = [trial.parameters for trial in propose_trials([algorithm], GRID, draws=5, seed=1)]
    assert drawn[0] == {"factors": 8, "reg": 0.2}
    assert len(drawn) == 6


def test_draws_are_seeded_and_within_the_bounds():
    drawn = [trial.parameters for trial in propose_trials([ALS], GRID, draws=50, seed=1)]
    assert drawn == [trial.parameters for trial in propose_trials([ALS], GRID, draws=50, seed=1)]
    assert {some["factors"] for some in drawn} == {8, 16}
    assert all(0.05 <= some["reg"] <= 0.5 for some in drawn)
    assert len({some["reg"] for some in drawn}) > 40


def test_a_cache_key_depends_on_parameters_inputs_and_the_row_of_the_seed():
    key = Trial(ALS, {"reg": 0.2}).key("rows")
    assert Trial(Row(**{**ALS.asDict(), "iterations": 4}), {"reg": 0.2}).key("rows") == key
    assert Trial(ALS, {"reg": 0.4}).key("rows") != key
    assert Trial(ALS, {"reg": 0.2}).key("other rows") != key
    assert Trial(Row(**{**ALS.asDict(), "feedback": "graded"}), {"reg": 0.2}).key("rows") != key
    assert Trial(Row(**{**ALS.asDict(), "defaults": 2}), {"reg": 0.2}).key("rows") != key


BASELINE = Row(algorithm="popularity", family="popularity", feedback=None, defaults=3)
EASE = Row(algorithm="ease", family="ease", feedback="implicit", reg=200.0, defaults=2)


def test_a_build_tries_the_parameters_of_the_seed_and_a_third_and_three_times_as_much():
    assert [
        (trial.algorithm["algorithm"], trial.parameters)
        for trial in propose_strengths([EASE, ALS, BASELINE], {}, "now")
    ] == [
        ("als", {"reg": 0.1}),
        ("ease", {"reg": 200.0}),
        ("popularity", {}),
        ("als", {"reg": 0.0333}),
        ("ease", {"reg": 66.7}),
        ("als", {"reg": 0.3}),
        ("ease", {"reg": 600.0}),
    ]


def test_a_build_starts_from_the_best_of_the_newest_earlier_trials():
    def trial(name, parameters, **changed):
        row = {"trial": name, "algorithm": "als", "parameters": json.dumps(parameters)}
        row |= {"inputs": "new", "defaults": 1, "error": 0.5, "asked_at": 2}
        return row | changed

    earlier = [
        trial("a", {"factors": 16, "reg": 0.5}),
        trial("b", {"factors": 8, "reg": 0.6}, error=0.6),
        trial("c", {"factors": 32, "reg": 0.7}, error=0.1, inputs="old", asked_at=1),
        trial("d", {"factors": 64, "reg": 0.8}, error=0.1, defaults=7),
        trial("e", {"reg": 0.9}, error=0.1, algorithm="ease"),
        # A build of unchanged ratings makes the same trials.
        trial("f", {"factors": 4, "reg": 1.0}, error=0.1, inputs="now", asked_at=3),
    ]
    known = {row["trial"]: row for row in earlier}
    assert [trial.parameters for trial in propose_strengths([ALS], known, "now")] == [
        {"factors": 16, "reg": 0.5},
        {"factors": 16, "reg": 0.167},
        {"factors": 16, "reg": 1.5},
    ]


def test_sql_varies_and_fingerprints_the_same_parameters():
    """The fingerprint ``defaults`` depends on the order of the columns."""
    plan = (ROOT / "models" / "fits" / "int_fit_plan.sql").read_text()
    (varied,) = re.findall(r"set parameters = \{(.*?)\}", plan, re.DOTALL)
    types = dict(re.findall(r"'(\w+)': '(\w+)'", varied))
    assert tuple(types) == PARAMETERS
    (seed,) = yaml.safe_load((ROOT / "seeds" / "algorithms.yml").read_text())["seeds"]
    assert types.items() <= seed["config"]["column_types"].items()
    (grid,) = yaml.safe_load((ROOT / "seeds" / "parameter_grid.yml").read_text())["seeds"]
    (tuned,) = (each for each in grid["data_tests"] if "every_row_satisfies" in each)
    condition = tuned["every_row_satisfies"]["arguments"]["conditions"][0]
    assert set(re.findall(r"'(\w+)'", condition)) <= set(PARAMETERS)


def test_the_version_of_the_engine_follows_its_sources_alone(tmp_path):
    copy = shutil.copytree(PACKAGE, tmp_path / "reelhouse")
    version = engine_version(copy)
    assert version == engine_version()
    (copy / "console.py").write_text("")
    kernels = copy / "als" / "kernels.py"
    kernels.write_bytes(kernels.read_bytes().replace(b"\n", b"\r\n"))
    engine_version.cache_clear()
    assert version == engine_version(copy)
    kernels.write_bytes(kernels.read_bytes().replace(b"gathered", b"block"))
    engine_version.cache_clear()
    assert version != engine_version(copy)


def test_no_module_that_decides_a_trial_is_left_out_of_the_version():
    code = (
        "import reelhouse.tuning.tuner, sys; print(*(n for n in sys.modules if 'reelhouse.' in n))"
    )
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    files = {PACKAGE.parent / f"{name.replace('.', '/')}.py" for name in loaded}
    counted = {file for pattern in ENGINE_SOURCES for file in PACKAGE.glob(pattern)}
    others = {file.name for file in files - counted if file.exists()}
    assert others == {"arrow.py", "errors.py", "frames.py", "machine.py"}


def test_what_cannot_be_tried_is_refused():
    with pytest.raises(ReelhouseError, match="random"):
        list(propose_trials([Row(**{**ALS.asDict(), "family": "random"})], GRID, draws=0, seed=1))
    with pytest.raises(ReelhouseError, match="few"):
        list(propose_trials([ALS], [bounds("factors", "few")], draws=0, seed=1))
