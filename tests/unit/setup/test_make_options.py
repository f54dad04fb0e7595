"""The variables of `make` reach the commands unchanged, and never run as shell commands."""

import ast
import re
import sys
from pathlib import Path

import pytest

from reelhouse.cli import _parser, _split_names
from tests.unit.copied_project import Project, failed_with


def test_a_query_reaches_duckdb_as_it_was_typed(project: Project, lake: Path) -> None:
    project.add_venv()
    project.add_jars_and_data()
    project.make("setup")
    query = """select '$HOME $(shell id) "q" ''a''' as t,\n  count(*) as n from recommendations"""

    done = project.make("sql", f"Q={query}", "FORMAT=csv", env={"REELHOUSE_LAKE": str(lake)})

    assert done.stdout == 't,n\n"$HOME $(shell id) ""q"" \'a\'",3\n'


def test_build_refuses_unknown_data(project: Project) -> None:
    project.add_venv()
    project.add_jars_and_data()

    lake = {"REELHOUSE_LAKE": str(project.root / "lake")}
    done = project.make("build", "DATA=ml-1b", env=lake)

    failed_with(done, "there is no", "ml-1b", "ml-25m, ml-32m")


STUB = f"""#!{sys.executable}
import sys
print(sys.argv[1:])
"""


@pytest.fixture
def stubbed(project: Project) -> Project:
    """Make a project whose commands print their arguments."""
    bin_folder = project.root / ".venv" / "bin"
    bin_folder.mkdir(parents=True)
    for name in ("reelhouse", "python"):
        (bin_folder / name).write_text(STUB)
        (bin_folder / name).chmod(0o755)
    (project.root / ".venv" / ".installed").touch()
    project.add_jars_and_data()
    (project.root / "profiles.yml").symlink_to("profiles/profiles.yml")
    return project


def said_by(project: Project, target: str, *variables: str) -> list[str]:
    done = project.make(target, *variables)
    assert done.returncode == 0, done.stderr
    arguments: list[str] = ast.literal_eval(done.stdout.splitlines()[-1])
    return arguments


def test_no_variable_of_make_runs_a_command(stubbed: Project) -> None:
    makefile = (stubbed.root / "Makefile").read_text()
    options = re.search(r"OPTIONS := (.*)", makefile)
    assert options
    variables = {
        *options[1].split(),
        *re.findall(r"^(?:override )?(\w+) *[:?]?=", makefile, re.MULTILINE),
        *re.findall(r"^(?:override )?define (\w+)", makefile, re.MULTILINE),
        *re.findall(r"(?:MAKE_|\$[({](?:value )?)([A-Z]+)\b", makefile),
        *(name for told in re.findall("##.*", makefile) for name in re.findall(r"([A-Z]+)=", told)),
    }
    assert len(variables) > len(options[1].split()) > 10
    ran = stubbed.root / "ran"
    ran.mkdir()

    def attack(name: str) -> str:
        run = [f"touch {ran}/{name}-{n}" for n in range(5)]
        return f"x'; {run[0]}; echo '\" $({run[1]}) `{run[2]}`\n{run[3]} # $(shell {run[4]}) *"

    targets = (
        *("setup", "build", "demo", "evaluate", "tune", "docs", "report", "sql", "app", "bench"),
        "clean",
        *("history", "rollback", "maintain", "forget"),
    )
    for target in targets:
        stubbed.make(target, *(f"{name}={attack(name)}" for name in sorted(variables)))

    assert sorted(path.name for path in ran.iterdir()) == []
    assert f"--data={attack('DATA')}" in said_by(stubbed, "build", f"DATA={attack('DATA')}")
    assert f"--target={attack('TARGET')}" in said_by(stubbed, "docs", f"TARGET={attack('TARGET')}")


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("build", ["build", "--data=", "--columns=", "--target=", "--tune="]),
        ("build TUNE=no", ["build", "--data=", "--columns=", "--target=", "--tune=no"]),
        ("evaluate TARGET=cluster PROTOCOL=*", ["evaluate", "--target=cluster", "--", "*"]),
        ("tune", ["tune", "--draws=0", "--", ""]),
        ("tune DRAWS=9", ["tune", "--draws=9", "--", ""]),
        ("sql", ["sql", "--format=table", "--release=", "--target="]),
        ("sql FORMAT=csv Q=-1", ["sql", "--format=csv", "--release=", "--target=", "--", "-1"]),
        ("sql RELEASE=12", ["sql", "--format=table", "--release=12", "--target="]),
        ("history", ["history", "--format=table", "--release=", "--target="]),
        ("rollback RELEASE=11", ["rollback", "--target=", "--", "11"]),
        ("maintain KEEP=9", ["maintain", "--keep=9"]),
        ("forget USER=*", ["forget", "--", "*"]),
        ("docs", ["docs", "--target="]),
        ("app", ["app", "--port=8000", "--target="]),
        ("demo PORT=80", ["demo", "--port=80"]),
        ("app PORT=80", ["app", "--port=80", "--target="]),
        ("bench", ["-m", "benchmarks", "1m"]),
        ("bench SIZE=16m", ["-m", "benchmarks", "16m"]),
        (
            "bench SIZE=published DATA=my-folds",
            ["-m", "benchmarks", "--data=my-folds", "published"],
        ),
        ("clean", ["clean", "--yes="]),
        ("clean YES=no", ["clean", "--yes=no"]),
    ],
)
def test_make_passes_the_variables_to_the_command(
    stubbed: Project, line: str, arguments: list[str]
) -> None:
    assert said_by(stubbed, *line.split()) == arguments


@pytest.mark.parametrize("target", ["tune", "maintain", "forget", "clean", "demo"])
def test_a_target_is_not_ignored_by_commands_for_this_machine(
    stubbed: Project, target: str
) -> None:
    printing = f"#!{sys.executable}\nimport os\nprint(os.environ.get('REELHOUSE_TARGET'))\n"
    (stubbed.root / ".venv" / "bin" / "reelhouse").write_text(printing)

    assert stubbed.make(target, "TARGET=my cluster").stdout.splitlines()[-1] == "my cluster"
    assert stubbed.make(target).stdout.splitlines()[-1] == "None"


@pytest.mark.parametrize("arguments", [[], ["-e"]])
def test_an_exported_variable_confirms_nothing(stubbed: Project, arguments: list[str]) -> None:
    exported = {"YES": "1", "COLUMNS": "80", "USER": "alice", "MAKE_USER": "bob"}

    said = [
        stubbed.make(target, *arguments, env=exported).stdout.splitlines()[-1]
        for target in ("clean", "build", "forget")
    ]

    assert "'--yes='" in said[0]
    assert "'--columns='" in said[1]
    assert said[2] == "['forget', '--', '']"


@pytest.mark.parametrize(
    ("typed", "is_yes"), [("", True), ("=yes", True), ("=1", True), ("=no", False), ("=0", False)]
)
def test_only_yes_and_1_confirm(typed: str, is_yes: bool) -> None:
    assert _parser().parse_args(["clean", f"--yes{typed}"]).yes is is_yes
    assert not _parser().parse_args(["clean", "--yes="]).yes


@pytest.mark.parametrize("line", ["clean YES=maybe", "build TUNE=maybe"])
def test_another_answer_is_refused(project: Project, line: str) -> None:
    project.add_venv()
    project.add_jars_and_data()
    project.make("setup")

    done = project.make(*line.split())

    assert done.returncode != 0
    assert "'maybe' is neither yes (or 1) nor no (or 0)" in done.stderr


@pytest.mark.parametrize("is_broken", [False, True])
def test_clean_installs_nothing_and_says_what_to_do(project: Project, is_broken: bool) -> None:
    if is_broken:
        (project.root / ".venv" / "bin").mkdir(parents=True)
        for name in ("python", "reelhouse"):
            (project.root / ".venv" / "bin" / name).symlink_to("/no/such/python")
    (project.root / "lake").mkdir()
    before = sorted(project.root.rglob("*"))

    done = project.make("clean", "YES=1")

    failed_with(done, "run make setup first, or remove lake and target yourself")
    assert sorted(project.root.rglob("*")) == before


def test_names_may_be_in_one_argument_or_in_several() -> None:
    assert _split_names(["kfold  leave_last", "*", ""]) == ["kfold", "leave_last", "*"]
