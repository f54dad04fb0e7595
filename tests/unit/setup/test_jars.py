"""`make` downloads jars: from a mirror, with a wrong checksum, and to a full disk."""

import shutil
from pathlib import Path

import pytest

from reelhouse.commands.build import prepare_build
from reelhouse.errors import ReelhouseError
from reelhouse.paths import JARS_LOCK
from reelhouse.setup import jars
from tests.unit.copied_project import (
    DEAD,
    QUICK_JAVA,
    Project,
    failed_with,
    in_a_mount_namespace,
)


@pytest.fixture
def maven(tmp_path: Path) -> dict[str, str]:
    """Make a Maven repository of the small jar; return variables that name it as the mirror."""
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
    """Reduce jars.lock to the SQLite jar; return the path of the jar as make names it."""
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


def test_a_full_disk_is_one_error(project: Project, maven: dict[str, str]) -> None:
    jar = only_the_small_jar(project)
    small = project.root / "jars"
    small.mkdir()
    wrap = in_a_mount_namespace(f"mount -t tmpfs -o size=8m none '{small}'")

    failed_with(project.make(jar, env=maven, wrap=wrap), "the disk is full", "free some space")


def test_a_read_only_folder_is_one_error(project: Project, maven: dict[str, str]) -> None:
    jar = only_the_small_jar(project)
    root = project.root
    wrap = in_a_mount_namespace(
        f"mount --bind '{root}' '{root}'; mount -o remount,ro,bind '{root}'; cd '{root}'"
    )

    failed_with(project.make(jar, env=maven, wrap=wrap), "no permission to write", str(root))


def test_a_build_on_s3_names_the_command_that_installs_its_jar(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATA", "COLUMNS"):  # the build sets both
        monkeypatch.setenv(f"REELHOUSE_{name}", "")
    monkeypatch.setenv("REELHOUSE_CATALOG_URI", "jdbc:postgresql://db/lake")
    monkeypatch.setenv("REELHOUSE_MASTER", "spark://master:7077")
    monkeypatch.setenv("REELHOUSE_WAREHOUSE", "s3://bucket/warehouse")
    monkeypatch.setattr(jars, "JARS", tmp_path)
    with pytest.raises(ReelhouseError, match=r"no iceberg-aws-bundle-.*: run `make setup-s3`"):
        prepare_build("", "", "cluster")
