"""dbt_project.yml and the seeds with typos, or as a spreadsheet saves them."""

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from dbt.cli.flags import Flags
from dbt.cli.types import Command

from reelhouse import project
from reelhouse.errors import ReelhouseError
from reelhouse.paths import ROOT
from reelhouse.project import built_protocols, project_vars, seed_rows


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    shutil.copy2(ROOT / "dbt_project.yml", tmp_path)
    monkeypatch.setattr(project, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", [path.stem for path in (ROOT / "seeds").glob("*.csv")])
def test_a_seed_that_a_spreadsheet_saved_reads_the_same(root: Path, name: str) -> None:
    before = seed_rows(name)
    seed = root / "seeds" / f"{name}.csv"
    text = seed.read_text().replace("true", "TRUE").replace("\n", "\r\n")
    seed.write_bytes(b"\xef\xbb\xbf" + text.encode())

    after = [{k: v.replace("TRUE", "true") for k, v in row.items()} for row in seed_rows(name)]

    assert after == before


def test_null_is_an_empty_cell_as_it_is_for_dbt(root: Path) -> None:
    seed = root / "seeds" / "ranking_cutoffs.csv"
    seed.write_text("k,comment\n5,null\n10,NULL\n20\n")

    assert [row["comment"] for row in seed_rows("ranking_cutoffs")] == ["", "", ""]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            b"protocol;split_by;folds\nall;none;1\n",
            "protocols.csv has no column protocol, split_by",
        ),
        (b"", "protocols.csv has no column protocol, split_by"),
        (b"{header}\n", "protocols.csv has no rows"),
        (
            b"{header}\nall,none,1,0,0,,,\nrandom,hash,1,0,1,0,1,,,\n",
            "protocols.csv, line 3 has more values than columns",
        ),
        (b"{header}\nz\xfcrich,hash,1,0,1,0,1,\n", "protocols.csv is not UTF-8"),
    ],
)
def test_a_broken_seed_is_one_sentence(root: Path, content: bytes, said: str) -> None:
    seed = root / "seeds" / "protocols.csv"
    header = seed.read_bytes().splitlines()[0]
    seed.write_bytes(content.replace(b"{header}", header))

    with pytest.raises(ReelhouseError, match=said) as raised:
        seed_rows("protocols")

    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("name: reelhouse\nvars:\n  protocols: [random\n", r"dbt_project.yml, line \d"),
        ("name: reelhouse\nvars:\n\tprotocols: [random]\n", "dbt_project.yml, line 3: "),
        ("name: reelhouse\n", "dbt_project.yml has no `vars:`"),
        ("", "dbt_project.yml has no settings"),
        ("vars:\n  seed: 42\n", "dbt_project.yml has no var protocols"),
        ("vars:\n  protocols: random\n", "protocols in dbt_project.yml is 'random': write a list"),
        ("vars:\n  protocols: []\n", r"protocols in dbt_project.yml is \[\]: write a list"),
    ],
)
def test_a_typo_in_dbt_project_is_one_sentence(root: Path, content: str, said: str) -> None:
    (root / "dbt_project.yml").write_text(content)

    with pytest.raises(ReelhouseError, match=said) as raised:
        built_protocols()

    assert "\n" not in str(raised.value)


def test_every_command_names_the_typo(tmp_path: Path, lake: Path) -> None:
    """Each command runs in a new process, since a module may read the file on import."""
    shutil.copytree(ROOT / "src" / "reelhouse", tmp_path / "src" / "reelhouse")
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    (tmp_path / "dbt_project.yml").write_text("vars:\n  protocols: [random\n")
    said = {}
    for command in (["report"], ["summary"], ["evaluate", "kfold"]):
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                "import sys; from reelhouse.cli import main; sys.exit(main())",
                *command,
            ],
            env={**os.environ, "PYTHONPATH": str(tmp_path / "src"), "REELHOUSE_LAKE": str(lake)},
            capture_output=True,
            text=True,
        )
        said[command[0]] = done.stderr.splitlines()

    assert all(
        len(lines) == 1 and lines[0].startswith("error: dbt_project.yml, line")
        for lines in said.values()
    ), said


def test_the_project_as_it_is_passes(root: Path) -> None:
    assert built_protocols() == ["random", "global_time"]
    assert project_vars()["seed"] == 42
    with (ROOT / "seeds" / "algorithms.csv").open(newline="") as file:
        assert seed_rows("algorithms") == list(csv.DictReader(file))


def test_the_vars_of_a_project_with_reelhouse_as_a_package_take_precedence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = project_vars()
    file = tmp_path / "dbt_project.yml"
    monkeypatch.chdir(tmp_path)
    file.write_text(
        "name: shop\nvars:\n  item_word: song\n  seed: 7\n  other: 1\n"
        "  reelhouse:\n    item_word: product\n"
    )
    assert project_vars() == {**usual, "item_word": "product", "seed": 7}
    file.write_text("name: shop\n")
    assert project_vars() == usual
    file.write_text("name: reelhouse\nvars: {seed: 7}\n")  # another clone
    assert project_vars() == usual


def test_the_vars_of_a_dbt_command_take_precedence(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = project_vars()
    given = {"rated_at_format": "d/M/yyyy", "other": 1}
    flags = Flags.from_dict(Command.BUILD, {"vars": given})
    monkeypatch.setattr("dbt.flags.GLOBAL_FLAGS", flags)
    assert project_vars() == {**usual, "rated_at_format": "d/M/yyyy"}
